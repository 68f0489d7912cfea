"""The rows of tables as images with labels, each once, each of an existing file. Knows no class order."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgekit.datasets.base import DatasetRequest
from edgekit.datasets.csv_files.columns import SPLITS, Columns, choose_columns
from edgekit.datasets.csv_files.finder import FileFinder
from edgekit.datasets.csv_files.location import CsvLocation
from edgekit.datasets.csv_files.table import Table, read_table
from edgekit.datasets.files.tree import joined
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.grammar import counted, noun
from edgekit.foundation.progress import Progress

MAX_NAMED = 3
"""Rows that a message names."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a table, as it was found.

    Attributes:
        where: "FILE line N", for messages.
        cell: The file as the table names it.
        name: The file relative to the data set's folder; None if it is missing.
        label: Name of the class.
        split: "train", "validation", "test" or "all".
    """

    where: str
    cell: str
    name: str | None
    label: str
    split: str


def read_rows(location: CsvLocation, request: DatasetRequest) -> list[Row]:
    """All images that the tables list.

    Raises:
        DatasetError: A table or a file that it names is missing, or an image has no label, two labels or two splits.
    """
    finders = {path.parent: FileFinder(path.parent) for path in location.tables.values()}
    rows = [
        row for split, path in location.tables.items() for row in _rows(split, path, location, finders[path.parent])
    ]
    return _once(_present(rows, location.root, request), request.progress)


def _rows(split: str, path: Path, location: CsvLocation, finder: FileFinder) -> Iterator[Row]:
    table, columns = choose_columns(read_table(path), finder, location.label)
    folder = path.parent.relative_to(location.root).as_posix().removeprefix(".")
    for cells, line in zip(table.rows[columns.has_header :], table.lines[columns.has_header :], strict=True):
        name = finder.find(cells[columns.file])
        yield Row(
            where=f"{path} line {line}",
            cell=cells[columns.file],
            name=None if name is None else joined(folder, name),
            label=_label(table, columns, cells, name, line),
            split=split if columns.split is None or split != "all" else _split(table, cells[columns.split], line),
        )


def _label(table: Table, columns: Columns, cells: tuple[str, ...], name: str | None, line: int) -> str:
    label = (name or cells[columns.file]).split("/")[-2:-1] if columns.label is None else [cells[columns.label]]
    if not label or not label[0]:
        raise DatasetError(
            f"Line {line} of {table.path} has no label: {', '.join(cells)}. Expected one class for each image, in a "
            f"column of its own or as the folder of the file."
        )
    return label[0]


def _split(table: Table, cell: str, line: int) -> str:
    split = SPLITS.get(cell.lower())
    if split is None:
        raise DatasetError(f"Line {line} of {table.path} names the split '{cell}'. Expected train, validation or test.")
    return split


def _present(rows: list[Row], root: Path, request: DatasetRequest) -> list[Row]:
    """Those whose files exist; raises DatasetError unless missing ones are to be left out."""
    missing = [row for row in rows if row.name is None]
    if missing and not request.skip_broken:
        named = ", ".join(f"{row.cell} ({row.where.rpartition(' line ')[2]})" for row in missing[:MAX_NAMED])
        more = f" and {len(missing) - MAX_NAMED:,} more" if len(missing) > MAX_NAMED else ""
        raise DatasetError(
            f"{counted(len(missing), 'image')} that {missing[0].where.rpartition(' line ')[0]} lists "
            f"{noun(len(missing), 'is', 'are')} missing in {root}, or not the only one of that name (line in "
            f"brackets): {named}{more}. Expected paths relative to that folder. Correct them, or leave them out with "
            f"--skip-broken."
        )
    if missing:
        request.progress.note(f"{root}: left out {counted(len(missing), 'missing image')}, as asked")
    return [row for row in rows if row.name is not None]


def _once(rows: list[Row], progress: Progress) -> list[Row]:
    """Each image once; raises DatasetError if one has two labels or lies in two splits."""
    seen: dict[str, Row] = {}
    for row in rows:
        first = seen.setdefault(str(row.name), row)
        if first.label != row.label:
            raise DatasetError(
                f"{row.name} has the label '{first.label}' in {first.where} and '{row.label}' in {row.where}. Expected "
                f"one class for each image; several labels per image are not supported yet. Remove one of the rows."
            )
        if first.split != row.split:
            raise DatasetError(
                f"{row.name} lies in the {first.split} split ({first.where}) and in the {row.split} split "
                f"({row.where}). Remove one of the rows: a test image must not be trained on."
            )
    if len(seen) < len(rows):
        progress.note(f"{rows[0].where.rpartition(' line ')[0]}: {counted(len(rows) - len(seen), 'row')} listed twice")
    return list(seen.values())
