"""How a training went: accuracy, loss and learning rate over the epochs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from edgekit.rendering.figures.style import drawn, empty_figure
from edgekit.runs.summary import best_row, epoch_in_words, gap_in_words, rate_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

History = Sequence[dict[str, float]]
"""Rows with the columns of history.csv."""

TRAINING, VALIDATION = "tab:blue", "tab:orange"


@drawn
def learning_curves(history: History, saved_epoch: int | None = None) -> "Figure":
    """Accuracy and loss, training and validation; the space between the two is the over-fitting gap.

    Args:
        history: At least one epoch.
        saved_epoch: Whose weights were saved, from 1; None: not known.
    """
    figure = empty_figure(9.6, 4.7)
    accuracy, loss = figure.subplots(1, 2)
    for axes, name, unit in ((accuracy, "accuracy", "share of images"), (loss, "loss", "mean over the images")):
        _pair(axes, history, name)
        axes.set_ylabel(unit)
    accuracy.set_title(gap_in_words(history), fontsize=10)
    loss.set_title(f"Loss (validation at the end: {history[-1]['val_loss']:.4f})", fontsize=10)
    best = best_row(history)
    if best is not None:
        is_saved = best["epoch"] == saved_epoch
        _epoch_line(accuracy, best, "best epoch, saved" if is_saved else "best epoch", ":")
        if saved_epoch is not None and not is_saved:
            _epoch_line(accuracy, history[saved_epoch - 1], "saved", "--")
    for axes in (accuracy, loss):  # below, where no line can run through it
        axes.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, frameon=False)
    return figure


@drawn
def learning_rate(history: History) -> "Figure":
    """The optimizer's rate at the end of each epoch; from zero on, or logarithmic if that hides its end."""
    figure = empty_figure(4.8, 3.6)
    axes = figure.subplots()
    axes.plot(_column(history, "epoch"), _column(history, "learning_rate"), marker=_marker(history), color="tab:green")
    limits = rate_limits(history)
    if limits is None:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
    else:
        axes.set_ylim(*limits)
    axes.set_title("Learning rate at the end of each epoch", fontsize=10)
    axes.set_ylabel("learning rate")
    _epochs_across(axes)
    return figure


def _epoch_line(axes: "Axes", row: dict[str, float], what: str, style: str) -> None:
    axes.axvline(row["epoch"], color="gray", linestyle=style, label=f"{what}: {epoch_in_words(row)}")


def _pair(axes: "Axes", history: History, name: str) -> None:
    epochs, training, validation = (_column(history, column) for column in ("epoch", name, f"val_{name}"))
    axes.plot(epochs, training, marker=_marker(history), color=TRAINING, label="training")
    axes.plot(epochs, validation, marker=_marker(history), color=VALIDATION, label="validation")
    axes.fill_between(epochs, training, validation, color=VALIDATION, alpha=0.15, linewidth=0, label="gap")
    _epochs_across(axes)


def _epochs_across(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("epoch")
    axes.grid(alpha=0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _column(history: Sequence[Mapping[str, float]], name: str) -> list[float]:
    return [row[name] for row in history]


def _marker(history: Sequence[object]) -> str | None:
    """Dots if there are few epochs: a line of one point would not be seen."""
    return "o" if len(history) <= 10 else None
