"""Tables on the terminal that fit 100 columns. Knows no report, only titles, columns and cells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

MAX_WIDTH = 100
"""Columns of the widest table; a narrower terminal gets a narrower one."""

MIN_FILE_NAME = 14
"""Characters that a file name keeps at least."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its heading.
        align: "left" for words, "right" for numbers.
        wrap: Whether long cells may go over several lines.
    """

    name: str
    align: Literal["left", "right"] = "left"
    wrap: bool = True


def make_console(*, file: IO[str] | None = None, force_terminal: bool | None = None) -> "Console":
    """A console at most MAX_WIDTH columns wide; exactly that where the output is no terminal.

    Args:
        file: Write here in place of stdout.
        force_terminal: Treat the output as a terminal, or not; None: find out.
    """
    from rich.console import Console

    console = Console(file=file, force_terminal=force_terminal, highlight=False, soft_wrap=False)
    console.width = min(console.width, MAX_WIDTH) if console.is_terminal else MAX_WIDTH
    return console


def make_table(
    title: str | None, columns: Sequence[Column | str], rows: Iterable[Sequence["RenderableType"]]
) -> "Table":
    """A table; cells are text as it stands (brackets are no markup) or rich renderables.

    Raises:
        ValueError: A row has another number of cells than there are columns.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title and Text(title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    described = [column if isinstance(column, Column) else Column(name=column) for column in columns]
    for column in described:
        table.add_column(Text(column.name), justify=column.align, no_wrap=not column.wrap, overflow="fold")
    for row in rows:
        if len(row) != len(described):
            raise ValueError(f"A row must have {len(described)} cells. Received {len(row)}.")
        table.add_row(*[Text(cell) if isinstance(cell, str) else cell for cell in row])
    return table


def natural_width(table: "Table", console: "Console") -> int:
    """Columns that the table takes where nothing is cut; its title wraps and does not count."""
    title, table.title = table.title, None
    width = console.measure(table, options=console.options.update(width=10_000)).maximum
    table.title = title
    return width


def shortened_by(names: Sequence[str], excess: int) -> list[str]:
    """File names with so many characters fewer in the longest one, as far as MIN_FILE_NAME allows."""
    return shortened_names(names, max(MIN_FILE_NAME, max(map(len, names), default=0) - excess))


def shortened_names(names: Sequence[str], length: int) -> list[str]:
    """Names of at most `length` characters: their ends, or beginning and end where the ends are alike."""
    ends = {name: _cut(name, 0, length) for name in names}
    if len(set(ends.values())) < len(ends):
        ends = {name: _cut(name, (length - 1) // 2, length) for name in names}
    return [ends[name] for name in names]


def _cut(name: str, num_first: int, length: int) -> str:
    if len(name) <= length:
        return name
    return f"{name[:num_first]}…{name[len(name) - (length - 1 - num_first) :]}"


def print_table(
    title: str | None,
    columns: Sequence[Column | str],
    rows: Iterable[Sequence["RenderableType"]],
    *,
    console: "Console | None" = None,
) -> None:
    """Print a table to stdout, or to `console`; see `make_table`."""
    (console or make_console()).print(make_table(title, columns, rows))
