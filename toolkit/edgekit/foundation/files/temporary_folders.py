"""Private temporary folders, removed at the end; what a killed process left is removed by the next one.

A folder is held by a lock that ends with its process, so that one in use is never taken for one that was left.
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

PREFIX = ".edgekit-tmp-"
_NAME = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}")

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


@contextmanager
def removed_after_this_process(folder: Path) -> Iterator[None]:
    """Have `folder` removed at once when this process is killed inside the block, if there is a shell to do it.

    Elsewhere the next process that needs a temporary folder removes it.
    """
    import subprocess

    shell = shutil.which("sh")
    if shell is None or os.name != "posix":
        yield
        return
    waits_for_our_end = (
        'read -r _; n=0; while [ -e "$0" ] && [ $n -lt 10 ]; do rm -rf -- "$0"; sleep 1; n=$((n+1)); done'
    )
    keeper = subprocess.Popen(
        [shell, "-c", waits_for_our_end, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        keeper.kill()
        keeper.communicate()


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
