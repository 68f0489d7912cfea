"""One command at a time writes into a folder; another one waits for its turn and reports that it waits.

The system holds the lock (flock on the folder itself): it leaves no file behind, and it is released when the process
ends, however it ends. On a file system without locks, such as some network shares, nothing is locked.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.foundation.errors import RunFolderError

_POLL_SECONDS = 0.2

_held: set[tuple[str, int]] = set()
"""(folder, thread) of every lock that this process holds: the steps of one command do not wait for each other."""


@contextmanager
def folder_lock(folder: Path, say: Callable[[str], None] | None = None, *, waits: bool = True) -> Iterator[None]:
    """Hold the lock of `folder`, which must be there, while the block runs.

    Args:
        folder: Whose writers are to wait for each other.
        say: Called once, with a sentence, if another process holds the lock.
        waits: Wait for another process; else it is an error.

    Raises:
        RunFolderError: Another process holds the lock, and `waits` is not set.
    """
    key = str(folder.resolve()), threading.get_ident()
    if key in _held:
        yield
        return
    descriptor = _opened(folder)
    try:
        if descriptor is not None:
            _take(descriptor, folder, say, waits)
        _held.add(key)
        yield
    finally:
        _held.discard(key)
        if descriptor is not None:
            os.close(descriptor)


def _opened(folder: Path) -> int | None:
    """A descriptor of the folder; None if this system cannot lock it."""
    try:
        import fcntl  # noqa: F401
    except ImportError:  # Windows
        return None
    return os.open(folder, os.O_RDONLY)


def _take(descriptor: int, folder: Path, say: Callable[[str], None] | None, waits: bool) -> None:
    import fcntl

    has_said = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not waits:
                raise RunFolderError(
                    f"Another edgekit command is writing into {folder}. Wait for it to end, or name another folder."
                ) from None
            if say is not None and not has_said:
                say(f"Another edgekit command is writing into {folder}; waiting for it to end. Ctrl-C gives up.")
            has_said = True
            time.sleep(_POLL_SECONDS)
        except OSError:  # a file system without locks
            return
        else:
            return
