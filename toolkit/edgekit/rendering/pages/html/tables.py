"""Tables that sort by their headings, filter by buttons, and scroll inside their own box on a phone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from edgekit.rendering.pages.html.markup import Html, join, slug, tag


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: Its heading.
        is_number: Whether it holds numbers: they stand to the right, digits below each other.
        explanation: What it holds, shown when the heading is pointed at.
    """

    name: str
    is_number: bool = False
    explanation: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell that sorts by another value than its text.

    Attributes:
        content: What is shown.
        sort: What it sorts by: a number, or text; None stands last in either direction.
    """

    content: str
    sort: float | str | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row.

    Attributes:
        cells: As many as there are columns; a plain `str` sorts as it reads.
        keys: Name of a filter -> the value under which this row is found.
        is_heading: Whether the first cell names the row.
    """

    cells: Sequence[str | Cell]
    keys: Mapping[str, str] = field(default_factory=dict)
    is_heading: bool = True


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Buttons above a table, one a value that occurs: the rows whose button is pressed are shown.

    Attributes:
        key: What `Row.keys` calls it.
        name: What stands before the buttons.
    """

    key: str
    name: str


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[Row | Sequence[str | Cell]],
    *,
    filters: Sequence[Filter] = (),
    is_sortable: bool = True,
    anchor: str | None = None,
) -> Html:
    """A table in a box of its own that scrolls sideways where the page is narrow.

    Args:
        caption: Says what it shows; also its name for who cannot see it.
        columns: At least one.
        rows: In the order in which they stand until the reader sorts them.
        filters: Buttons above it; one whose rows all have the same value is left out.
        is_sortable: Whether its headings are buttons that sort.
        anchor: Its id; made from the caption if None and filters need one. Ids of one page must differ.

    Raises:
        ValueError: A row has another number of cells than there are columns.
    """
    identifier = anchor or (f"table-{slug(caption)}" if filters else None)
    made = [row if isinstance(row, Row) else Row(cells=row) for row in rows]
    for row in made:
        if len(row.cells) != len(columns):
            raise ValueError(f"A row must have {len(columns)} cells. Received {len(row.cells)}.")
    head = tag("thead", tag("tr", *(_heading(column, is_sortable) for column in columns)))
    body = tag("tbody", *(_row(row, columns) for row in made))
    whole = tag("table", tag("caption", caption), head, body, id=identifier, class_="data")
    box = tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)
    return join([_filters(filters, made, identifier), box])


def _heading(column: Column, is_sortable: bool) -> Html:
    content: str = column.name
    if is_sortable:
        content = tag("button", column.name, type="button", title=column.explanation)
    kind = "number" if column.is_number else None
    return tag("th", content, scope="col", class_=kind, title=None if is_sortable else column.explanation)


def _row(row: Row, columns: Sequence[Column]) -> Html:
    keys = {f"data_{key}": value for key, value in row.keys.items()}
    cells = (
        _cell(cell, column, row.is_heading and not at)
        for at, (cell, column) in enumerate(zip(row.cells, columns, strict=True))
    )
    return tag("tr", *cells, **keys)


def _cell(cell: str | Cell, column: Column, is_heading: bool) -> Html:
    shown = cell if isinstance(cell, Cell) else None
    return tag(
        "th" if is_heading else "td",
        shown.content if shown else str(cell) if not isinstance(cell, Html) else cell,
        scope="row" if is_heading else None,
        class_="number" if column.is_number else None,
        data_sort=("" if shown.sort is None else shown.sort) if shown else None,
    )


def _filters(filters: Sequence[Filter], rows: Sequence[Row], identifier: str | None) -> Html | None:
    """One group of buttons a filter, and how many rows are shown; the page's script brings them to life."""
    groups = [_group(one, [row.keys[one.key] for row in rows if one.key in row.keys]) for one in filters]
    if not any(groups):
        return None
    status = tag("p", f"{len(rows)} of {len(rows)} shown", class_="muted count", role="status")
    return tag("div", *groups, status, class_="filters", data_table=identifier)


def _group(one: Filter, values: Sequence[str]) -> Html | None:
    different = list(dict.fromkeys(values))
    if len(different) < 2:
        return None
    buttons = (
        tag("button", f"{value} ({values.count(value)})", type="button", aria_pressed="true", data_value=value)
        for value in different
    )
    return tag(
        "div", tag("span", one.name, class_="label"), *buttons, role="group", aria_label=one.name, data_key=one.key
    )
