"""The table of classes as a picture: how many images of each there are to learn from, to choose by and to test on."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from edgekit.rendering.figures.style import canvas_figure, drawn, labels_of, width_of, write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_CLASSES = 200
ROW_INCHES = 0.24
COLUMN_INCHES = 0.95


@drawn
def class_table(class_names: Sequence[str], counts: Mapping[str, Sequence[int]]) -> "Figure":
    """One row per class: its number, its name, and its images in each split.

    Args:
        class_names: C names.
        counts: Name of a split -> C numbers of images.
    """
    labels = labels_of(class_names[:MAX_CLASSES])
    rows = [[f"{values[number]:,}" for values in counts.values()] for number in range(len(labels))]
    totals = [f"{sum(values):,}" for values in counts.values()]
    left = 0.75 + width_of([*labels, "all classes"], 0.085)
    width = left + COLUMN_INCHES * len(counts) + 0.2
    height = ROW_INCHES * (len(rows) + 2)
    figure, axes = canvas_figure(width, height)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    _write_line(axes, 0, "no.", "class", list(counts), left, is_bold=True)
    for number, (label, cells) in enumerate(zip(labels, rows, strict=True)):
        if number % 2 == 0:
            axes.axhspan((number + 1) * ROW_INCHES, (number + 2) * ROW_INCHES, color="0.94", linewidth=0)
        _write_line(axes, number + 1, str(number), label, cells, left)
    _write_line(axes, len(rows) + 1, "", "all classes", totals, left, is_bold=True)
    more = f", the first {len(labels)}" if len(labels) < len(class_names) else ""
    write_title(figure, f"{len(class_names)} classes{more}")
    return figure


def _write_line(
    axes: "Axes", number: int, index: str, name: str, cells: Sequence[str], left: float, *, is_bold: bool = False
) -> None:
    height = (number + 0.5) * ROW_INCHES
    places = [(0.45, index, "right"), (0.6, name, "left")]
    places += [(left + COLUMN_INCHES * (at + 1) - 0.05, cell, "right") for at, cell in enumerate(cells)]
    for place, words, side in places:
        weight = "bold" if is_bold else "normal"
        axes.text(place, height, words, ha=side, va="center", fontsize=9, fontweight=weight)
