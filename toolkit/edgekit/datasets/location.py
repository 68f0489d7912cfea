"""What a user types for data, as a source and a place: `folder:photos`, `cifar10`, `./photos`. Loads nothing."""

import re
from collections.abc import Iterable
from pathlib import Path

from edgekit.datasets.base import DatasetRequest
from edgekit.foundation.errors import UnknownNameError, UsageError

SOURCE_OF_SUFFIX = {".csv": "csv", ".tsv": "csv", ".npz": "npz"}
"""What the name of a file ends in -> the source that reads it; a folder is one of images."""

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def parsed_location(spec: str, known: Iterable[str]) -> tuple[str, str | None]:
    """The source and the place of the data that `spec` names: "./photos" is ("folder", "./photos").

    Args:
        spec: "NAME", "NAME:PATH", or a path: one that begins with "./", "../", "/", "~" or a drive, or that exists.
        known: The names of the sources.

    Raises:
        UnknownNameError: There is no such source, and no such path.
        UsageError: A path leads nowhere, or to a file that no source reads.
        DatasetError: It begins with "~" and a name that is not known here.
    """
    name, colon, place = spec.partition(":")
    if _DRIVE.match(spec) or not (colon or name in known):
        return _of_path(spec, known)
    return name, place or None


def _of_path(spec: str, known: Iterable[str]) -> tuple[str, str]:
    """The source that reads what lies there."""
    path = DatasetRequest(location=spec.partition("#")[0]).path or Path(spec)
    if not path.exists() and not _looks_like_path(spec):
        raise UnknownNameError("data set", spec, known)
    if not path.exists():
        raise UsageError(
            f"There is no file or folder {path}. Expected a data set: its name (digits, cifar10), a folder of images "
            f"(--data folder:PATH) or a .csv or .npz file. Run edgekit datasets to see all kinds."
        )
    source = "folder" if path.is_dir() else SOURCE_OF_SUFFIX.get(path.suffix.lower())
    if source is None:
        raise UsageError(
            f"{path} is not a data set: expected a folder of images, a .csv or an .npz file. "
            f"If the source is another one, name it: --data NAME:{path}"
        )
    return source, spec


def _looks_like_path(spec: str) -> bool:
    return spec.startswith((".", "/", "~")) or "/" in spec or "\\" in spec
