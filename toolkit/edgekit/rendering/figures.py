"""The pictures of a run, drawn with matplotlib: each function gives a figure, and the caller saves it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edgekit.datasets import Split
from edgekit.metrics.classification import ClassificationReport, Mistake

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

MAX_NUMBERED_CLASSES = 30
"""With more classes a confusion matrix shows colours only."""
MAX_SAMPLED_CLASSES = 20
SAMPLES_PER_CLASS = 10


def learning_curves(history: Sequence[Mapping[str, float]]) -> "Figure":
    """Loss, accuracy and learning rate over the epochs; `history` has the columns of history.csv."""
    figure = _figure(12, 3.8)
    loss, accuracy, rate = figure.subplots(1, 3)
    epochs = [row["epoch"] for row in history]
    for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
        axes.plot(epochs, [row[name] for row in history], marker=_marker(history), label="training")
        axes.plot(epochs, [row[f"val_{name}"] for row in history], marker=_marker(history), label="validation")
        axes.legend()
        last = history[-1][f"val_{name}"]
        axes.set_title(f"{name.capitalize()} (validation at the end: {last:.4f})", fontsize=10)
        axes.set_ylabel("mean over the images" if name == "loss" else "share of images")
    rate.plot(epochs, [row["learning_rate"] for row in history], marker=_marker(history), color="tab:green")
    rate.set_title("Learning rate at the end of the epoch", fontsize=10)
    for axes in (loss, accuracy, rate):
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


def confusion_matrix(confusion: Sequence[Sequence[int]], class_names: Sequence[str]) -> "Figure":
    """Images of each true class (rows) by predicted class (columns); the colour is the share of the row."""
    import numpy as np

    counts = np.asarray(confusion)
    num_classes = len(class_names)
    side = max(4.5, min(14.0, 2.0 + 0.55 * num_classes))
    figure = _figure(side + 1, side)
    axes = figure.subplots()
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the images of the true class", shrink=0.8)
    axes.set_title(f"Confusion matrix, {counts.sum():,} test images", fontsize=11)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    if num_classes <= MAX_NUMBERED_CLASSES:
        axes.set_xticks(range(num_classes), class_names, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(num_classes), class_names)
        _write_counts(axes, counts, shares)
    return figure


def misclassified(
    images: "NDArray[np.uint8]",
    mistakes: Sequence[Mistake],
    class_names: Sequence[str],
    report: ClassificationReport,
) -> "Figure":
    """The first misclassified images of the test split, uint8 (N, H, W, 3), with what the network says."""
    num_columns = 5
    num_rows = max(1, -(-len(mistakes) // num_columns))
    figure = _figure(2.1 * num_columns, 2.5 * num_rows + 0.7)
    num_wrong = round((1 - report.accuracy) * report.num_images)
    figure.suptitle(
        f"{'The first ' if num_wrong > len(mistakes) else ''}{len(mistakes)} of {num_wrong:,} misclassified images "
        f"(of {report.num_images:,} test images)",
        fontsize=11,
    )
    grid = figure.subplots(num_rows, num_columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, mistake in zip(grid, mistakes, strict=False):  # the last row may have empty places
        axes.imshow(images[mistake.index], interpolation="nearest")
        axes.set_title(
            f"no. {mistake.index}\ntrue: {_short(class_names[mistake.true])}\n"
            f"predicted: {_short(class_names[mistake.predicted])} ({mistake.probability:.2f})",
            fontsize=8,
        )
    return figure


def sample_images(split: Split, class_names: Sequence[str]) -> "Figure":
    """The first images of each class of a split, one row a class."""
    import numpy as np

    shown = class_names[:MAX_SAMPLED_CLASSES]
    height, width = split.images.shape[1:3]
    gap = max(1, height // 16)
    canvas = np.full(
        (len(shown) * (height + gap) - gap, SAMPLES_PER_CLASS * (width + gap) - gap, 3), 255, dtype=np.uint8
    )
    for number in range(len(shown)):
        for column, index in enumerate(np.flatnonzero(split.labels == number)[:SAMPLES_PER_CLASS]):
            top, left = number * (height + gap), column * (width + gap)
            canvas[top : top + height, left : left + width] = split.images[index]
    figure = _figure(0.62 * SAMPLES_PER_CLASS + 2, 0.62 * len(shown) * height / width + 0.9)
    axes = figure.subplots()
    axes.imshow(canvas, interpolation="nearest")
    more = f", the first {len(shown)} of {len(class_names)} classes" if len(class_names) > len(shown) else ""
    axes.set_title(f"Training images ({len(split):,} in all{more})", fontsize=11)
    axes.set_xticks([])
    axes.set_yticks([number * (height + gap) + height / 2 for number in range(len(shown))], map(_short, shown))
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def _figure(width: float, height: float) -> "Figure":
    """An empty figure of that size in inches; no window and no global state."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _write_counts(axes: "Axes", counts: "NDArray[np.int64]", shares: "NDArray[np.float64]") -> None:
    size = 9 if len(counts) <= 12 else 6
    for (row, column), count in _cells(counts):
        color = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, f"{count}", ha="center", va="center", fontsize=size, color=color)


def _cells(counts: "NDArray[np.int64]") -> Any:
    import numpy as np

    return ((place, count) for place, count in np.ndenumerate(counts) if count)


def _marker(history: Sequence[object]) -> str | None:
    """Dots where there are few epochs: a line of one point would not be seen."""
    return "o" if len(history) <= 10 else None


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"
