"""Private temporary folders, removed at the end, and at once when their process is killed.

A shell waits for the end of the process and removes what it left. Where there is no shell, the next
process removes it. A folder is held by a lock that ends with its process, so that one in use is never taken for one
that was left.
"""

import os
import re
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO

PREFIX = ".edgekit-tmp-"
_NAME = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}")

_KEEPERS: list[object] = []
"""Of this process: one that nobody holds would be waited for."""

SETTLED_SECONDS = 60
"""After this a process has claimed the folder that it made."""


class TemporaryFolder:
    """One temporary folder, mode 0700, removed by `cleanup`, at the end of a `with` block, or with this object.

    Args:
        parent: Where to make it; None: among the system's temporary folders.
    """

    def __init__(self, parent: Path | None = None) -> None:
        _remove_left_once(Path(tempfile.gettempdir()))
        self._directory = tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent, ignore_cleanup_errors=True)
        self.path = Path(self._directory.name)
        _remove_after_this_process(self.path)
        descriptor = _claim(self.path)
        self._release = weakref.finalize(self, os.close, descriptor) if descriptor is not None else None

    def cleanup(self) -> None:
        """Remove the folder and all that is in it; a second call does nothing."""
        self._directory.cleanup()
        if self._release is not None:
            self._release()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cleanup()


_KEEPER = """
while read -r name; do set -- "$@" "$name"; done
for name; do
    n=0
    while [ -e "$name" ] && [ $n -lt 10 ]; do rm -rf -- "$name"; [ -e "$name" ] && sleep 1; n=$((n+1)); done
done
"""
"""A shell script: removes the folders that it was told when whoever told it is gone, whose children may still write."""


def _remove_after_this_process(folder: Path) -> None:
    """Have `folder` removed as soon as this process has ended, however it ends, if there is a shell to do it."""
    keeper = _keeper(os.getpid())
    if keeper is not None and "\n" not in str(folder):
        with suppress(OSError):  # it was killed
            keeper.write(f"{folder.absolute()}\n")
            keeper.flush()


@cache
def _keeper(_process: int) -> "IO[str] | None":
    """Where that process names its folders; None if there is no shell."""
    import subprocess

    shell = shutil.which("sh")
    if shell is None or os.name != "posix":
        return None
    started = subprocess.Popen(
        [shell, "-c", _KEEPER],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    _KEEPERS.append(started)
    return started.stdin


@contextmanager
def claimed(folder: Path) -> Iterator[bool]:
    """Hold `folder` while the block runs, as long as this process lives; False if another one holds it."""
    descriptor = _claim(folder)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def remove_left(folders: Iterator[Path]) -> None:
    """Remove those of `folders` whose process was killed; never what another one is writing right now."""
    for folder in folders:
        with suppress(OSError), claimed(folder) as is_ours:
            status = folder.lstat()
            is_mine = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
            if is_ours and is_mine and time.time() - status.st_mtime > SETTLED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _claim(folder: Path) -> int | None:
    """A descriptor that holds the folder; None if another process holds it, or nothing can be held."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing is claimed, and nothing removed
        return None
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held by another process, or a file system without locks
        os.close(descriptor)
        return None
    return descriptor


@cache
def _remove_left_once(parent: Path) -> None:
    """Remove what killed processes left in `parent`; once per process."""
    with suppress(OSError):
        remove_left(path for path in parent.iterdir() if _NAME.fullmatch(path.name))
