"""A matrix of counts as a coloured table: every number can be read, copied and heard. Colour only helps the eye."""

from collections.abc import Sequence

from edgekit.rendering.pages.html.markup import Html, tag

NUM_SHADES = 9
"""Steps of colour; classes m1 to m9 in style.css, and n1 to n9 for losses."""


def matrix(
    caption: str,
    names: Sequence[str],
    cells: Sequence[Sequence[int]],
    *,
    rows: str,
    columns: str,
    is_change: bool = False,
) -> Html:
    """Counts, or their changes, by two classes; the diagonal is framed. Scrolls inside its own box.

    Args:
        caption: What it shows.
        names: C names, for rows and columns alike.
        cells: (C, C); of counts the colour is the share of the row, of changes the share of the largest change.
        rows: What a row is: "true class".
        columns: What a column is: "predicted class".
        is_change: Whether the cells are differences, with a sign.
    """
    head = [tag("th", tag("span", name), scope="col", title=name) for name in names]
    corner = tag("th", tag("span", f"{rows} ↓"), tag("span", f"{columns} →"), class_="corner")
    largest = max((abs(cell) for row in cells for cell in row), default=0)
    body = [
        tag(
            "tr",
            tag("th", name, scope="row", title=name),
            *(
                _cell(cell, largest if is_change else sum(row), at == place, is_change)
                for place, cell in enumerate(row)
            ),
        )
        for at, (name, row) in enumerate(zip(names, cells, strict=True))
    ]
    made = tag(
        "table", tag("caption", caption), tag("thead", tag("tr", corner, *head)), tag("tbody", *body), class_="matrix"
    )
    return tag("div", made, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _cell(value: int, whole: int, is_diagonal: bool, is_change: bool) -> Html:
    classes = [*(["diagonal"] if is_diagonal else []), *_shade(value, whole)]
    shown = (f"{value:+d}" if value else "") if is_change else (f"{value:,}" if value else "")
    return tag("td", shown or "·", class_=" ".join(classes) or None)


def _shade(value: int, whole: int) -> list[str]:
    """Classes of the cell: the square root of its share in steps, so that small counts are seen too."""
    if not value:
        return ["none"]
    step = max(1, round(NUM_SHADES * (abs(value) / whole) ** 0.5))
    return [f"{'m' if value > 0 else 'n'}{step}"]
