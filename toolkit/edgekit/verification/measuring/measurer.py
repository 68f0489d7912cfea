"""Measures every candidate of a verification against the same reference. Knows no file and judges nothing."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import VerificationError
from edgekit.foundation.mapped_arrays import take_rows
from edgekit.tolerance import Tolerance
from edgekit.verification.measuring.class_results import class_results
from edgekit.verification.measuring.measurement import ClassResult
from edgekit.verification.measuring.pairwise import TopClasses, top_classes_of
from edgekit.verification.measuring.prediction_counts import PredictionCounts
from edgekit.verification.measuring.score_comparison import ScoreComparison, compare_scores
from edgekit.verification.measuring.sequential import SequentialTest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What was measured of one candidate.

    Attributes:
        comparison: How it differs from the reference; None if its scores cannot be compared.
        failure: Why they cannot be compared, as a whole sentence; None if they can.
        top_classes: For the comparison with the other candidates; None if not asked for.
    """

    comparison: ScoreComparison | None = None
    failure: str | None = None
    top_classes: TopClasses | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Measurer:
    """Measures; several threads may do so at once.

    Attributes:
        scores: float32 (N, C), the reference's scores of the whole split.
        labels: int64 (N,), the true classes.
        class_names: C names.
        keeps_top_classes: Whether the candidates are to be compared with each other too.
    """

    scores: "NDArray[np.float32]"
    labels: "NDArray[np.int64]"
    class_names: tuple[str, ...]
    keeps_top_classes: bool = False

    def measure(
        self, candidate: "NDArray[np.float32]", places: "NDArray[Any] | None", tie_margin: float | None
    ) -> Measured:
        """Compare a candidate with the reference on the images that it was run on.

        Args:
            candidate: float32 (n, C), in the order of the split.
            places: The places of these images in the split: whole numbers (n,), ascending; None: they are all of it.
            tie_margin: See `compare_scores`.
        """
        reference = self.scores if places is None else take_rows(self.scores, places)
        labels = self.labels if places is None else self.labels[places]
        try:
            comparison = compare_scores(reference, candidate, labels, self.class_names, places, tie_margin=tie_margin)
        except VerificationError as error:
            return Measured(failure=str(error))
        top_classes = top_classes_of(candidate, places) if self.keeps_top_classes else None
        return Measured(comparison=comparison, top_classes=top_classes)

    def sequential_test(
        self, order: "NDArray[Any]", tolerance: Tolerance, confidence: float, *, knows_differences: bool
    ) -> SequentialTest:
        """What follows a candidate that is run in random order; see `SequentialTest`."""
        return SequentialTest(
            reference=self.scores,
            reference_counts=self._reference_counts,
            labels=self.labels,
            class_names=self.class_names,
            order=order,
            tolerance=tolerance,
            confidence=confidence,
            knows_differences=knows_differences,
        )

    @property
    def reference_accuracy(self) -> float:
        """Of the reference on the whole split, 0 to 1."""
        counts = self._reference_counts
        return counts.num_where(counts.after == counts.labels) / counts.num_images

    @property
    def reference_classes(self) -> tuple[ClassResult, ...]:
        """The reference class by class, on the whole split; its changes are 0."""
        return class_results(self._reference_counts, self.class_names)

    @cached_property
    def _reference_counts(self) -> PredictionCounts:
        return PredictionCounts.of_one(self.labels, self.scores)
