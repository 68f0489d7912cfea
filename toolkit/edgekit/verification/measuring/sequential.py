"""Stopping early: do the limits hold on the whole split for certain? Looks at scores as they come, in random order.

A verdict is certain at a confidence c when the chance that the whole split would give the other one is 1 - c at
most, however often was looked. Every limit that counts images is one statement on the total of a bounded value over
the split, and so is tested as `edgekit.metrics.betting` does:

    accuracy      gained - lost, of -1, 0 and 1
    agreement     flips, 0 or 1
    F1 of a class F1 >= f if and only if 2 TP >= f (images of the class + predictions of it): linear in the changes
                  of TP and of the predictions, and everything else about the reference and the labels is known

A pass needs every limit to hold, so each is tested at 1 - c: if one is really broken, only a false alarm of its own
test can let the candidate pass (R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling",
Technometrics 24, 1982). Drift needs one limit only, so 1 - c is divided by the number of limits (Bonferroni). A limit
on the largest score difference cannot be passed before the last image; one difference beyond it is drift for certain.

Says which limits hold or break, in no words; `edgekit.verification.verdict` does.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgekit.foundation.mapped_arrays import rows_at
from edgekit.metrics import drift
from edgekit.metrics.betting import TotalsTest
from edgekit.tolerance import SLACK, Tolerance
from edgekit.verification.measuring.prediction_counts import PredictionCounts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class BrokenLimit:
    """A limit that the whole split breaks for certain.

    Attributes:
        name: The field of `Tolerance`: "max_accuracy_drop".
        class_name: The class whose F1 breaks "max_f1_drop"; None for any other limit.
        score_difference: The difference that breaks "max_score_difference"; None for any other limit.
    """

    name: str
    class_name: str | None = None
    score_difference: float | None = None


@dataclass(frozen=True, kw_only=True)
class CertainResult:
    """What is certain of the whole split before all of it was run.

    Attributes:
        broken: The limits that are broken; none if every limit holds.
        num_images: Images that were seen until then.
        num_images_of_split: Images of the whole split.
        confidence: How certain: 0.5 to 1.
    """

    broken: tuple[BrokenLimit, ...]
    num_images: int
    num_images_of_split: int
    confidence: float


@dataclass(frozen=True, kw_only=True)
class _Limit:
    """A limit as a statement on the total of a value.

    Attributes:
        broken: What is broken when it is broken.
        drift_at: Totals up to this are drift.
        pass_at: Totals from this on are not.
        lowest: The lowest single value.
        highest: The highest.
    """

    broken: BrokenLimit
    drift_at: float
    pass_at: float
    lowest: float
    highest: float


class SequentialTest:
    """Follows the scores of one candidate, and knows when the outcome is certain.

    Args:
        reference: float32 (N, C), the reference's scores of the whole split.
        reference_counts: The reference's predictions, as its own candidate.
        labels: int64 (N,).
        class_names: C names.
        order: Whole numbers (n,), which image comes when: a random permutation of the split, or its beginning.
        tolerance: The limits.
        confidence: 0.5 to 1.
        knows_differences: Whether the scores come as the model gives them, so that a single difference counts.
    """

    def __init__(
        self,
        *,
        reference: "NDArray[np.float32]",
        reference_counts: PredictionCounts,
        labels: "NDArray[np.int64]",
        class_names: tuple[str, ...],
        order: "NDArray[Any]",
        tolerance: Tolerance,
        confidence: float,
        knows_differences: bool = True,
    ) -> None:
        import numpy as np

        self._reference, self._labels, self._order = reference, labels, order
        self._tolerance, self._confidence, self._knows_differences = tolerance, confidence, knows_differences
        self._num_seen = 0
        self._is_comparable = True
        self._too_different: BrokenLimit | None = None
        self._thresholds = self._f1_thresholds(reference_counts, class_names)
        self._limits = [*self._counted_limits(), *self._f1_limits(class_names)]
        self._against_drift = TotalsTest(
            len(labels),
            np.array([limit.drift_at for limit in self._limits]),
            np.array([limit.lowest for limit in self._limits]),
        )
        self._against_pass = TotalsTest(
            len(labels),
            np.array([-limit.pass_at for limit in self._limits]),
            np.array([-limit.highest for limit in self._limits]),
        )
        self.result: CertainResult | None = None
        """What is certain; None until it is."""

    def watch(self, rows: "NDArray[np.float32]") -> bool:
        """See the scores of the next images, float32 (n, C).

        Returns:
            Whether they are enough: the result is certain, or they cannot be compared.
        """
        import numpy as np

        if self.result is None and self._is_comparable:
            places = self._order[self._num_seen : self._num_seen + len(rows)]
            self._num_seen += len(rows)
            has_shape = rows.shape == (len(places), self._reference.shape[1])
            self._is_comparable = has_shape and bool(np.isfinite(rows).all())
            if self._is_comparable:
                self._see(rows, places)
        return self.result is not None or not self._is_comparable

    def _see(self, candidate: "NDArray[np.float32]", places: "NDArray[np.int64]") -> None:
        reference, labels = rows_at(self._reference, places), self._labels[places]
        values = self._values(reference, candidate, labels)
        self._against_drift.draw(values)
        self._against_pass.draw(-values)
        self._look_at_differences(reference, candidate)
        self._decide()

    def _decide(self) -> None:
        """Settle the result, if it is certain."""
        alpha = 1 - self._confidence
        holds = self._against_drift.log_evidence >= -math.log(alpha)
        breaks = self._against_pass.log_evidence >= -math.log(alpha / max(1, len(self._limits)))
        broken = [limit.broken for limit, is_broken in zip(self._limits, breaks, strict=True) if is_broken]
        if self._too_different:
            broken.append(self._too_different)
        if broken or (self._tolerance.max_score_difference is None and holds.all()):
            self.result = CertainResult(
                broken=tuple(broken),
                num_images=self._num_seen,
                num_images_of_split=len(self._labels),
                confidence=self._confidence,
            )

    def _values(
        self, reference: "NDArray[np.float32]", candidate: "NDArray[np.float32]", labels: "NDArray[np.int64]"
    ) -> "NDArray[np.float64]":
        """The value of every limit for every image: float64 (n, limits)."""
        import numpy as np

        before, after = drift.top_classes(reference), drift.top_classes(candidate)
        columns = []
        if self._max_lost is not None:
            columns.append((after == labels).astype(np.float64) - (before == labels))
        if self._max_flips is not None:
            margin = self._tolerance.tie_margin
            counts = before != after if margin is None else drift.is_flipped_beyond_margin(reference, candidate, margin)
            columns.append(-counts.astype(np.float64))
        if self._max_tie_flips is not None and self._tolerance.tie_margin is not None:
            counts = drift.is_flipped_beyond_margin(reference, candidate, self._tolerance.tie_margin)
            columns.append(-((before != after) & ~counts).astype(np.float64))
        for index, f1 in self._thresholds.items():
            true_positives = ((after == index) & (labels == index)).astype(np.float64) - (
                (before == index) & (labels == index)
            )
            columns.append(2 * true_positives - f1 * ((after == index).astype(np.float64) - (before == index)))
        return np.stack(columns, axis=1) if columns else np.zeros((len(labels), 0))

    @property
    def _max_lost(self) -> int | None:
        """How many more images may be wrong than before."""
        return _largest_count(self._tolerance.max_accuracy_drop, len(self._labels))

    @property
    def _max_flips(self) -> int | None:
        """How many predictions may differ."""
        limit = self._tolerance.min_agreement
        return _largest_count(None if limit is None else 100 - limit, len(self._labels))

    @property
    def _max_tie_flips(self) -> int | None:
        """How many predictions may differ by ties alone."""
        limit = None if self._tolerance.tie_margin is None else self._tolerance.max_tie_flips
        return _largest_count(limit, len(self._labels))

    def _counted_limits(self) -> Iterator[_Limit]:
        if (lost := self._max_lost) is not None:
            broken = BrokenLimit(name="max_accuracy_drop")
            yield _Limit(broken=broken, drift_at=-lost - 1, pass_at=-lost, lowest=-1, highest=1)
        if (flips := self._max_flips) is not None:
            broken = BrokenLimit(name="min_agreement")
            yield _Limit(broken=broken, drift_at=-flips - 1, pass_at=-flips, lowest=-1, highest=0)
        if (ties := self._max_tie_flips) is not None:
            broken = BrokenLimit(name="max_tie_flips")
            yield _Limit(broken=broken, drift_at=-ties - 1, pass_at=-ties, lowest=-1, highest=0)

    def _f1_thresholds(self, before: PredictionCounts, class_names: tuple[str, ...]) -> dict[int, float]:
        """Class -> the lowest F1 that holds the limit, for the classes that can break it."""
        import numpy as np

        limit = self._tolerance.max_f1_drop
        if limit is None:
            return {}
        self._before = drift.per_class(before.before, before.labels, len(class_names), before.counts)
        self._predicted = np.bincount(before.before, before.counts, len(class_names)).astype(np.int64)
        lowest = self._before.f1 - (limit + SLACK) / 100
        return {
            index: float(lowest[index])
            for index in range(len(class_names))
            if self._before.support[index] and lowest[index] > 0
        }

    def _f1_limits(self, class_names: tuple[str, ...]) -> Iterator[_Limit]:
        for index, f1 in self._thresholds.items():
            support, recall = int(self._before.support[index]), float(self._before.recall[index])
            right = round(recall * support)
            predicted = int(self._predicted[index])
            may_lose = 2 * right - f1 * (support + predicted)
            yield _Limit(
                broken=BrokenLimit(name="max_f1_drop", class_name=class_names[index]),
                drift_at=-may_lose,
                pass_at=-may_lose,
                lowest=-(2 - f1),
                highest=2 - f1,
            )

    def _look_at_differences(self, reference: "NDArray[np.float32]", candidate: "NDArray[np.float32]") -> None:
        limit = self._tolerance.max_score_difference
        if limit is None or not self._knows_differences:
            return
        largest = drift.max_abs_score_difference(reference, candidate)
        if largest > limit:
            self._too_different = BrokenLimit(name="max_score_difference", score_difference=largest)


def _largest_count(percent: float | None, num_images: int) -> int | None:
    """The largest count that is no more than `percent` of the images; None if no count is more."""
    if percent is None:
        return None
    count = math.floor((percent + SLACK) * num_images / 100)
    return count if count < num_images else None
