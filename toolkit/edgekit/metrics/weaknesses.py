"""What is wrong with a model by itself: hardly better than guessing, blind to a class. Compares it with nothing."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from edgekit.foundation.grammar import counted, listed
from edgekit.foundation.mapped_arrays import pieces
from edgekit.metrics.drift import top_classes
from edgekit.metrics.significance import is_better_than_guessing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_NAMED = 5
"""Classes that a sentence names."""


def weaknesses(
    scores: "NDArray[np.float32]", labels: "NDArray[np.int64]", class_names: Sequence[str]
) -> tuple[str, ...]:
    """Whole sentences on a model whose accuracy or classes are not what a user may take for granted; mostly none.

    Args:
        scores: float (N, C), N at least 1; may be a memory map.
        labels: int64 (N,), the true classes.
        class_names: C names.
    """
    import numpy as np

    from edgekit.metrics.classification import confusion_cells

    predictions = np.concatenate([top_classes(scores[piece]) for piece in pieces(len(labels), scores)])
    return weaknesses_of(confusion_cells(labels, predictions), class_names)


def weaknesses_of(cells: Iterable[tuple[int, int, int]], class_names: Sequence[str]) -> tuple[str, ...]:
    """As `weaknesses`, of answers that are counted already.

    Args:
        cells: (true class, predicted class, images): see `ClassificationReport.confusion_cells`. Pairs of no image may
            be among them.
        class_names: C names.
    """
    return tuple(_sentences(cells, class_names))


def _sentences(cells: Iterable[tuple[int, int, int]], class_names: Sequence[str]) -> Iterator[str]:
    num_classes, num_right = len(class_names), 0
    predicted, support = [0] * num_classes, [0] * num_classes
    for true, given, images in cells:
        support[true] += images
        predicted[given] += images
        num_right += images if true == given else 0
    num_images = sum(support)
    if not num_images:
        return
    accuracy = num_right / num_images
    if not is_better_than_guessing(accuracy, num_images, num_classes):
        yield (
            f"The model is hardly better than guessing: it is right on {accuracy:.1%} of "
            f"{counted(num_images, 'test image')}, and guessing among {num_classes:,} classes is right on "
            f"{1 / num_classes:.1%}."
        )
    never = [place for place in range(num_classes) if support[place] and not predicted[place]]
    if never:
        named = [f"'{class_names[place]}'" for place in never[:MAX_NAMED]]
        more = [counted(len(never) - MAX_NAMED, "more class")] if len(never) > MAX_NAMED else []
        shown = counted(sum(support[place] for place in never), "test image")
        yield f"The model never predicts {listed([*named, *more])}, which {shown} show."
