"""A matrix of counts as a coloured table: every number can be read, copied and heard. Colour only helps the eye."""

from collections.abc import Sequence
from dataclasses import dataclass

NUM_SHADES = 9
"""Steps of colour; classes m1 to m9 in style.css, and n1 to n9 for losses."""

FEW, MEDIUM = 10, 20
"""So many classes have cells of ordinary size; so many have small ones, whose numbers a phone does not show."""

PHONE = 160
"""Pixels that the cells of a row have together on the narrowest screen."""

EM_PER_CHARACTER = 0.7
"""Width of a digit or a sign in the widest of the usual fonts."""

USUAL, READABLE = 9.9, 7.0
"""Pixels: the size of numbers on a phone, and the smallest that can be read."""

NONE = "\N{MIDDLE DOT}"
"""What stands for 0."""


@dataclass(frozen=True, kw_only=True)
class MatrixCell:
    """One number.

    Attributes:
        text: As it reads.
        style: Classes of style.css.
    """

    text: str
    style: str


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Counts, or their changes, by two classes.

    Attributes:
        caption: What it shows.
        rows: What a row is: "true class".
        columns: What a column is: "predicted class".
        names: C names, for rows and columns alike.
        cells: (C, C).
    """

    caption: str
    rows: str
    columns: str
    names: Sequence[str]
    cells: Sequence[Sequence[MatrixCell]]

    @property
    def density(self) -> str:
        """How small its cells are: a class of style.css, "" if they are of ordinary size."""
        if len(self.names) > FEW:
            return "medium" if len(self.names) <= MEDIUM else "large"
        room = (PHONE / max(len(self.names), 1) - 1) / (EM_PER_CHARACTER * self._longest)
        return "" if room >= USUAL else "tight" if room >= READABLE else "crowded"

    @property
    def is_alone(self) -> bool:
        """Whether it needs the width of the page for itself, also on a wide screen."""
        return self.density == "large" or (self.density == "medium" and self._longest > 2)

    @property
    def _longest(self) -> int:
        """Characters of the longest number."""
        return max((len(cell.text) for row in self.cells for cell in row), default=1)

    @property
    def is_colour_on_phones(self) -> bool:
        """Whether a phone has no room for its numbers."""
        return self.density not in ("", "tight")


def make_matrix(
    caption: str,
    names: Sequence[str],
    counts: Sequence[Sequence[int]],
    *,
    rows: str,
    columns: str,
    is_change: bool = False,
) -> Matrix:
    """A matrix with its diagonal framed.

    Args:
        caption: What it shows.
        names: C names, for rows and columns alike.
        counts: (C, C); of counts the colour is the share of the row, of changes the share of the largest change.
        rows: What a row is: "true class".
        columns: What a column is: "predicted class".
        is_change: Whether the counts are differences, with a sign.
    """
    largest = max((abs(count) for row in counts for count in row), default=0)
    cells = tuple(
        tuple(
            _cell(count, largest if is_change else sum(row), at == place, is_change) for place, count in enumerate(row)
        )
        for at, row in enumerate(counts)
    )
    return Matrix(caption=caption, rows=rows, columns=columns, names=names, cells=cells)


def _cell(value: int, whole: int, is_diagonal: bool, is_change: bool) -> MatrixCell:
    style = " ".join([*(["diagonal"] if is_diagonal else []), _shade(value, whole)])
    shown = f"{value:+d}" if is_change else f"{value:,}"
    return MatrixCell(text=shown if value else NONE, style=style)


def _shade(value: int, whole: int) -> str:
    """Class of the cell: the square root of its share in steps, so that small counts are seen too."""
    if not value:
        return "none"
    step = max(1, round(NUM_SHADES * (abs(value) / whole) ** 0.5))
    return f"{'m' if value > 0 else 'n'}{step}"
