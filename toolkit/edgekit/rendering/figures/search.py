"""The trials of a search: size against drift."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgekit.rendering.figures.style import drawn, empty_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def size_against_flips(
    trials: Sequence[tuple[str, float, float]], *, frontier: Sequence[str], chosen: str | None, max_flips: float
) -> "Figure":
    """Every trial of a search as a point; those on the frontier are joined, and named.

    Args:
        trials: (name, kB, percent of flips).
        frontier: Names of those of which no other is as small with fewer flips, smallest first.
        chosen: Name of the one that was chosen.
        max_flips: The limit, in percent.
    """
    figure = empty_figure(9, 5)
    axes = figure.subplots()
    places = {name: (size, flips) for name, size, flips in trials}
    axes.scatter([size for _, size, _ in trials], [flips for _, _, flips in trials], color="tab:gray", s=28)
    axes.plot(*zip(*(places[name] for name in frontier), strict=True), marker="o", color="tab:blue", label="frontier")
    if chosen is not None:
        axes.scatter(*places[chosen], s=180, facecolors="none", edgecolors="tab:green", linewidths=2, label="chosen")
    axes.axhline(max_flips, color="tab:red", linestyle="--", linewidth=1, label=f"budget: {max_flips:g} % flips")
    for name in frontier:
        axes.annotate(name, places[name], xytext=(6, 5), textcoords="offset points", fontsize=8)
    axes.set_xlabel("size of the file, kB")
    axes.set_ylabel("predictions that differ from the float model's, %")
    axes.set_title("Size against drift, validation images", fontsize=11)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure
