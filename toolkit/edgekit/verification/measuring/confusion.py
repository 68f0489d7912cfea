"""Confusion matrices of reference and candidate as sparse counts, without a table of all classes by all classes.

So a thousand classes cost no million cells: only cells that hold an image are kept, and of very many the ones that
changed most.
"""

from typing import TYPE_CHECKING

from edgekit.verification.measuring.measurement import ClassFlip, ConfusionCell, ListTotal
from edgekit.verification.measuring.prediction_counts import PredictionCounts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_CELLS = 1000
"""Cells that a report holds of each matrix: all of them up to 31 classes."""


def confusion_cells(predictions: PredictionCounts, num_classes: int) -> tuple[ConfusionCell, ...]:
    """Images of each true class by predicted class, for both models; cells that are 0 in both are left out.

    Args:
        predictions: What happened to the images.
        num_classes: C.

    Returns:
        In the order of true and predicted class. If there are more than MAX_CELLS, those that changed most and,
        of equal changes, the fullest.
    """
    import numpy as np

    before, after = (predictions.labels * num_classes + top for top in (predictions.before, predictions.after))
    keys = np.unique(np.concatenate([before, after]))
    counts = np.stack([_count(keys, places, predictions.counts) for places in (before, after)])
    kept = _most_changed(counts)
    return tuple(
        ConfusionCell(
            true_class=int(keys[at] // num_classes),
            predicted_class=int(keys[at] % num_classes),
            reference_images=int(counts[0, at]),
            candidate_images=int(counts[1, at]),
        )
        for at in kept
    )


def confusion_total(predictions: PredictionCounts, num_classes: int) -> ListTotal:
    """What `confusion_cells` would hold without MAX_CELLS; C is `num_classes`."""
    import numpy as np

    places = [predictions.labels * num_classes + top for top in (predictions.before, predictions.after)]
    return _total(len(np.unique(np.concatenate(places))), predictions.num_images)


def class_flips_total(predictions: PredictionCounts, num_classes: int) -> ListTotal:
    """What `class_flips` would hold without MAX_CELLS; C is `num_classes`."""
    import numpy as np

    changed = predictions.before != predictions.after
    places = predictions.before[changed] * num_classes + predictions.after[changed]
    return _total(len(np.unique(places)), predictions.num_where(changed))


def _total(num_entries: int, num_images: int) -> ListTotal:
    return ListTotal(num_entries=num_entries, num_images=num_images, is_complete=num_entries <= MAX_CELLS)


def class_flips(predictions: PredictionCounts, num_classes: int) -> tuple[ClassFlip, ...]:
    """From which class to which the top class changed, ties among them, the most frequent first; at most MAX_CELLS."""
    import numpy as np

    changed = predictions.before != predictions.after
    places = predictions.before[changed] * num_classes + predictions.after[changed]
    keys = np.unique(places)
    counts = _count(keys, places, predictions.counts[changed])
    return tuple(
        ClassFlip(
            reference_class=int(keys[at] // num_classes),
            candidate_class=int(keys[at] % num_classes),
            num_images=int(counts[at]),
        )
        for at in np.argsort(-counts, kind="stable")[:MAX_CELLS]
    )


def _count(keys: "NDArray[np.int64]", values: "NDArray[np.int64]", weights: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """How often each of `keys`, ascending, occurs in `values`, all of which are among them and stand for `weights`."""
    import numpy as np

    return np.bincount(np.searchsorted(keys, values), weights, len(keys)).astype(np.int64)


def _most_changed(counts: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Columns of `counts`, int64 (2, K), to keep, ascending."""
    import numpy as np

    order = np.lexsort((-counts.max(axis=0), -np.abs(counts[1] - counts[0])))
    return np.sort(order[:MAX_CELLS])
