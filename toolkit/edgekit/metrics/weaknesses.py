"""What is wrong with a model by itself: hardly better than guessing, blind to a class. Compares it with nothing."""

from collections.abc import Iterator, Sequence
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
    return tuple(_sentences(scores, labels, class_names))


def _sentences(scores: "NDArray[np.float32]", labels: "NDArray[np.int64]", class_names: Sequence[str]) -> Iterator[str]:
    import numpy as np

    num_classes = len(class_names)
    predicted, right = np.zeros(num_classes, np.int64), 0
    for piece in pieces(len(labels), scores):
        top = top_classes(scores[piece])
        predicted += np.bincount(top, minlength=num_classes)
        right += int((top == labels[piece]).sum())
    accuracy, support = right / len(labels), np.bincount(labels, minlength=num_classes)
    if not is_better_than_guessing(accuracy, len(labels), num_classes):
        yield (
            f"The model is hardly better than guessing: it is right on {accuracy:.1%} of "
            f"{counted(len(labels), 'test image')}, and guessing among {num_classes:,} classes is right on "
            f"{1 / num_classes:.1%}."
        )
    never: list[int] = np.flatnonzero((predicted == 0) & (support > 0)).tolist()
    if never:
        named = [f"'{class_names[place]}'" for place in never[:MAX_NAMED]]
        more = [counted(len(never) - MAX_NAMED, "more class")] if len(never) > MAX_NAMED else []
        images = counted(int(support[never].sum()), "test image")
        yield f"The model never predicts {listed([*named, *more])}, which {images} show."
