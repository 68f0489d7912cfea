"""Tables on the terminal that fit 100 columns. Knows no report, only titles, columns and cells.

If a table is too wide, words go over several lines, file names lose their beginnings, and then the least important
columns go. A number is never cut.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal, cast

from edgekit.foundation.files.printable import behind_of, one_line, printable
from edgekit.foundation.grammar import listed

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
    from rich.segment import Segment
    from rich.table import Table
    from rich.text import Text

MAX_WIDTH = 100
"""Columns of the widest table; a narrower terminal gets a narrower one."""

MIN_FILE_NAME = 14
"""Characters that a file name keeps at least."""

MIN_WORD = 14
"""Longer words are broken if there is no room for them."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its heading.
        align: "left" for words, "right" for numbers.
        wrap: Whether long cells of words may go over several lines; a number never does.
        is_file: Whether the cells are names of files or folders, which are shortened instead of that.
    """

    name: str
    align: Literal["left", "right"] = "left"
    wrap: bool = True
    is_file: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether a cell stays on its line."""
        return self.is_file or not self.wrap or self.align == "right"

    def least_width(self, cells: Iterable["str | Text"]) -> int:
        """Columns of the terminal that heading and cells take at least."""
        from rich.cells import cell_len

        texts = [self.name, *map(str, cells)]
        if self.is_whole:
            return max(cell_len(line) for text in texts for line in text.split("\n"))
        return min(MIN_WORD, max((cell_len(word) for text in texts for word in text.split()), default=0))


def make_console(*, file: IO[str] | None = None, force_terminal: bool | None = None) -> "Console":
    """A console at most MAX_WIDTH columns wide; exactly that if the output is not a terminal.

    Args:
        file: Write here instead of stdout.
        force_terminal: Treat the output as a terminal, or not; None: find out.
    """
    from rich.console import Console

    console = Console(
        file=behind_of(file or sys.stdout),
        force_terminal=force_terminal,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )
    console.push_render_hook(cast("RenderHook", _EscapeAll()))
    console.width = min(console.width, MAX_WIDTH) if console.is_terminal else MAX_WIDTH
    return console


class _EscapeAll:
    """A hook of rich that escapes the text of everything that is printed, and leaves its colours alone."""

    def process_renderables(self, renderables: "list[ConsoleRenderable]") -> "list[ConsoleRenderable]":
        """What is printed instead of `renderables`."""
        return [_Escaped(each) for each in renderables]


class _Escaped:
    """What is printed instead of one renderable."""

    def __init__(self, renderable: "ConsoleRenderable") -> None:
        self._renderable = renderable

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "Iterator[Segment]":
        from rich.segment import Segment

        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def make_table(title: str | None, columns: Sequence[Column | str], rows: Iterable[Sequence["str | Text"]]) -> "Table":
    """A table; cells are text as it is: brackets are not markup.

    Raises:
        ValueError: A row has another number of cells than there are columns.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rows = [[one_line(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    table = Table(
        title=title and Text(one_line(title)), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    described = list(map(_described, columns))
    for row in rows:
        if len(row) != len(described):
            raise ValueError(f"A row must have {len(described)} cells. Received {len(row)}.")
    for place, column in enumerate(described):
        table.add_column(
            Text(column.name),
            justify=column.align,
            no_wrap=column.is_whole,
            overflow="fold",
            min_width=column.least_width(row[place] for row in rows),
        )
    for row in rows:
        table.add_row(*[Text(cell) if isinstance(cell, str) else cell for cell in row])
    return table


def fitting_table(
    title: str | None,
    columns: Sequence[Column],
    rows: Sequence[Sequence["str | Text"]],
    console: "Console",
    least_important: Sequence[str] = (),
) -> "Table":
    """The table that fits `console` with the most columns; the one with the fewest if none fits.

    Args:
        title: The line above it.
        columns: All columns; if the first one is of files, its names shorten before a column goes.
        rows: A cell per column.
        console: Where it is to be printed.
        least_important: Headings of columns that go if there is no room, the first one first.
    """
    for num_dropped in range(len(least_important) + 1):
        dropped = least_important[:num_dropped]
        gone = {place for place, column in enumerate(columns) if column.name in dropped}
        kept = [[cell for place, cell in enumerate(row) if place not in gone] for row in rows]
        table = _shortened(title, [column for column in columns if column.name not in dropped], kept, console)
        if least_width(table) <= console.width:
            break
    return table


def natural_width(table: "Table", console: "Console") -> int:
    """Columns of the terminal that the table takes if no line breaks; its title wraps and does not count."""
    title, table.title = table.title, None
    width = console.measure(table, options=console.options.update(width=10_000)).maximum
    table.title = title
    return width


def least_width(table: "Table") -> int:
    """Columns of the terminal that it takes if all words wrap: the cells, a gap and a line after each, an edge."""
    return sum((column.min_width or 0) + 2 for column in table.columns) + 1


def shortened_by(names: Sequence[str], excess: int) -> list[str]:
    """File names with so many characters fewer in the longest one, as far as MIN_FILE_NAME allows."""
    return shortened_names(names, max(MIN_FILE_NAME, max(map(len, names), default=0) - excess))


def shortened_names(names: Sequence[str], length: int) -> list[str]:
    """Names of at most `length` characters: their ends, or beginning and end if the ends are alike."""
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
    rows: Iterable[Sequence["str | Text"]],
    *,
    console: "Console | None" = None,
    least_important: Sequence[str] = (),
) -> None:
    """Print the table that fits to stdout, or to `console`, and say what is left out; see `fitting_table`."""
    console, described = console or make_console(), list(map(_described, columns))
    table = fitting_table(title, described, list(rows), console, least_important)
    print_whole(table, console)
    if num_dropped := len(described) - len(table.columns):
        console.print(without_room(least_important[:num_dropped]), markup=False)


def without_room(headings: Sequence[str]) -> str:
    """The sentence that names columns for which there is no room."""
    names = listed([" ".join(heading.split()) for heading in headings])
    return f"There is no room here for {names}: --json has it all."


def print_whole(table: "Table", console: "Console") -> None:
    """Print a table of which nothing is cut: on a very narrow terminal its lines break."""
    own_width = console.width
    try:
        console.width = max(own_width, least_width(table))
        console.print(table, crop=False)
    finally:
        console.width = own_width


def _described(column: Column | str) -> Column:
    return column if isinstance(column, Column) else Column(name=column)


def _shortened(
    title: str | None, columns: Sequence[Column], rows: Sequence[Sequence["str | Text"]], console: "Console"
) -> "Table":
    """The table with its file names as short as it takes, and as long as they are if that would make two alike."""
    table = make_table(title, columns, rows)
    excess = natural_width(table, console) - console.width
    if excess <= 0 or not columns[0].is_file:
        return table
    full = [str(row[0]) for row in rows]
    names = shortened_by(full, excess)
    if len(set(names)) < len(set(full)):
        return table
    return make_table(title, columns, [[name, *row[1:]] for name, row in zip(names, rows, strict=True)])
