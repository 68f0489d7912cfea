"""Atomic writes: a file is written under a temporary name and renamed, so it is complete or absent."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgekit.foundation.errors import RunFolderError
from edgekit.foundation.files.temporary_folders import claimed, remove_left


@contextmanager
def atomic_path(path: Path, *, is_durable: bool = False) -> Iterator[Path]:
    """A temporary path beside `path` to write to; renamed to `path` on success, removed on failure.

    What is durable is on the disk before it takes the place of the old file, so that a power cut leaves the one or the
    other whole. Raises RunFolderError instead of OSError; see `scratch_path`. `path` is then as before. It also raises
    RunFolderError if `path` is a device or a pipe: replacing /dev/null by a file breaks the machine.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise RunFolderError(f"Could not write {path}: it is a pipe or a device. Name a file.")
    with scratch_path(path) as temporary:
        yield temporary
        if is_durable:
            _sync(temporary)
        temporary.replace(path)
        if is_durable:
            _sync(path.parent)


@contextmanager
def scratch_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; removed at the end, unless what was written is renamed before.

    The temporary name keeps the suffixes of `path`, because Keras and numpy choose a format by them.
    Raises RunFolderError instead of OSError (a full disk, a read-only folder).
    """
    try:
        with (
            _made_folder(path.parent),
            tempfile.TemporaryDirectory(prefix=_WRITING, dir=path.parent) as folder,
            claimed(Path(folder)),
        ):
            remove_left(path.parent.glob(f"{_WRITING}*"))
            yield Path(folder) / path.name
    except OSError as error:
        raise RunFolderError(
            f"Could not write {path}: {error.strerror or error}. Nothing was changed; free space or "
            f"permission is needed there."
        ) from error


def _sync(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder; a system that cannot do that is left alone."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):
            raise
    finally:
        os.close(descriptor)


_WRITING = ".writing-"


def remove_unfinished(path: Path) -> None:
    """Remove what a killed process was writing as `path`, or into the folder `path`; never what one still writes."""
    left = [*path.rglob(f"{_WRITING}*"), *(each.parent for each in path.parent.glob(f"{_WRITING}*/{path.name}"))]
    for folder in left:
        with suppress(OSError), claimed(folder) as is_ours:
            if is_ours:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _made_folder(folder: Path) -> Iterator[None]:
    """Create `folder` if it is missing; after an error, remove what was created and is still empty."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in missing:
            with suppress(OSError):
                each.rmdir()
        raise


def write_bytes(path: Path, content: bytes, *, is_durable: bool = False) -> None:
    """Write `content` to `path` so that it holds either the old bytes or the new ones; see `atomic_path`."""
    with atomic_path(path, is_durable=is_durable) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str, *, is_durable: bool = False) -> None:
    """Write `content` as UTF-8 to `path`, atomically; what UTF-8 cannot encode (odd file names) becomes "?"."""
    write_bytes(path, content.encode(errors="replace"), is_durable=is_durable)


def write_json(path: Path, document: object, *, is_durable: bool = False) -> None:
    """Write `document` as indented JSON to `path`, atomically; NaN and infinity are rejected."""
    write_text(path, json.dumps(document, indent=1, allow_nan=False) + "\n", is_durable=is_durable)
