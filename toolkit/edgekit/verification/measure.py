"""From two sets of scores to a Measurement. Knows no tolerance, no file and no runtime."""

from typing import TYPE_CHECKING

from edgekit.errors import VerificationError
from edgekit.metrics import drift
from edgekit.metrics.significance import mcnemar_p
from edgekit.verification.report import ClassResult, Measurement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def measure(
    reference: "NDArray[np.float32]",
    candidate: "NDArray[np.float32]",
    labels: "NDArray[np.int64]",
    class_names: tuple[str, ...],
) -> Measurement:
    """Everything that is measured of one candidate.

    Args:
        reference: float32 (N, C), the reference's scores.
        candidate: float32 (N, C), the candidate's scores of the same images.
        labels: int64 (N,), the true classes.
        class_names: C names.

    Raises:
        VerificationError: They cannot be compared: other counts or classes, NaN, no images, logits for
            probabilities.
    """
    drift.check_comparable(reference, candidate, labels)
    reference_p, candidate_p = _probabilities(reference, candidate)
    by_tie = drift.flipped_by_tie(reference, candidate)
    flips = drift.flips(reference, candidate, labels, drift.flipped_images(reference, candidate) & ~by_tie)
    accuracy, reference_accuracy = drift.accuracy(candidate, labels), drift.accuracy(reference, labels)
    return Measurement(
        num_images=len(labels),
        accuracy=accuracy,
        reference_accuracy=reference_accuracy,
        accuracy_delta=accuracy - reference_accuracy,
        agreement=drift.agreement(reference, candidate),
        flips=flips,
        tie_flips=drift.flips(reference, candidate, labels, by_tie),
        ties=int(drift.tied_images(candidate).sum()),
        mcnemar_p=mcnemar_p(flips.right_to_wrong, flips.wrong_to_right),
        per_class=class_results(reference, candidate, labels, class_names),
        max_abs_score_difference=drift.max_abs_score_difference(reference, candidate),
        mean_confidence_drift=drift.mean_confidence_drift(reference_p, candidate_p),
        mean_kl_divergence=drift.mean_kl_divergence(reference_p, candidate_p),
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
    return tuple(
        ClassResult(
            class_name=name,
            precision=float(after.precision[index]),
            recall=float(after.recall[index]),
            f1=float(after.f1[index]),
            support=int(after.support[index]),
            f1_delta=float(after.f1[index] - before.f1[index]),
            recall_delta=float(after.recall[index] - before.recall[index]),
        )
        for index, name in enumerate(class_names)
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
