"""The folder in which edgekit keeps downloads, decoded images and fastest settings: one user's own.

Its content is trusted later, so nobody else may write into it.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.foundation.errors import CacheError

if TYPE_CHECKING:
    from edgekit.foundation.files.temporary_folders import TemporaryFolder

_PRIVATE = 0o700
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def default_cache_dir() -> Path:
    """$EDGEKIT_CACHE, else $XDG_CACHE_HOME/edgekit, else ~/.cache/edgekit; it need not be there.

    A relative $XDG_CACHE_HOME is ignored, as its specification says. For a user without a home, as in some
    containers, it is a new temporary folder, which is removed at the end of the process. A name that could be guessed
    could be taken by another user before.
    """
    if explicit := os.environ.get("EDGEKIT_CACHE"):
        return Path(explicit)
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if shared.is_absolute():
        return shared / "edgekit"
    try:
        return Path.home() / ".cache" / "edgekit"
    except RuntimeError:
        return _of_nobody().path


@cache
def _of_nobody() -> "TemporaryFolder":
    """The one of this process; its reference keeps it."""
    from edgekit.foundation.files.temporary_folders import TemporaryFolder

    return TemporaryFolder()


def private_folder(folder: Path) -> Path:
    """Make `folder` with mode 0700 if it is missing, and check that it is this user's own.

    Raises:
        CacheError: It belongs to another user, or others may write into it.
        OSError: It cannot be made.
    """
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=_PRIVATE, exist_ok=True)
    check_private(folder)
    return folder


@contextmanager
def made_private(folder: Path) -> Iterator[Path]:
    """As `private_folder`; after an error inside the block, what was made for it and is still empty is removed."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        yield private_folder(folder)
    except BaseException:
        for each in missing:
            with suppress(OSError):
                each.rmdir()
        raise


def check_private(folder: Path) -> None:
    """Raise CacheError unless `folder`, which must be there, is this user's own; see `private_folder`."""
    if not hasattr(os, "geteuid"):  # Windows
        return
    status, advice = folder.stat(), "or name another folder in EDGEKIT_CACHE"
    if status.st_uid != os.geteuid():
        raise CacheError(
            f"The cache folder {folder} belongs to another user (number {status.st_uid}, this process is "
            f"{os.geteuid()}), who could write anything into it. Remove it, {advice}."
        )
    if status.st_mode & _WRITABLE_BY_OTHERS:
        raise CacheError(
            f"Other users may write into the cache folder {folder} (mode {stat.S_IMODE(status.st_mode):o}). "
            f"Change that: chmod go-w {folder}, {advice}."
        )
