"""From two sets of scores to a Measurement. Knows no tolerance, no file and no runtime."""

from typing import TYPE_CHECKING

from edgekit.errors import VerificationError
from edgekit.metrics import drift
from edgekit.metrics.calibration import expected_calibration_error, reliability
from edgekit.metrics.significance import accuracy_delta_interval, holm_adjusted, mcnemar_p
from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.confusion import class_flips, confusion_cells
from edgekit.verification.measurement import ClassResult, FlippedImage, Measurement, ReliabilityBin

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
    reference_p, candidate_p = _probabilities(reference, candidate)
    flipped, by_tie = drift.flipped_images(reference, candidate), drift.flipped_by_tie(reference, candidate)
    is_unsure = drift.top_margins(reference_p) < NEAR_TIE
    every_flip = drift.flips(reference, candidate, labels, flipped)
    accuracy, reference_accuracy = drift.accuracy(candidate, labels), drift.accuracy(reference, labels)
    calibration_error = expected_calibration_error(candidate_p, labels)
    per_class = class_results(reference, candidate, labels, class_names)
    tops = drift.top_classes(reference), drift.top_classes(candidate)
    return Measurement(
        num_images=len(labels),
        accuracy=accuracy,
        reference_accuracy=reference_accuracy,
        accuracy_delta=accuracy - reference_accuracy,
        accuracy_delta_interval=accuracy_delta_interval(
            every_flip.right_to_wrong, every_flip.wrong_to_right, len(labels)
        ),
        agreement=drift.agreement(reference, candidate),
        flips=drift.flips(reference, candidate, labels, flipped & ~by_tie),
        tie_flips=drift.flips(reference, candidate, labels, by_tie),
        near_tie_flips=drift.flips(reference, candidate, labels, flipped & ~by_tie & is_unsure),
        ties=int(drift.tied_images(candidate).sum()),
        mcnemar_p=mcnemar_p(every_flip.right_to_wrong, every_flip.wrong_to_right),
        per_class=per_class,
        significant_classes=tuple(one.class_name for one in per_class if one.recall_mcnemar_p_holm < SIGNIFICANCE),
        max_abs_score_difference=drift.max_abs_score_difference(reference, candidate),
        mean_abs_score_difference=drift.mean_abs_score_difference(reference, candidate),
        mean_confidence_drift=drift.mean_confidence_drift(reference_p, candidate_p),
        mean_kl_divergence=drift.mean_kl_divergence(reference_p, candidate_p),
        expected_calibration_error=calibration_error,
        expected_calibration_error_delta=calibration_error - expected_calibration_error(reference_p, labels),
        flipped_images=_first_flipped(reference_p, candidate_p, labels, by_tie, indices),
        confusion=confusion_cells(labels, *tops, len(class_names)),
        class_flips=class_flips(*tops, len(class_names)),
        reliability=_reliability_bins(candidate_p, labels),
        reference_reliability=_reliability_bins(reference_p, labels),
    )


def class_results(
    reference: "NDArray[np.float32]",
    candidate: "NDArray[np.float32]",
    labels: "NDArray[np.int64]",
    class_names: tuple[str, ...],
) -> tuple[ClassResult, ...]:
    """The candidate class by class, with its change from the reference; arguments as in `measure`."""
    before = drift.per_class(drift.top_classes(reference), labels, len(class_names))
    after = drift.per_class(drift.top_classes(candidate), labels, len(class_names))
    p_values, adjusted = _recall_tests(reference, candidate, labels, len(class_names))
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


def _recall_tests(
    reference: drift.Scores, candidate: drift.Scores, labels: drift.Classes, num_classes: int
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """McNemar's p of each class's change of recall, plain and after Holm, both (C,); 1 for a class without images."""
    import numpy as np

    was_right, is_right = drift.top_classes(reference) == labels, drift.top_classes(candidate) == labels
    lost = np.bincount(labels[was_right & ~is_right], minlength=num_classes)
    gained = np.bincount(labels[~was_right & is_right], minlength=num_classes)
    p_values = np.array([mcnemar_p(*pair) for pair in zip(lost.tolist(), gained.tolist(), strict=True)])
    occurs = np.bincount(labels, minlength=num_classes) > 0
    adjusted = np.ones(num_classes)
    adjusted[occurs] = holm_adjusted(p_values[occurs])
    return p_values, adjusted


def _first_flipped(
    reference: drift.Scores,
    candidate: drift.Scores,
    labels: drift.Classes,
    by_tie: "NDArray[np.bool_]",
    indices: "NDArray[np.int64] | None",
) -> tuple[FlippedImage, ...]:
    """The first MAX_FLIPPED_IMAGES images with another top class; scores are probabilities."""
    import numpy as np

    before, after = drift.top_classes(reference), drift.top_classes(candidate)
    return tuple(
        FlippedImage(
            index=int(row if indices is None else indices[row]),
            true_class=int(labels[row]),
            reference_class=int(before[row]),
            candidate_class=int(after[row]),
            reference_probability=float(reference[row, before[row]]),
            candidate_probability=float(candidate[row, after[row]]),
            is_tie=bool(by_tie[row]),
        )
        for row in np.flatnonzero(before != after)[:MAX_FLIPPED_IMAGES]
    )


def _reliability_bins(probabilities: drift.Scores, labels: drift.Classes) -> tuple[ReliabilityBin, ...]:
    counts, confidence, accuracy = reliability(probabilities, labels)
    return tuple(
        ReliabilityBin(num_images=int(count), confidence=float(sure), accuracy=float(right))
        for count, sure, right in zip(counts, confidence, accuracy, strict=True)
    )


def _probabilities(reference: drift.Scores, candidate: drift.Scores) -> tuple[drift.Scores, drift.Scores]:
    """Both as probabilities; the reference says whether the model gives logits."""
    if not drift.are_probabilities(reference):
        return drift.softmax(reference), drift.softmax(candidate)
    if not drift.are_probabilities(candidate):
        raise VerificationError(
            f"The candidate's scores run from {candidate.min():.4g} to {candidate.max():.4g}, the reference's are "
            f"probabilities. Expected 0 to 1: export the model with its softmax, or verify it with its own reference."
        )
    return reference, candidate
