"""Which test images become golden vectors: those that best reveal an app that feeds the model wrong input.

Images whose top class changes in an exported file, the hardest and the easiest ones for the float model, and at least
one per class. Knows labels and scores, never an image.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUM_IMAGES = 32
"""Images in a bundle of up to as many classes."""

MAX_IMAGES = 100
"""Images in a bundle at most; of too many classes, some have one, evenly spread over the list of classes."""

NUM_FLIPPED, NUM_HARDEST = 8, 8
"""Of the first kinds at most; what is left goes to the classes, then to the easiest images."""


class Reason(StrEnum):
    """Why an image was chosen.

    Attributes:
        FLIPPED: An exported file gives it another top class than the float model.
        HARDEST: The float model gives its true class the lowest probability.
        CLASS: The easiest image of a class that had none yet.
        EASIEST: The float model gives its true class the highest probability.
        SYNTHETIC: It is made by a formula.
    """

    FLIPPED = "flipped"
    HARDEST = "hardest"
    CLASS = "class"
    EASIEST = "easiest"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """One image of the test split.

    Attributes:
        index: Its place in the split, from 0.
        reason: Why it was chosen.
    """

    index: int
    reason: Reason


def choose(
    labels: "NDArray[np.int64]", scores: "NDArray[np.float32] | None", flipped: Sequence[int]
) -> tuple[Chosen, ...]:
    """The golden images, the same for the same arguments.

    Up to 32 classes there are 32 images, and one of each class comes before the hardest ones. Beyond, there are as many
    as classes and the first kinds need together, at most `MAX_IMAGES`.

    Args:
        labels: int64 (N,), the true classes.
        scores: float32 (N, C), the float model's probabilities; None if unknown: then the first images
            of each class count as the easiest.
        flipped: Indices of images that an exported file classifies otherwise, once per file: an image that is named
            more often comes first.
    """
    import numpy as np

    num_classes = len(np.unique(labels))
    num_extra = NUM_FLIPPED + NUM_HARDEST if num_classes > NUM_IMAGES else 0
    count = min(len(labels), max(NUM_IMAGES, min(num_classes + num_extra, MAX_IMAGES)))
    certainty = np.zeros(len(labels)) if scores is None else _of_true_class(scores, labels)
    easiest = _class_by_class(np.argsort(-certainty, kind="stable"), labels)
    often = sorted(
        Counter(each for each in flipped if 0 <= each < len(labels)).items(), key=lambda each: (-each[1], each)
    )
    hardest = [] if scores is None else np.argsort(certainty, kind="stable").tolist()
    num_special = max(num_extra, count - num_classes) if num_classes > count // 2 else count
    chosen: dict[int, Reason] = {}

    def take(places: Iterable[int], reason: Reason, limit: int) -> None:
        for place in islice((each for each in places if each not in chosen), limit):
            chosen[int(place)] = reason

    take((place for place, _ in often), Reason.FLIPPED, min(NUM_FLIPPED, num_special))
    take(hardest, Reason.HARDEST, min(NUM_HARDEST, max(0, num_special - len(chosen))))
    covered = set(labels[list(chosen)].tolist())
    take(_one_per_class(easiest, labels, covered, count - len(chosen)), Reason.CLASS, count - len(chosen))
    take(easiest.tolist(), Reason.EASIEST, count - len(chosen))
    return tuple(Chosen(index=index, reason=reason) for index, reason in chosen.items())


def _of_true_class(scores: "NDArray[np.float32]", labels: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """The probability that each image's true class has, float64 (N,); 0 for a class without a column."""
    import numpy as np

    known = labels < scores.shape[1]
    found = scores[np.arange(len(labels)), np.where(known, labels, 0)].astype("f8")
    return np.where(known & np.isfinite(found), found, 0.0)


def _class_by_class(order: "NDArray[np.int64]", labels: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """`order` with the first image of every class before the second of any."""
    import numpy as np

    by_class = np.argsort(labels[order], kind="stable")
    classes, starts = np.unique(labels[order][by_class], return_index=True)
    rank = np.empty(len(order), np.int64)
    rank[by_class] = np.arange(len(order)) - starts[np.searchsorted(classes, labels[order][by_class])]
    return order[np.argsort(rank, kind="stable")]


def _one_per_class(
    order: "NDArray[np.int64]", labels: "NDArray[np.int64]", covered: set[int], count: int
) -> Iterator[int]:
    """The first image in `order` of each class that is not covered, by class; of `count` classes, spread evenly."""
    import numpy as np

    classes, first = np.unique(labels[order], return_index=True)
    places = [int(order[at]) for label, at in zip(classes.tolist(), first, strict=True) if label not in covered]
    chosen = min(count, len(places))
    return (places[number * len(places) // chosen] for number in range(chosen))
