"""From two sets of scores to a Measurement. Knows no tolerance, no file and no runtime.

Scores are worked on a piece at a time, and of each piece only counts and sums are kept, so that a million images
take no more memory than the scores themselves, and none where these are mapped files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgekit.foundation.errors import VerificationError
from edgekit.foundation.mapped_arrays import pieces
from edgekit.metrics import drift
from edgekit.metrics.calibration import Reliability, reliability
from edgekit.metrics.drift import Flips
from edgekit.metrics.significance import accuracy_delta_interval, holm_adjusted, mcnemar_p
from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.measuring.confusion import class_flips, confusion_cells
from edgekit.verification.measuring.measurement import ClassResult, FlippedImage, Measurement, ReliabilityBin
from edgekit.verification.measuring.prediction_counts import PredictionCounts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


NEAR_TIE = 0.05
"""The reference is unsure of an image where its two highest probabilities lie less than this apart."""

MAX_FLIPPED_IMAGES = 100
"""Flipped images that a report names."""


def measure(
    reference: "NDArray[np.float32]",
    candidate: "NDArray[np.float32]",
    labels: "NDArray[np.int64]",
    class_names: tuple[str, ...],
    indices: "NDArray[np.int64] | None" = None,
) -> Measurement:
    """Everything that is measured of one candidate.

    Args:
        reference: float32 (N, C), the reference's scores.
        candidate: float32 (N, C), the candidate's scores of the same images.
        labels: int64 (N,), the true classes.
        class_names: C names.
        indices: int64 (N,), where the images stand in the split; None: they are the whole split.

    Raises:
        VerificationError: They cannot be compared: other counts or classes, NaN, no images, logits for
            probabilities.
    """
    drift.check_comparable(reference, candidate, labels)
    convert = _conversion(reference, candidate)
    parts: list[_Part] = []
    num_named = 0
    for piece in pieces(len(labels), reference, candidate):
        part = _part(reference[piece], candidate[piece], labels[piece], convert, MAX_FLIPPED_IMAGES - num_named)
        parts.append(part.moved(piece.start, indices))
        num_named += len(part.flipped_images)
    return _measurement(parts, class_names)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """What is kept of some images; sums of several are those of all their images."""

    outcomes: PredictionCounts
    flips: Flips
    tie_flips: Flips
    near_tie_flips: Flips
    ties: int
    max_abs_score_difference: float
    means: "NDArray[np.float64]"
    reliability: Reliability
    reference_reliability: Reliability
    flipped_images: tuple[FlippedImage, ...]

    def moved(self, start: int, indices: "NDArray[np.int64] | None") -> "_Part":
        """With images named by their place in the split, where these are those from `start` on."""
        places = [start + one.index for one in self.flipped_images]
        named = places if indices is None else [int(indices[place]) for place in places]
        images = tuple(replace(one, index=index) for one, index in zip(self.flipped_images, named, strict=True))
        return replace(self, flipped_images=images)


def _part(
    reference: drift.Scores,
    candidate: drift.Scores,
    labels: drift.Classes,
    convert: Callable[[drift.Scores], drift.Scores],
    max_flipped_images: int,
) -> _Part:
    import numpy as np

    reference, candidate = np.array(reference), np.array(candidate)
    reference_p, candidate_p = convert(reference), convert(candidate)
    flipped, by_tie = drift.flipped_images(reference, candidate), drift.flipped_by_tie(reference, candidate)
    is_unsure = drift.top_margins(reference_p) < NEAR_TIE
    return _Part(
        outcomes=PredictionCounts.of(labels, drift.top_classes(reference), drift.top_classes(candidate)),
        flips=drift.flips(reference, candidate, labels, flipped & ~by_tie),
        tie_flips=drift.flips(reference, candidate, labels, by_tie),
        near_tie_flips=drift.flips(reference, candidate, labels, flipped & ~by_tie & is_unsure),
        ties=int(drift.tied_images(candidate).sum()),
        max_abs_score_difference=drift.max_abs_score_difference(reference, candidate),
        means=np.array(
            [
                drift.mean_abs_score_difference(reference, candidate),
                drift.mean_confidence_drift(reference_p, candidate_p),
                drift.mean_kl_divergence(reference_p, candidate_p),
            ]
        ),
        reliability=reliability(candidate_p, labels),
        reference_reliability=reliability(reference_p, labels),
        flipped_images=_first_flipped(reference_p, candidate_p, labels, by_tie, max_flipped_images),
    )


def _measurement(parts: Sequence[_Part], class_names: tuple[str, ...]) -> Measurement:
    """The parts put together."""
    import numpy as np

    all_of = PredictionCounts.together([part.outcomes for part in parts])
    n, num_classes = all_of.num_images, len(class_names)
    was_right, is_right = all_of.before == all_of.labels, all_of.after == all_of.labels
    lost, gained = all_of.num_where(was_right & ~is_right), all_of.num_where(~was_right & is_right)
    accuracy, reference_accuracy = all_of.num_where(is_right) / n, all_of.num_where(was_right) / n
    score_difference, confidence_drift, divergence = np.average(
        [part.means for part in parts], axis=0, weights=[part.outcomes.num_images for part in parts]
    )
    after = Reliability.together([part.reliability for part in parts])
    before = Reliability.together([part.reference_reliability for part in parts])
    per_class = class_results(all_of, class_names)
    return Measurement(
        num_images=n,
        accuracy=accuracy,
        reference_accuracy=reference_accuracy,
        accuracy_delta=accuracy - reference_accuracy,
        accuracy_delta_interval=accuracy_delta_interval(lost, gained, n),
        agreement=1.0 - all_of.num_where(all_of.before != all_of.after) / n,
        flips=_sum([part.flips for part in parts]),
        tie_flips=_sum([part.tie_flips for part in parts]),
        near_tie_flips=_sum([part.near_tie_flips for part in parts]),
        ties=sum(part.ties for part in parts),
        mcnemar_p=mcnemar_p(lost, gained),
        per_class=per_class,
        significant_classes=tuple(one.class_name for one in per_class if one.recall_mcnemar_p_holm < SIGNIFICANCE),
        max_abs_score_difference=max(part.max_abs_score_difference for part in parts),
        mean_abs_score_difference=float(score_difference),
        mean_confidence_drift=float(confidence_drift),
        mean_kl_divergence=float(divergence),
        expected_calibration_error=after.expected_calibration_error,
        expected_calibration_error_delta=after.expected_calibration_error - before.expected_calibration_error,
        flipped_images=tuple(image for part in parts for image in part.flipped_images),
        confusion=confusion_cells(all_of, num_classes),
        class_flips=class_flips(all_of, num_classes),
        reliability=_reliability_bins(after),
        reference_reliability=_reliability_bins(before),
    )


def _sum(flips: Sequence[Flips]) -> Flips:
    return Flips(
        right_to_wrong=sum(one.right_to_wrong for one in flips),
        wrong_to_right=sum(one.wrong_to_right for one in flips),
        wrong_to_wrong=sum(one.wrong_to_wrong for one in flips),
    )


def class_results(outcomes: PredictionCounts, class_names: tuple[str, ...]) -> tuple[ClassResult, ...]:
    """The candidate class by class, with its change from the reference."""
    before = drift.per_class(outcomes.before, outcomes.labels, len(class_names), outcomes.counts)
    after = drift.per_class(outcomes.after, outcomes.labels, len(class_names), outcomes.counts)
    p_values, adjusted = _recall_tests(outcomes, len(class_names))
    return tuple(
        ClassResult(
            class_name=name,
            precision=float(after.precision[index]),
            recall=float(after.recall[index]),
            f1=float(after.f1[index]),
            support=int(after.support[index]),
            f1_delta=float(after.f1[index] - before.f1[index]),
            recall_delta=float(after.recall[index] - before.recall[index]),
            recall_mcnemar_p=float(p_values[index]),
            recall_mcnemar_p_holm=float(adjusted[index]),
        )
        for index, name in enumerate(class_names)
    )


def _recall_tests(outcomes: PredictionCounts, num_classes: int) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """McNemar's p of each class's change of recall, plain and after Holm, both (C,); 1 for a class without images."""
    import numpy as np

    was_right, is_right = outcomes.before == outcomes.labels, outcomes.after == outcomes.labels
    lost = outcomes.per_class(was_right & ~is_right, num_classes)
    gained = outcomes.per_class(~was_right & is_right, num_classes)
    p_values = np.array([mcnemar_p(*pair) for pair in zip(lost.tolist(), gained.tolist(), strict=True)])
    occurs = outcomes.per_class(outcomes.counts > 0, num_classes) > 0
    adjusted = np.ones(num_classes)
    adjusted[occurs] = holm_adjusted(p_values[occurs])
    return p_values, adjusted


def _first_flipped(
    reference: drift.Scores,
    candidate: drift.Scores,
    labels: drift.Classes,
    by_tie: "NDArray[np.bool_]",
    max_images: int,
) -> tuple[FlippedImage, ...]:
    """The first images with another top class, by their place among these; scores are probabilities."""
    import numpy as np

    before, after = drift.top_classes(reference), drift.top_classes(candidate)
    return tuple(
        FlippedImage(
            index=int(row),
            true_class=int(labels[row]),
            reference_class=int(before[row]),
            candidate_class=int(after[row]),
            reference_probability=float(reference[row, before[row]]),
            candidate_probability=float(candidate[row, after[row]]),
            is_tie=bool(by_tie[row]),
        )
        for row in np.flatnonzero(before != after)[:max_images]
    )


def _reliability_bins(found: Reliability) -> tuple[ReliabilityBin, ...]:
    return tuple(
        ReliabilityBin(num_images=int(count), confidence=float(sure), accuracy=float(right))
        for count, sure, right in zip(found.counts, found.confidence, found.accuracy, strict=True)
    )


def _conversion(reference: drift.Scores, candidate: drift.Scores) -> Callable[[drift.Scores], drift.Scores]:
    """What makes probabilities of the scores of both; the reference says whether the model gives logits."""
    if not drift.are_probabilities(reference):
        return drift.softmax
    if not drift.are_probabilities(candidate):
        lowest, highest = drift.range_of(candidate)
        raise VerificationError(
            f"The candidate's scores run from {lowest:.4g} to {highest:.4g}, the reference's are "
            f"probabilities. Expected 0 to 1: export the model with its softmax, or verify it with its own reference."
        )
    return lambda scores: scores
