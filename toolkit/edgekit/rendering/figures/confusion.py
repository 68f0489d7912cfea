"""The confusion matrix as a picture: who is taken for whom."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from edgekit.rendering.figures.style import drawn, empty_figure, labels_of

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

MAX_NUMBERED_CLASSES = 30
"""With more classes the cells are colours only."""
MAX_NAMED_CLASSES = 120
"""With more classes the axes have numbers."""

MAX_UPRIGHT_LETTERS = 3
"""Longer names are turned under the columns."""

Whole = Literal["truth", "prediction"]
_WHOLES: dict[Whole, tuple[int, str, str]] = {
    "truth": (1, "images of each true class", "recall"),
    "prediction": (0, "predictions of each class", "precision"),
}
"""What is 100 % -> (axis that is added up, what it is in words, what the diagonal then shows)."""


@drawn
def confusion_matrix(
    confusion: "NDArray[np.int64] | Sequence[Sequence[int]]", class_names: Sequence[str], by: Whole = "truth"
) -> "Figure":
    """Images of each true class (rows) by predicted class (columns), in percent of the row, or of the column.

    Args:
        confusion: (C, C) counts, true class first.
        class_names: C names.
        by: "truth": each row is 100 %, and the diagonal is recall; "prediction": each column, and precision.
    """
    import numpy as np

    counts = np.asarray(confusion)
    axis, whole, diagonal = _WHOLES[by]
    shares = counts / np.maximum(1, counts.sum(axis=axis, keepdims=True))
    num_classes = len(class_names)
    side = max(5.5, min(14.0, 2.0 + 0.55 * num_classes))
    figure = empty_figure(side + 1, side)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label=f"% of the {whole}", shrink=0.8, format=lambda share, _: f"{100 * share:.0f}")
    axes.set_title(
        f"Confusion matrix, % of the {whole}\n(the diagonal is {diagonal}; {counts.sum():,} test images)", fontsize=11
    )
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    if num_classes <= MAX_NAMED_CLASSES:
        _name(axes, labels_of(class_names))
    if num_classes <= MAX_NUMBERED_CLASSES:
        _write_percent(axes, counts, shares)
    return figure


def _name(axes: "Axes", labels: Sequence[str]) -> None:
    is_roomy = len(labels) <= MAX_NUMBERED_CLASSES
    size = 10 if is_roomy else 6
    axes.set_xticks(range(len(labels)), labels, fontsize=size, **_turn(labels, is_roomy=is_roomy))
    axes.set_yticks(range(len(labels)), labels, fontsize=size)


def _turn(labels: Sequence[str], *, is_roomy: bool) -> dict[str, Any]:
    """How names are placed under the columns: short ones upright, others so that they do not run into each other."""
    if not is_roomy:
        return {"rotation": 90}
    if max(map(len, labels)) <= MAX_UPRIGHT_LETTERS:
        return {}
    return {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}


def _write_percent(axes: "Axes", counts: "NDArray[np.int64]", shares: "NDArray[np.float64]") -> None:
    """The percentage in each cell that is not empty; with many classes without decimals."""
    import numpy as np

    size, decimals = (9, 1) if len(counts) <= 12 else (6, 0)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            share = shares[row, column]
            text = f"{100 * share:.{decimals}f}"
            color = "white" if share > 0.5 else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=size, color=color)
