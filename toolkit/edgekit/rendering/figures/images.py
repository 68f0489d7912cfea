"""Figures made of images: what the network learns from, what augmentation makes of it, what it gets wrong."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgekit.datasets import Split
from edgekit.datasets.images.luma import with_channels
from edgekit.metrics.classification import ClassificationReport, Mistake
from edgekit.rendering.figures.style import canvas_figure, drawn, labels_of, width_of, write_title

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Images = NDArray[np.uint8]

MAX_SAMPLED_CLASSES = 100
SAMPLES_PER_CLASS = 10
MISTAKES_PER_ROW = 4
MAX_PIXELS = 128
"""Sides of images in a figure stay below twice as many."""
SAMPLES_WIDTH = 5.4
"""Inches of a row of images: few enough to be read on a phone."""


@drawn
def sample_images(split: Split, class_names: Sequence[str]) -> "Figure":
    """The first images of each class of a split, one row per class."""
    import numpy as np

    labels = labels_of(class_names[:MAX_SAMPLED_CLASSES])
    places = [np.flatnonzero(split.labels == number)[:SAMPLES_PER_CLASS] for number in range(len(labels))]
    rows = [_small(split.images, chosen) for chosen in places]
    more = f", the first {len(labels)} of {len(class_names)} classes" if len(class_names) > len(labels) else ""
    return _rows_figure(rows, labels, f"The first training images of each class ({len(split):,} in all{more})")


@drawn
def augmented_images(originals: Split, augmented: "Images", class_names: Sequence[str]) -> "Figure":
    """Training images, each beside what augmentation makes of it.

    Args:
        originals: N images.
        augmented: uint8 (N, K, H, W, C): K versions of each.
        class_names: C names.
    """
    import numpy as np

    names = labels_of(class_names)
    first = _small(originals.images, range(len(originals)))
    height, width = first.shape[1:3]
    gap = np.full((1, height, max(2, width // 4), 3), 255, np.uint8)
    rows = []
    for original, versions in zip(first, augmented, strict=True):
        shown = _small(versions, range(len(versions)))
        rows.append([original, gap[0], *shown])
    labels = [names[label] for label in originals.labels]
    num_shown = len(set(originals.labels.tolist()))
    more = f"\n{num_shown} of {len(class_names)} classes" if num_shown < len(class_names) else ""
    return _rows_figure(rows, labels, f"Training images (left) and what augmentation makes of them{more}")


@drawn
def misclassified(
    images: "Images", mistakes: Sequence[Mistake], class_names: Sequence[str], report: ClassificationReport
) -> "Figure":
    """The first misclassified images of the test split, uint8 (N, H, W, C), with what the network says."""
    import numpy as np

    names = labels_of(class_names)
    shown = _small(images, [mistake.index for mistake in mistakes])
    height, width = shown.shape[1:3]
    step_down, step_right = height + round(width * 0.4), round(width * 1.1)  # the rest is for the text and a gap
    num_rows = max(1, -(-len(mistakes) // MISTAKES_PER_ROW))
    canvas = np.full((num_rows * step_down, MISTAKES_PER_ROW * step_right, 3), 255, dtype=np.uint8)
    figure_width = 1.9 * MISTAKES_PER_ROW
    figure, axes = canvas_figure(figure_width, figure_width * canvas.shape[0] / canvas.shape[1])
    for number, mistake in enumerate(mistakes):
        row, column = divmod(number, MISTAKES_PER_ROW)
        top, left = (row + 1) * step_down - height, column * step_right
        canvas[top : top + height, left : left + width] = shown[number]
        said = f"true: {names[mistake.true]}\npred.: {names[mistake.predicted]}"
        text = f"no. {mistake.index} ({mistake.probability:.2f})\n{said}"
        axes.text(left + width / 2, top - height * 0.04, text, ha="center", va="bottom", fontsize=9)
    axes.imshow(canvas, interpolation="nearest")
    write_title(figure, _mistakes_title(mistakes, report))
    return figure


def _mistakes_title(mistakes: Sequence[Mistake], report: ClassificationReport) -> str:
    num_wrong = round((1 - report.accuracy) * report.num_images)
    first = "The first " if num_wrong > len(mistakes) else ""
    meaning = "\nnumber in the test split (probability of the predicted class)" if mistakes else ""
    return f"{first}{len(mistakes)} of {num_wrong:,} misclassified test images (of {report.num_images:,}){meaning}"


def _rows_figure(rows: "Sequence[Sequence[Images] | Images]", labels: Sequence[str], title: str) -> "Figure":
    """Images of one height in rows, each row with a label to its left."""
    import numpy as np

    height = next(image.shape[0] for row in rows for image in row)
    gap = max(1, height // 16)
    lines = [_line(row, height, gap) for row in rows]
    canvas = np.full(((height + gap) * len(lines), max(line.shape[1] for line in lines), 3), 255, np.uint8)
    for number, line in enumerate(lines):
        top = number * (height + gap)
        canvas[top : top + height, : line.shape[1]] = line
    left = 0.3 + width_of(labels)
    figure, axes = canvas_figure(SAMPLES_WIDTH, SAMPLES_WIDTH * canvas.shape[0] / canvas.shape[1], left)
    axes.imshow(canvas, interpolation="nearest")
    for number, label in enumerate(labels):
        middle = number * (height + gap) + height / 2
        axes.text(-0.015 * canvas.shape[1], middle, label, ha="right", va="center", fontsize=9)
    write_title(figure, title)
    return figure


def _line(images: "Sequence[Images] | Images", height: int, gap: int) -> "Images":
    """Images side by side, with white between them: (height, width, 3)."""
    import numpy as np

    white = np.full((height, gap, 3), 255, np.uint8)
    return np.concatenate([piece for image in images for piece in (image, white)] or [white], axis=1)


def _small(images: "Images", indices: "Sequence[int] | NDArray[np.int64]") -> "Images":
    """Some of the images, with every n-th pixel only if they are large, as RGB: (len(indices), h, w, 3)."""
    import numpy as np

    step = max(1, max(images.shape[1:3]) // MAX_PIXELS)
    return with_channels(images[np.asarray(indices, dtype=np.int64)][:, ::step, ::step], 3)
