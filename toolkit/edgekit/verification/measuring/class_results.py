"""Precision, recall and F1 of every class, before and after, and whether a change of recall is more than chance."""

from typing import TYPE_CHECKING

from edgekit.metrics import drift
from edgekit.metrics.significance import holm_adjusted, mcnemar_p
from edgekit.verification.measuring.measurement import ClassResult
from edgekit.verification.measuring.prediction_counts import PredictionCounts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def class_results(counts: PredictionCounts, class_names: tuple[str, ...]) -> tuple[ClassResult, ...]:
    """The candidate class by class, with its change from the reference."""
    before = drift.per_class(counts.before, counts.labels, len(class_names), counts.counts)
    after = drift.per_class(counts.after, counts.labels, len(class_names), counts.counts)
    p_values, adjusted = _recall_tests(counts, len(class_names))
    new, mended, error_p = _error_tests(counts, len(class_names))
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
            new_errors=int(new[index]),
            mended_errors=int(mended[index]),
            error_mcnemar_p_holm=float(error_p[index]),
        )
        for index, name in enumerate(class_names)
    )


def _recall_tests(counts: PredictionCounts, num_classes: int) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """McNemar's p of each class's change of recall, plain and after Holm, both (C,); 1 for a class without images."""
    import numpy as np

    was_right, is_right = counts.before == counts.labels, counts.after == counts.labels
    lost = counts.per_class(was_right & ~is_right, num_classes)
    gained = counts.per_class(~was_right & is_right, num_classes)
    p_values = np.array([mcnemar_p(*pair) for pair in zip(lost.tolist(), gained.tolist(), strict=True)])
    occurs = counts.per_class(counts.counts > 0, num_classes) > 0
    adjusted = np.ones(num_classes)
    adjusted[occurs] = holm_adjusted(p_values[occurs])
    return p_values, adjusted


def _error_tests(
    counts: PredictionCounts, num_classes: int
) -> "tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]":
    """New and mended errors of each class, both int64 (C,), and McNemar's p of them after Holm, float64 (C,).

    An image is an error of its own class if it is missed, and of the class that it is wrongly taken for.
    """
    import numpy as np

    new, mended = (np.zeros(num_classes, np.int64) for _ in range(2))
    was_right, is_right = counts.before == counts.labels, counts.after == counts.labels
    for errors, chosen, classes in (
        (new, was_right & ~is_right, counts.labels),
        (mended, ~was_right & is_right, counts.labels),
        (new, ~is_right & (counts.before != counts.after), counts.after),
        (mended, ~was_right & (counts.before != counts.after), counts.before),
    ):
        errors += np.bincount(classes[chosen], counts.counts[chosen], num_classes).astype(np.int64)
    p_values = np.array([mcnemar_p(*pair) for pair in zip(new.tolist(), mended.tolist(), strict=True)])
    return new, mended, holm_adjusted(p_values)
