"""Size and modification time of many files, to see whether a file is still the same. Opens none."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path


class FileStates:
    """The states of the files below a folder.

    Args:
        root: The folder that names are relative to.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._known: dict[str, tuple[int, str] | None] = {}

    def key(self, names: Sequence[str], *parts: object) -> str:
        """Changes with `parts` and with every name, its order, size and time of change: 32 hex digits."""
        head = repr(parts).encode("utf-8", "surrogateescape")
        return hashlib.sha256(head + self._lines(names).encode("utf-8", "surrogateescape")).hexdigest()[:32]

    def size(self, name: str) -> int | None:
        """In bytes; None if there is no such file."""
        state = self._state(name)
        return None if state is None else state[0]

    def _lines(self, names: Sequence[str]) -> str:
        states = ((name, self._state(name)) for name in names)
        return "".join(f"{name}\0{'missing' if state is None else state[1]}\n" for name, state in states)

    def _state(self, name: str) -> tuple[int, str] | None:
        """Size in bytes, and it with the time of change as text."""
        known = self._known
        if name not in known:
            try:
                status = os.stat(f"{self._root}/{name}")  # noqa: PTH116 - half the time of a Path
            except OSError:  # a link to nowhere: broken, and found to be so when it is decoded
                known[name] = None
            else:
                known[name] = status.st_size, f"{status.st_size}\0{status.st_mtime_ns}"
        return known[name]
