"""A CSV file as rows of text, whatever its separator. Knows no column and no image."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edgekit.foundation.errors import DatasetError
from edgekit.foundation.grammar import counted

SEPARATORS = (",", ";", "\t", "|")
MAX_BYTES = 2**29
"""Millions of rows; more is not a list of images."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows of one file.

    Attributes:
        path: The file.
        rows: At least one, all of the same length; the first may be a header. No cell has blanks around it.
        first_lines: The number in the file of the line at which each row starts, from 1.
    """

    path: Path
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    @property
    def num_columns(self) -> int:
        """How many cells each row has."""
        return len(self.rows[0])


def read_table(path: Path) -> Table:
    """Read a file of rows; the separator is the one that gives all rows the same number of cells, at least two.

    Without such a separator a row is a file name alone, or a file name and a label with a blank between them, as the
    `train.txt` of many data sets have it.

    Raises:
        DatasetError: The file is missing, empty, not text in UTF-8 or UTF-16, or its rows differ in length.
    """
    text = _text(path)
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise DatasetError(f"{path} is empty. Expected rows of file name and label, as in cat/001.png,cat")
    separator = _separator(lines)
    if separator is not None:
        return _checked(path, _parsed(path, text, separator))
    return Table(path=path, rows=tuple((line.strip(),) for line in lines), lines=_line_numbers(text))


def split_at_blanks(table: Table) -> Table:
    """The rows of a table of one column as (all but the last word, last word)."""
    rows = [tuple(row[0].rsplit(None, 1)) for row in table.rows]
    return _checked(table.path, (rows, list(table.lines)))


def _text(path: Path) -> str:
    if not path.is_file():
        raise DatasetError(f"There is no file {path}. Expected a CSV file with the columns file name and label.")
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise DatasetError(f"{path} has {size:,} bytes. Expected a list of images, of at most {MAX_BYTES:,} bytes.")
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path} is not text in UTF-8: byte {error.start:,} is {content[error.start]:#04x}. If a spreadsheet wrote "
            f"it: iconv -f cp1252 -t utf-8 {path} > utf8.csv"
        ) from error
    if "\0" in text:
        raise DatasetError(f"{path} is not a text file: it contains zero bytes. Expected rows of file name and label.")
    return text


def _line_numbers(text: str) -> tuple[int, ...]:
    return tuple(number for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _separator(lines: list[str]) -> str | None:
    """The one that all of the first lines have equally often; else one that all have, else one that most have."""
    first = lines[:100]
    counts = {each: {line.count(each) for line in first} for each in SEPARATORS}
    constant = [each for each in SEPARATORS if len(counts[each]) == 1 and 0 not in counts[each]]
    everywhere = constant or [each for each in SEPARATORS if 0 not in counts[each]]
    if everywhere:
        return max(everywhere, key=lambda each: min(counts[each]))
    mostly = [each for each in SEPARATORS if each in first[0] and 2 * sum(each in line for line in first) > len(first)]
    return max(mostly, key=lambda each: sum(each in line for line in first), default=None)


def _parsed(path: Path, text: str, separator: str) -> tuple[list[tuple[str, ...]], list[int]]:
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    before = 0
    try:
        for row in reader:
            cells = tuple(cell.strip() for cell in row)
            if any(cells):
                rows.append(cells)
                lines.append(before + 1)
            before = reader.line_num
    except csv.Error as error:
        raise DatasetError(f"Line {reader.line_num} of {path} cannot be read as CSV: {error}.") from error
    return rows, lines


def _checked(path: Path, parsed: tuple[Iterable[tuple[str, ...]], list[int]]) -> Table:
    rows, lines = list(parsed[0]), parsed[1]
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(rows[0]):
            raise DatasetError(
                f"Line {line} of {path} has {counted(len(row), 'cell')}, the first row {len(rows[0])}. Expected the "
                f"same number in every row; a cell that holds a separator needs quotation marks around it."
            )
    return Table(path=path, rows=tuple(rows), lines=tuple(lines))
