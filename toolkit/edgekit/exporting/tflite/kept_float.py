"""The float `.tflite` of a large model, kept on disk between the parts of an export.

Integer files are made of it. The process that converts it holds gigabytes that TensorFlow does not give back, so
another one makes the integers. Knows neither.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_FOLDER: ContextVar[Path | None] = ContextVar("folder of float files", default=None)


@contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Keep the float files of one model in `folder`, and take them from there, while the block runs."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def kept(choices: object) -> bytes | None:
    """The float file that was kept for `choices`, all that it depends on; None if there is none."""
    path = _path(choices)
    return path.read_bytes() if path is not None and path.is_file() else None


def keep(choices: object, content: bytes) -> None:
    """Keep a float file, if a folder is set."""
    if (path := _path(choices)) is not None:
        path.write_bytes(content)


def _path(choices: object) -> Path | None:
    folder = _FOLDER.get()
    return None if folder is None else folder / f"{hashlib.sha256(repr(choices).encode()).hexdigest()}.tflite"
