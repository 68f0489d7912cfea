"""Which column of a table holds the files, which one the labels and which one the splits."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.datasets.csv_files.finder import FileFinder
from edgekit.datasets.csv_files.table import Table, split_at_blanks
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.grammar import counted, listed

FILE_NAMES = ("file_name", "filename", "file", "path", "image", "image_path", "image_name", "image_id", "img", "id")
LABEL_NAMES = ("label", "labels", "class", "class_name", "classname", "category", "target", "y")
SPLIT_NAMES = ("split", "set", "subset", "partition")
SPLITS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
}
"""How a split may be called -> our name of it."""

SAMPLE = 50
"""Rows that are looked at to find a column by what it holds."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns that are used, as indices.

    Attributes:
        has_header: Whether the first row names the columns.
        file: Of the image files.
        label: Of the classes; None: the folder that holds the file is its class.
        split: Of the splits; None: the table does not say them.
    """

    has_header: bool
    file: int
    label: int | None
    split: int | None


def choose_columns(table: Table, finder: FileFinder, label: str | None) -> tuple[Table, Columns]:
    """Find the columns by their names and by what they hold.

    Args:
        table: One column may turn out to be two, see `edgekit.datasets.csv_files.table.split_at_blanks`.
        finder: Where the images lie.
        label: Name of the label column, or its number from 1; None: the usual name, or the only column left.

    Raises:
        DatasetError: No column holds image files, or it is not clear which one holds the labels.
    """
    if table.num_columns == 1 and not _file_counts(table, finder, table.rows[:SAMPLE]):
        words = {len(row[0].split()) for row in table.rows}
        table = split_at_blanks(table) if min(words) > 1 else table
    counts = _file_counts(table, finder, table.rows[1 : SAMPLE + 1] or table.rows)
    files = [column for column, count in counts.items() if count == max(counts.values())]
    if not files:
        raise _no_files(table, finder)
    has_header = not any(finder.find(table.rows[0][column]) for column in files)
    names = [cell.lower().replace(" ", "_") for cell in table.rows[0]] if has_header else []
    named = [column for column in files if has_header and names[column] in FILE_NAMES]
    file = (named or files)[0]
    rest = [column for column in range(table.num_columns) if column != file and _has_values(table, column, has_header)]
    split = _split_column(table, rest, names)
    rest = [column for column in rest if column != split]
    return table, Columns(has_header=has_header, file=file, label=_label_column(table, rest, names, label), split=split)


def _file_counts(table: Table, finder: FileFinder, rows: Sequence[tuple[str, ...]]) -> dict[int, int]:
    """How many of the first rows name an image in each column; without the columns if none does."""
    counts = {
        column: sum(finder.find(row[column]) is not None for row in rows[:SAMPLE])
        for column in range(table.num_columns)
    }
    return {column: count for column, count in counts.items() if count}


def _has_values(table: Table, column: int, has_header: bool) -> bool:
    return any(row[column] for row in table.rows[has_header:])


def _split_column(table: Table, columns: list[int], names: list[str]) -> int | None:
    """The column called so; without names the one that holds nothing but names of splits."""
    if names:
        return next((column for column in columns if names[column] in SPLIT_NAMES), None)
    is_split = (column for column in columns if all(row[column].lower() in SPLITS for row in table.rows))
    return next(is_split, None) if len(columns) > 1 else None


def _label_column(table: Table, columns: list[int], names: list[str], wanted: str | None) -> int | None:
    described = [f"{column + 1} ({table.rows[0][column]})" if names else str(column + 1) for column in columns]
    if wanted is not None:
        found = [column for column in columns if wanted in (str(column + 1), names and table.rows[0][column])]
        if not found:
            raise DatasetError(
                f"{table.path} has no column of labels '{wanted}'. There are: {', '.join(described) or 'none'}."
            )
        return found[0]
    usual = [column for column in columns if names and names[column] in LABEL_NAMES]
    if len(usual) == 1 or len(columns) == 1:
        return (usual or columns)[0]
    if columns:
        first = table.rows[0][columns[0]] if names else columns[0] + 1
        raise DatasetError(
            f"{table.path} has {counted(len(columns), 'column')} that may hold the labels: {listed(described)}. "
            f"{_one_hot(table, columns) or f'Name one: --data csv:{table.path}#{first}'}"
        )
    return None


def _one_hot(table: Table, columns: list[int]) -> str:
    is_one_hot = all(row[column] in ("0", "1") for row in table.rows[1:] for column in columns)
    return "One column of 0 and 1 per class is not supported: write the class of each image into one." * is_one_hot


def _no_files(table: Table, finder: FileFinder) -> DatasetError:
    cells = ", ".join(repr(cell) for cell in table.rows[min(1, len(table.rows) - 1)])
    return DatasetError(
        f"No column of {table.path} names images in {finder.root}. Expected paths relative to that folder, or file "
        f"names that occur in it once. Received, in row {min(2, len(table.rows))}: {cells[:200]}"
    )
