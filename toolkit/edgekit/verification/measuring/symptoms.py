"""Features of the scores that may tell why a candidate differs from its reference. `likely_causes` words them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.metrics.significance import mcnemar_p
from edgekit.verification.measuring.prediction_counts import PredictionCounts

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE = 0.5
"""The reference is sure of an image if its two highest probabilities lie more than this apart."""


@dataclass(frozen=True, kw_only=True)
class Renaming:
    """What the candidate most often predicts where the reference predicts one class.

    Attributes:
        reference_class: 0 to C - 1.
        candidate_class: 0 to C - 1; the same if the class keeps its name.
        num_images: Images where both say so.
        num_of_reference_class: Images where the reference says `reference_class`.
    """

    reference_class: int
    candidate_class: int
    num_images: int
    num_of_reference_class: int


@dataclass(frozen=True, kw_only=True)
class Symptoms:
    """What is seen in the predictions and scores of all images.

    Attributes:
        num_images: n.
        is_constant: Whether there are several images, and every one has the same scores.
        num_flipped: Images with another top class.
        num_sure_flips: Those of them where the reference was sure.
        chance_agreement: Share of the images on which two models of these predictions agree by chance: the sum over
            the classes of the product of both shares.
        renamings: One for each class that the reference predicts.
        num_lost: Images that the reference had right and the candidate has wrong.
        num_gained: The other way round.
        mcnemar_p: Exact McNemar test of the two.
    """

    num_images: int
    is_constant: bool
    num_flipped: int
    num_sure_flips: int
    chance_agreement: float
    renamings: tuple[Renaming, ...]
    num_lost: int
    num_gained: int
    mcnemar_p: float

    @classmethod
    def of(cls, counts: PredictionCounts, *, num_sure_flips: int, is_constant: bool) -> "Symptoms":
        """Read them out of the predictions of all images."""
        was_right, is_right = counts.before == counts.labels, counts.after == counts.labels
        lost, gained = counts.num_where(was_right & ~is_right), counts.num_where(~was_right & is_right)
        return cls(
            num_images=counts.num_images,
            is_constant=is_constant,
            num_flipped=counts.num_where(counts.before != counts.after),
            num_sure_flips=num_sure_flips,
            chance_agreement=_chance_agreement(counts),
            renamings=_renamings(counts),
            num_lost=lost,
            num_gained=gained,
            mcnemar_p=mcnemar_p(lost, gained),
        )

    @property
    def agreement(self) -> float:
        """Share of images with the same top class."""
        return 1 - self.num_flipped / self.num_images


def _chance_agreement(counts: PredictionCounts) -> float:
    import numpy as np

    num_classes = int(max(counts.before.max(), counts.after.max())) + 1
    before, after = (
        np.bincount(classes, counts.counts, num_classes) / counts.num_images
        for classes in (counts.before, counts.after)
    )
    return float(before @ after)


def _renamings(counts: PredictionCounts) -> tuple[Renaming, ...]:
    import numpy as np

    pairs, place = np.unique(np.stack([counts.before, counts.after]), axis=1, return_inverse=True)
    num_images = np.bincount(place.ravel(), counts.counts).astype(np.int64)
    order = np.lexsort((-num_images, pairs[0]))
    starts = np.flatnonzero(np.r_[True, np.diff(pairs[0][order]) > 0])
    totals: NDArray[np.int64] = np.add.reduceat(num_images[order], starts)
    return tuple(
        Renaming(
            reference_class=int(pairs[0, at]),
            candidate_class=int(pairs[1, at]),
            num_images=int(num_images[at]),
            num_of_reference_class=int(total),
        )
        for at, total in zip(order[starts], totals, strict=True)
    )
