"""What is wrong with a model by itself: hardly better than guessing, blind to a class. Compares it with nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Answers:
    """How often a model gave each class.

    Attributes:
        num_right: How often it was right.
        predicted: For each of C classes, how often it was predicted.
        support: For each of C classes, how many images show it; at least one image in all.
    """

    num_right: int
    predicted: Sequence[int]
    support: Sequence[int]


def weaknesses(
    scores: "NDArray[np.float32]", labels: "NDArray[np.int64]", class_names: Sequence[str]
) -> tuple[str, ...]:
    """Whole sentences on a model whose accuracy or classes are not what a user may take for granted; mostly none.

    Args:
        scores: float (N, C), N at least 1; may be a memory map.
        labels: int64 (N,), the true classes.
        class_names: C names.
    """
    return weaknesses_of(_answers(scores, labels, len(class_names)), class_names)


def weaknesses_of(answers: Answers, class_names: Sequence[str]) -> tuple[str, ...]:
    """As `weaknesses`, of answers that are counted already, for the C classes of `class_names`."""
    return tuple(_sentences(answers, class_names))


def _answers(scores: "NDArray[np.float32]", labels: "NDArray[np.int64]", num_classes: int) -> Answers:
    import numpy as np

    predicted, right = np.zeros(num_classes, np.int64), 0
    for piece in pieces(len(labels), scores):
        top = top_classes(scores[piece])
        predicted += np.bincount(top, minlength=num_classes)
        right += int((top == labels[piece]).sum())
    support = np.bincount(labels, minlength=num_classes)
    return Answers(num_right=right, predicted=predicted.tolist(), support=support.tolist())


def _sentences(answers: Answers, class_names: Sequence[str]) -> Iterator[str]:
    num_classes, num_images = len(class_names), sum(answers.support)
    accuracy = answers.num_right / num_images
    if not is_better_than_guessing(accuracy, num_images, num_classes):
        yield (
            f"The model is hardly better than guessing: it is right on {accuracy:.1%} of "
            f"{counted(num_images, 'test image')}, and guessing among {num_classes:,} classes is right on "
            f"{1 / num_classes:.1%}."
        )
    rows = zip(class_names, answers.predicted, answers.support, strict=True)
    never = [(name, support) for name, predicted, support in rows if support and not predicted]
    if never:
        named = [f"'{name}'" for name, _ in never[:MAX_NAMED]]
        more = [counted(len(never) - MAX_NAMED, "more class")] if len(never) > MAX_NAMED else []
        images = counted(sum(support for _, support in never), "test image")
        yield f"The model never predicts {listed([*named, *more])}, which {images} show."
