"""Files that are whole or not there: written under another name and renamed, read as JSON of a sane size."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from edgekit.foundation.errors import RunFolderError

LARGEST_JSON_BYTES = 2**28
"""Far more than a verification of a thousand classes in every runtime."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; renamed to `path` on success, removed on failure.

    The temporary name keeps the suffixes of `path`, because Keras and numpy choose a format by them.
    Raises RunFolderError in place of OSError (a full disk, a read-only folder); `path` is then as before.
    """
    try:
        with (
            _made_folder(path.parent),
            tempfile.TemporaryDirectory(prefix=_WRITING, dir=path.parent) as folder,
            _claimed(Path(folder)),
        ):
            _remove_abandoned(path.parent)
            temporary = Path(folder) / path.name
            yield temporary
            temporary.replace(path)
    except OSError as error:
        raise RunFolderError(
            f"Could not write {path}: {error.strerror or error}. Nothing was changed; free space or "
            f"permission is needed there."
        ) from error


_WRITING = ".writing-"


@contextmanager
def _claimed(folder: Path) -> Iterator[bool]:
    """Hold `folder` while the block runs, as long as this process lives; False where another one holds it."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing is claimed, and nothing removed
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = True
    except OSError:  # held by another process, or a file system without locks
        is_ours = False
    try:
        yield is_ours
    finally:
        os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    """Remove what writers left in `parent` that were killed; never what another one is writing right now."""
    for folder in parent.glob(f"{_WRITING}*"):
        with suppress(OSError), _claimed(folder) as is_ours:
            if is_ours and time.time() - folder.stat().st_mtime > _SETTLED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


_SETTLED_SECONDS = 60
"""After this a writer has claimed the folder that it made."""


@contextmanager
def _made_folder(folder: Path) -> Iterator[None]:
    """Make `folder` where it is missing; after an error, what was made and is still empty is removed."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in missing:
            with suppress(OSError):
                each.rmdir()
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that it holds either the old bytes or the new ones."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` as UTF-8 to `path`, atomically; what UTF-8 cannot say (odd file names) becomes "?"."""
    write_bytes(path, content.encode(errors="replace"))


def write_json(path: Path, document: object) -> None:
    """Write `document` as indented JSON to `path`, atomically; NaN and infinity are refused."""
    write_text(path, json.dumps(document, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The JSON document in `path`; raises RunFolderError if it is missing, broken, or larger than any of ours."""
    try:
        if (size := path.stat().st_size) > LARGEST_JSON_BYTES:
            raise ValueError(f"it has {size:,} bytes, expected at most {LARGEST_JSON_BYTES:,}")  # noqa: TRY301
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunFolderError(f"There is no {path}. Expected a file that edgekit wrote.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(f"{path} cannot be read as JSON: {error}. Restore it or make the run again.") from error
