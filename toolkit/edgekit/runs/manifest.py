"""What a run's manifest must hold to be believed. It may come from a stranger, or from a hand that edited it.

Knows no folder: what a file really is, `edgekit.runs.folder` finds out.
"""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from edgekit.foundation.errors import RunFolderError

SCHEMA_VERSION = 1


def check_manifest(path: Path, document: Any) -> dict[str, Any]:
    """`document`, read from the manifest at `path`, if it can be worked with.

    Raises:
        RunFolderError: It is no manifest, is of another version of edgekit, says something nonsensical, or
            lists a file outside its run.
    """
    if not isinstance(document, dict) or not isinstance(document.get("files"), dict):
        raise RunFolderError(f"{path} is not a manifest: it lists no files. Restore it, or make the run again.")
    if (version := document.get("schema_version", SCHEMA_VERSION)) != SCHEMA_VERSION:
        raise RunFolderError(
            f"{path} has schema version {version!r}; expected {SCHEMA_VERSION}. Use the version of edgekit that "
            f"wrote it, or make the run again."
        )
    for key, (is_right, expected) in _EXPECTED.items():
        value = _find(document, key)
        if value is not None and not is_right(value):
            raise RunFolderError(
                f"'{key}' in {path} must be {expected}. Received {_shown(value)}. Restore the manifest, or make the "
                f"run again."
            )
    for name, listed in document["files"].items():
        _check_file(path, name, listed)
    return document


def _check_file(path: Path, name: str, listed: Any) -> None:
    if not is_inside(PurePosixPath(name)):
        raise RunFolderError(
            f"{path} lists {_shown(name)}, which lies outside its run. A run holds only files of its own folder: "
            f"restore the manifest, or make the run again."
        )
    entry = listed if isinstance(listed, dict) else {}
    if not _is_count(entry.get("size_bytes")) or not _is_text(entry.get("sha256")):
        raise RunFolderError(
            f"{path} does not say the size and the SHA-256 of {_shown(name)}. Expected both, received "
            f"{_shown(listed)}. Restore the manifest, or make the run again."
        )


def is_inside(name: PurePath) -> bool:
    """Whether a relative path stays inside the folder that it starts from, on every system."""
    path = PureWindowsPath(name)  # takes both / and \ for separators
    return not (path.drive or path.root or ".." in path.parts or "\0" in str(name)) and len(path.parts) > 0


def _find(document: Mapping[str, Any], key: str) -> Any:
    """What stands under "dataset.name"; None where nothing does."""
    value: Any = document
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value < 1


def _is_image_shape(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(map(_is_count, value)) and min(value) > 0


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


_EXPECTED: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "dataset": (_is_object, "a JSON object"),
    "dataset.name": (_is_text, "a text"),
    "dataset.sha256": (_is_text, "a text"),
    "dataset.image_shape": (_is_image_shape, "a list of height, width and channels"),
    "dataset.image_rule": (_is_object, "a JSON object"),
    "dataset.class_names": (_are_names, "a list of texts"),
    "settings": (_is_object, "a JSON object"),
    "settings.seed": (_is_count, "a whole number of at least 0"),
    "settings.validation_fraction": (_is_share, "a number between 0 and 1"),
    "input_range": (_is_text, "a text"),
    "reading": (_is_object, "a JSON object"),
    "reading.output_name": (_is_text, "a text"),
    "reading.positive_class": (_is_text, "a text"),
    "reading.labels": (_are_names, "a list of texts"),
    "identity": (_is_object, "a JSON object"),
    "exports": (_is_object, "a JSON object"),
}
"""Where it stands -> (whether a value is right, what is expected); none of them needs to be there."""


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"
