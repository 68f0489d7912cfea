"""A path as a caller gives it to a class of the public names: text or a Path."""

import os
from pathlib import Path

from edgekit.foundation.errors import UsageError


def given_path(value: object) -> Path:
    """The path; raises UsageError as `given_text` does."""
    return value if isinstance(value, Path) and given_text(value) else Path(given_text(value))


def given_text(value: object) -> str:
    """The path, or the name with a path, as text; raises UsageError for what is neither, or no path can hold."""
    text = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(text, str):
        raise UsageError(f"Expected a path as text or a Path. Received an object of the type {type(value).__name__}.")
    try:
        is_path = b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        is_path = False
    if not is_path:
        raise UsageError(f"{text!r} holds a character that no path can hold. Expected a path as text or a Path.")
    return text
