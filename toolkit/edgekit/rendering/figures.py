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
MISTAKES_PER_ROW = 5
TITLE_INCHES = 0.5
MAX_PIXELS = 128
"""Sides of images in a figure stay below twice as many."""


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
    import numpy as np

    images = _small(images, [mistake.index for mistake in mistakes])
    height, width = images.shape[1:3]
    step_down, step_right = round(height * 1.4), round(width * 1.1)  # the rest is for the text and a gap
    num_rows = max(1, -(-len(mistakes) // MISTAKES_PER_ROW))
    canvas = np.full((num_rows * step_down, MISTAKES_PER_ROW * step_right, 3), 255, dtype=np.uint8)
    figure, axes = _canvas_figure(2.1 * MISTAKES_PER_ROW, 2.1 * MISTAKES_PER_ROW * canvas.shape[0] / canvas.shape[1])
    for number, mistake in enumerate(mistakes):
        row, column = divmod(number, MISTAKES_PER_ROW)
        top, left = (row + 1) * step_down - height, column * step_right
        canvas[top : top + height, left : left + width] = images[number]
        text = (
            f"no. {mistake.index}\ntrue: {_short(class_names[mistake.true])}\n"
            f"predicted: {_short(class_names[mistake.predicted])} ({mistake.probability:.2f})"
        )
        axes.text(left + width / 2, top - height * 0.04, text, ha="center", va="bottom", fontsize=8)
    axes.imshow(canvas, interpolation="nearest")
    num_wrong = round((1 - report.accuracy) * report.num_images)
    first = "The first " if num_wrong > len(mistakes) else ""
    axes.set_title(
        f"{first}{len(mistakes)} of {num_wrong:,} misclassified images (of {report.num_images:,} test images)",
        fontsize=11,
    )
    return figure


def sample_images(split: Split, class_names: Sequence[str]) -> "Figure":
    """The first images of each class of a split, one row a class."""
    import numpy as np

    shown = class_names[:MAX_SAMPLED_CLASSES]
    height, width = _small(split.images, [0]).shape[1:3]
    step_down, step_right = height + max(1, height // 16), width + max(1, width // 16)
    canvas = np.full((len(shown) * step_down, SAMPLES_PER_CLASS * step_right, 3), 255, dtype=np.uint8)
    for number in range(len(shown)):
        chosen = np.flatnonzero(split.labels == number)[:SAMPLES_PER_CLASS]
        for column, image in enumerate(_small(split.images, chosen)):
            top, left = number * step_down, column * step_right
            canvas[top : top + height, left : left + width] = image
    left = 0.4 + 0.08 * max(len(_short(name)) for name in shown)  # inches for the names
    figure, axes = _canvas_figure(6.6 + left, 6.5 * canvas.shape[0] / canvas.shape[1], left)
    axes.imshow(canvas, interpolation="nearest")
    for number, name in enumerate(shown):
        axes.text(-0.15 * width, number * step_down + height / 2, _short(name), ha="right", va="center", fontsize=9)
    more = f", the first {len(shown)} of {len(class_names)} classes" if len(class_names) > len(shown) else ""
    axes.set_title(f"Training images ({len(split):,} in all{more})", fontsize=11)
    return figure


def _small(images: "NDArray[np.uint8]", indices: "Sequence[int] | NDArray[np.int64]") -> "NDArray[np.uint8]":
    """Some of the images, with every n-th pixel only where they are large: (len(indices), h, w, 3)."""
    import numpy as np

    step = max(1, max(images.shape[1:3]) // MAX_PIXELS)
    return images[np.asarray(indices, dtype=np.int64)][:, ::step, ::step]


def _canvas_figure(width: float, height: float, left: float = 0.1) -> "tuple[Figure, Axes]":
    """A figure with one picture of that height in inches and a title; `left` inches stay free for names."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height + TITLE_INCHES))
    total = height + TITLE_INCHES
    axes = figure.add_axes((left / width, 0.05 / total, 1 - (left + 0.1) / width, height / total))
    axes.axis("off")
    return figure, axes


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
