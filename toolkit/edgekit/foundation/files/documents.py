"""JSON, JSON Lines and CSV files, read and checked in one place: the result is valid data or an error in one sentence.

Edited, truncated, random and hostile files end in a RunFolderError that names the file, the place in it, what was
expected, what was received and what to do.
"""

import json
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args, get_origin

from edgekit.foundation.errors import RunFolderError
from edgekit.foundation.files.schema import LARGEST_WHOLE, SchemaError, conform

LARGEST_BYTES = 2**28
"""Far more than a verification of a thousand classes in every runtime."""

RESTORE = "Restore it or make the run again."


def read_json(path: Path, kind: Any, *, remedy: str = RESTORE) -> Any:
    """The JSON document in `path`, as `kind`.

    Args:
        path: The file.
        kind: Its schema; see `edgekit.foundation.files.schema.conform`.
        remedy: What to do, as the last sentence of an error.

    Raises:
        RunFolderError: The file is missing, larger than any of ours, no JSON, or something else than `kind`.
    """
    with _told(path, remedy):
        return conform(kind, _parsed(_text_of(path)))


def read_json_lines(path: Path, first: Any, others: Any, *, remedy: str = RESTORE) -> tuple[Any, list[Any]]:
    """A file of one JSON document per line: the first as `first`, the rest as `others`; raises as `read_json` does."""
    with _told(path, remedy):
        lines = _text_of(path).splitlines()
        if not lines:
            raise ValueError("it is empty")
        documents = [(number, _parsed(line)) for number, line in enumerate(lines, 1)]
        return _in_line(first, *documents[0]), [_in_line(others, *each) for each in documents[1:]]


def read_table(path: Path, columns: Mapping[str, Any], *, remedy: str = RESTORE) -> list[dict[str, Any]]:
    """The rows of a CSV file, each as column -> value.

    Args:
        path: The file.
        columns: The columns that it must have, with the schema of their cells; others are left out.
        remedy: What to do, as the last sentence of an error.

    Raises:
        RunFolderError: As `read_json`; or a column is missing, or a row is longer or shorter than the first.
    """
    import csv

    with _told(path, remedy):
        reader = csv.DictReader(_text_of(path).splitlines(), strict=True)
        try:
            rows = list(enumerate(reader, 2))
        except csv.Error as error:
            raise ValueError(error) from error
        if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
            raise ValueError(f"it has no column {', '.join(missing)}")
        return [_row(number, row, columns) for number, row in rows]


@contextmanager
def _told(path: Path, remedy: str) -> Iterator[None]:
    """Whatever goes wrong while `path` is read, as one sentence."""
    try:
        yield
    except FileNotFoundError as error:
        raise RunFolderError(f"There is no {path}. Expected a file that edgekit wrote.") from error
    except SchemaError as error:
        raise RunFolderError(f"{path} is not what edgekit wrote: {error}. {remedy}") from error
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error.strerror or error}. {remedy}") from error
    except RecursionError as error:
        raise RunFolderError(f"{path} cannot be read: it is nested too deep. {remedy}") from error
    except (ValueError, MemoryError) as error:
        raise RunFolderError(f"{path} cannot be read: {error or type(error).__name__}. {remedy}") from error


def _text_of(path: Path) -> str:
    """The text of a file of a sane size; raises OSError and ValueError."""
    status = path.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise ValueError("it is not a file but a pipe, a socket or a device")
    if status.st_size > LARGEST_BYTES:
        raise ValueError(f"it has {status.st_size:,} bytes, expected at most {LARGEST_BYTES:,}")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"its byte {error.start} is not UTF-8") from error


def _parsed(text: str) -> Any:
    """The JSON document in `text`; raises ValueError and RecursionError."""
    return json.loads(text, parse_constant=_refused, parse_int=_whole)


def _refused(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which is not JSON")


def _whole(digits: str) -> int:
    if len(digits) > len(str(LARGEST_WHOLE)) + 1:
        raise ValueError(f"it holds a number of {len(digits)} digits")
    return int(digits)


def _in_line(kind: Any, number: int, document: Any) -> Any:
    try:
        return conform(kind, document)
    except SchemaError as error:
        raise ValueError(f"in line {number} {error}") from error


def _row(number: int, row: dict[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    if None in row or None in row.values():
        raise ValueError(f"line {number} is longer or shorter than the first")
    try:
        return {name: _cell(kind, name, row[name]) for name, kind in columns.items()}
    except SchemaError as error:
        raise ValueError(f"in line {number} {error}") from error


def _cell(kind: Any, name: str, text: str) -> Any:
    """What a cell says: a number if a number is expected."""
    convert = {int: int, float: float}.get(get_args(kind)[0] if get_origin(kind) is Annotated else kind)
    value: Any = text
    if convert is not None:
        with suppress(ValueError):  # then the text is what was received
            value = convert(text)
    try:
        return conform(kind, value)
    except SchemaError as error:
        raise error.under(name) from None
