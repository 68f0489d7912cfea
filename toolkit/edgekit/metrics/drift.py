"""How a candidate's scores differ from the reference's, one pure function per metric.

Everywhere: `reference` and `candidate` are finite float scores (N, C), one row per image, in the same
order; `labels` are int64 (N,), 0 to C - 1; differences are candidate minus reference. Knows no file, no
runtime and no tolerance. `check_comparable` must have passed before the others are called.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.foundation.errors import VerificationError
from edgekit.foundation.files.schema import Count
from edgekit.foundation.grammar import counted
from edgekit.foundation.mapped_arrays import pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

Scores = np.ndarray[tuple[int, ...], np.dtype[np.floating[Any]]]
"""float (N, C): one row per image, one column per class."""

Classes = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
"""int64 (N,): one class per image, 0 to C - 1."""

KL_EPSILON = 1e-7
"""Probabilities below this count as this in `mean_kl_divergence`."""


@dataclass(frozen=True, kw_only=True)
class Flips:
    """Images whose top class differs between reference and candidate, by direction.

    Attributes:
        right_to_wrong: The reference was right, the candidate is wrong.
        wrong_to_right: The reference was wrong, the candidate is right.
        wrong_to_wrong: Both are wrong, in different ways.
    """

    right_to_wrong: Count
    wrong_to_right: Count
    wrong_to_wrong: Count

    @property
    def total(self) -> int:
        """All three directions together."""
        return self.right_to_wrong + self.wrong_to_right + self.wrong_to_wrong


@dataclass(frozen=True, kw_only=True, eq=False)
class PerClass:
    """Quality class by class; every array is (C,), in the order of the classes.

    Attributes:
        precision: TP / (TP + FP); 0 if the class was never predicted.
        recall: TP / (TP + FN); 0 if no image has the class.
        f1: 2 TP / (2 TP + FP + FN); 0 if the class neither occurs nor was predicted.
        support: int64, images of the class: TP + FN.
    """

    precision: "NDArray[np.float64]"
    recall: "NDArray[np.float64]"
    f1: "NDArray[np.float64]"
    support: "NDArray[np.int64]"


def check_comparable(reference: Scores, candidate: Scores, labels: Classes) -> None:
    """Raise VerificationError unless the three belong together and every score is a finite number."""
    if len(labels) == 0:
        raise VerificationError("There are no images to compare on. Expected at least one.")
    if candidate.ndim != 2:
        raise VerificationError(
            f"The candidate's scores have shape {candidate.shape}. Expected one row per image, one score for each of "
            f"{counted(reference.shape[1], 'class')}. This file belongs to another model."
        )
    if candidate.shape[1] != reference.shape[1]:
        raise VerificationError(
            f"The candidate gives {counted(candidate.shape[1], 'score')} per image. Expected {reference.shape[1]:,}, "
            f"one for each class. {other_scores(candidate.shape[1], reference.shape[1])}"
        )
    if not len(reference) == len(candidate) == len(labels):
        raise VerificationError(
            f"The counts differ: {counted(len(reference), 'row')} of reference scores, "
            f"{counted(len(candidate), 'row')} of candidate scores, "
            f"{counted(len(labels), 'label')}. Expected one of each for every image."
        )
    for owner, scores in (("reference", reference), ("candidate", candidate)):
        num_broken, first = _not_finite(scores)
        if num_broken:
            raise VerificationError(
                f"The {owner}'s scores hold NaN or infinity for {num_broken:,} of {counted(len(scores), 'image')}, "
                f"image {first} first. Expected finite numbers."
            )


def other_scores(num_given: int, num_classes: int) -> str:
    """The probable reason why a model gives this number of scores, which is not the number of classes."""
    if num_given == 1:
        return "A single sigmoid output is not enough: end the model with one score for each class."
    if num_given > num_classes:
        return (
            "It belongs to other data, or is another model. If it knows more classes, name the class of each score: "
            "--labels FILE, one name per line."
        )
    return "It belongs to other data, or is another model."


def are_finite(scores: Scores) -> bool:
    """Whether every score is a finite number."""
    return _not_finite(scores)[0] == 0


def _not_finite(scores: Scores) -> tuple[int, int]:
    """How many images have a score that is not a finite number, and the first of them."""
    count, first = 0, -1
    for piece in pieces(len(scores), scores):
        broken = np.flatnonzero(~np.isfinite(scores[piece]).all(axis=1))
        first = piece.start + int(broken[0]) if len(broken) and not count else first
        count += len(broken)
    return count, first


def top_classes(scores: Scores) -> Classes:
    """The class of the highest score of each image; the lowest index if several are equal, as argmax does."""
    return scores.argmax(axis=1).astype(np.int64)


def top_margins(scores: Scores) -> "NDArray[np.float64]":
    """Highest minus second highest score of each image: float64 (N,), 0 if they are tied."""
    highest = np.partition(scores, -2, axis=1)[:, -2:].astype(np.float64)
    return highest[:, 1] - highest[:, 0]


def tied_images(scores: Scores) -> "NDArray[np.bool_]":
    """Which images have two or more classes with exactly the highest score: bool (N,)."""
    return (scores == scores.max(axis=1, keepdims=True)).sum(axis=1) > 1


def flipped_images(reference: Scores, candidate: Scores) -> "NDArray[np.bool_]":
    """Which images have another top class in the candidate, ties broken by the lowest index: bool (N,)."""
    return top_classes(reference) != top_classes(candidate)


def flipped_by_tie(reference: Scores, candidate: Scores) -> "NDArray[np.bool_]":
    """Which of the flipped images differ only by how a tie is broken: bool (N,).

    There the candidate gives the reference's class exactly its highest score, and another class of a lower
    index too. That is not a statement that the other class is likelier.
    """
    of_reference = np.take_along_axis(candidate, top_classes(reference)[:, None], axis=1)[:, 0]
    return flipped_images(reference, candidate) & (of_reference == candidate.max(axis=1))


def agreement(reference: Scores, candidate: Scores) -> float:
    """Share of images with the same top class, ties broken by the lowest index: 1 - flipped / N."""
    return float(1.0 - flipped_images(reference, candidate).mean())


def accuracy(scores: Scores, labels: Classes) -> float:
    """Share of images whose top class is their label."""
    right = sum(int((top_classes(scores[piece]) == labels[piece]).sum()) for piece in pieces(len(scores), scores))
    return right / len(scores)


def flips(reference: Scores, candidate: Scores, labels: Classes, chosen: "NDArray[np.bool_]") -> Flips:
    """Count the images of `chosen` (bool (N,), all of them flipped) by direction."""
    reference_right = (top_classes(reference) == labels)[chosen]
    candidate_right = (top_classes(candidate) == labels)[chosen]
    return Flips(
        right_to_wrong=int((reference_right & ~candidate_right).sum()),
        wrong_to_right=int((~reference_right & candidate_right).sum()),
        wrong_to_wrong=int((~reference_right & ~candidate_right).sum()),
    )


def flips_beyond_margin(reference: Scores, candidate: Scores, margin: float) -> int:
    """Flipped images, without exact ties and without those whose two highest reference scores lie within `margin`."""
    return sum(
        int(is_flipped_beyond_margin(reference[piece], candidate[piece], margin).sum())
        for piece in pieces(len(reference), reference, candidate)
    )


def is_flipped_beyond_margin(reference: Scores, candidate: Scores, margin: float) -> "NDArray[np.bool_]":
    """Which images `flips_beyond_margin` counts: bool (N,)."""
    real = flipped_images(reference, candidate) & ~flipped_by_tie(reference, candidate)
    return real & (top_margins(reference) > margin)


def per_class(
    predictions: Classes, labels: Classes, num_classes: int, counts: "NDArray[np.int64] | None" = None
) -> PerClass:
    """Precision, recall and F1 of every class; see PerClass for the formulas.

    Args:
        predictions: Top classes.
        labels: True classes.
        num_classes: C.
        counts: int64 (N,), for how many images each entry stands; None: one each.
    """
    weights = np.ones(len(labels), np.int64) if counts is None else counts
    is_right = predictions == labels
    predicted, support, true_positive = (
        np.bincount(classes, chosen, num_classes).astype(np.int64)
        for classes, chosen in (
            (predictions, weights),
            (labels, weights),
            (labels[is_right], weights[is_right]),
        )
    )
    return PerClass(
        precision=_ratio(true_positive, predicted),
        recall=_ratio(true_positive, support),
        f1=_ratio(2 * true_positive, predicted + support),
        support=support.astype(np.int64),
    )


def max_abs_score_difference(reference: Scores, candidate: Scores) -> float:
    """Largest absolute difference of two scores of the same image and class: max |q - p|."""
    return float(np.abs(candidate.astype(np.float64) - reference).max())


def mean_abs_score_difference(reference: Scores, candidate: Scores) -> float:
    """Mean over all images and classes of the absolute difference of a score: mean |q - p|."""
    return float(np.abs(candidate.astype(np.float64) - reference).mean())


def mean_confidence_drift(reference: Scores, candidate: Scores) -> float:
    """Mean over images of |q - p|, the probabilities of the class that the reference puts first.

    Absolute, so that gains and losses of confidence do not cancel: 0 is best, 1 is worst.
    """
    top = top_classes(reference)[:, None]
    of_reference = np.take_along_axis(reference, top, axis=1).astype(np.float64)
    return float(np.abs(np.take_along_axis(candidate, top, axis=1) - of_reference).mean())


def mean_kl_divergence(reference: Scores, candidate: Scores) -> float:
    """Mean over images of KL(p || q) = sum over classes of p ln(p / q), in nats, p the reference's probabilities.

    Quantized probabilities are often exactly 0, where the divergence would be infinite: both sides are
    raised to at least KL_EPSILON and divided by their sum first. So it is finite and never negative.

    Source: S. Kullback and R. A. Leibler, "On information and sufficiency", 1951.
    """
    p, q = _distribution(reference), _distribution(candidate)
    return max(0.0, float((p * np.log(p / q)).sum(axis=1).mean()))


def are_probabilities(scores: Scores) -> bool:
    """Whether all scores lie in 0 to 1, give or take a quantization step; logits hardly ever do."""
    lowest, highest = range_of(scores)
    return lowest >= -0.01 and highest <= 1.01


def range_of(scores: Scores) -> tuple[float, float]:
    """The lowest and the highest of all scores."""
    ranges = [(float(part.min()), float(part.max())) for part in (scores[p] for p in pieces(len(scores), scores))]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def softmax(scores: Scores) -> Scores:
    """exp(s) / sum of exp(s) over the classes: logits (N, C) to probabilities (N, C), float64."""
    exponentials = np.exp(scores.astype(np.float64) - scores.max(axis=1, keepdims=True))
    probabilities: Scores = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def _distribution(scores: Scores) -> "NDArray[np.float64]":
    clipped = np.maximum(scores.astype(np.float64), KL_EPSILON)
    return clipped / clipped.sum(axis=1, keepdims=True)


def _ratio(numerator: "NDArray[np.int64]", denominator: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """Divide element by element, and give 0 if both are 0."""
    return numerator / np.maximum(denominator, 1)
