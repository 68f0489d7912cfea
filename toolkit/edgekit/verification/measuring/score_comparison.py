"""How a candidate's scores differ from the reference's: all that is measured, in one pass. Knows no file, no runtime.

Scores are worked on a piece at a time, and of each piece only counts and sums are kept. So a million images
take no more memory than the scores themselves, and none if these are mapped files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgekit.foundation.errors import VerificationError
from edgekit.foundation.mapped_arrays import pieces
from edgekit.metrics import drift
from edgekit.metrics.calibration import Reliability, reliability
from edgekit.metrics.drift import Flips
from edgekit.metrics.significance import accuracy_delta_interval, mcnemar_p
from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.measuring.class_results import class_results
from edgekit.verification.measuring.confusion import class_flips, class_flips_total, confusion_cells, confusion_total
from edgekit.verification.measuring.measurement import FlippedImage, ListTotal, Measurement, ReliabilityBin
from edgekit.verification.measuring.prediction_counts import PredictionCounts
from edgekit.verification.measuring.symptoms import SURE, Symptoms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


NEAR_TIE = 0.05
"""The reference is unsure of an image if its two highest probabilities lie less than this apart."""

MAX_FLIPPED_IMAGES = 100
"""Flipped images that a report names."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreComparison:
    """What is measured of one candidate.

    Attributes:
        measurement: What the report holds.
        symptoms: What may tell why the candidate differs.
        num_flips_beyond_margin: Flipped images, without exact ties and without those where the reference's two highest
            scores lie within the tie margin; None if there is no tie margin.
    """

    measurement: Measurement
    symptoms: Symptoms
    num_flips_beyond_margin: int | None


def compare_scores(
    reference: "NDArray[np.float32]",
    candidate: "NDArray[np.float32]",
    labels: "NDArray[np.int64]",
    class_names: tuple[str, ...],
    indices: "NDArray[np.int64] | None" = None,
    *,
    tie_margin: float | None = None,
) -> ScoreComparison:
    """Compare a candidate with the reference, image by image.

    Args:
        reference: float32 (N, C), the reference's scores.
        candidate: float32 (N, C), the candidate's scores of the same images.
        labels: int64 (N,), the true classes.
        class_names: C names.
        indices: int64 (N,), the images' places in the split; None: they are the whole split.
        tie_margin: See `Tolerance`, at least 0; None: flips beyond it are not counted.

    Raises:
        VerificationError: They cannot be compared: other counts or classes, NaN, no images, logits for
            probabilities.
    """
    import numpy as np

    drift.check_comparable(reference, candidate, labels)
    convert = _conversion(reference, candidate)
    compare = _PieceComparison(convert=convert, first=np.array(candidate[0]), tie_margin=tie_margin)
    parts: list[_Part] = []
    num_named = 0
    for piece in pieces(len(labels), reference, candidate):
        part = compare.piece(reference[piece], candidate[piece], labels[piece], MAX_FLIPPED_IMAGES - num_named)
        parts.append(part.moved(piece.start, indices))
        num_named += len(part.flipped_images)
    counts = PredictionCounts.together([part.counts for part in parts])
    return ScoreComparison(
        measurement=_measurement(parts, counts, class_names),
        symptoms=Symptoms.of(
            counts,
            num_sure_flips=sum(part.num_sure_flips for part in parts),
            is_constant=len(labels) > 1 and all(part.is_constant for part in parts),
        ),
        num_flips_beyond_margin=(None if tie_margin is None else sum(part.num_flips_beyond_margin for part in parts)),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """What is kept of some images; sums of several are those of all their images."""

    counts: PredictionCounts
    flips: Flips
    tie_flips: Flips
    near_tie_flips: Flips
    ties: int
    max_abs_score_difference: float
    means: "NDArray[np.float64]"
    reliability: Reliability
    reference_reliability: Reliability
    flipped_images: tuple[FlippedImage, ...]
    num_sure_flips: int
    num_flips_beyond_margin: int
    is_constant: bool

    def moved(self, start: int, indices: "NDArray[np.int64] | None") -> "_Part":
        """With images named by their place in the split, if these are those from `start` on."""
        places = [start + one.index for one in self.flipped_images]
        named = places if indices is None else [int(indices[place]) for place in places]
        images = tuple(replace(one, index=index) for one, index in zip(self.flipped_images, named, strict=True))
        return replace(self, flipped_images=images)


@dataclass(frozen=True, kw_only=True, eq=False)
class _PieceComparison:
    """What compares some images after the other.

    Attributes:
        convert: Makes probabilities of scores.
        first: float32 (C,), the candidate's scores of the first image of all.
        tie_margin: See `compare_scores`.
    """

    convert: Callable[[drift.Scores], drift.Scores]
    first: "NDArray[np.float32]"
    tie_margin: float | None

    def piece(
        self, reference: drift.Scores, candidate: drift.Scores, labels: drift.Classes, max_flipped_images: int
    ) -> _Part:
        """Compare some images; of those that flipped, the first `max_flipped_images` are named."""
        import numpy as np

        reference, candidate = np.array(reference), np.array(candidate)
        reference_p, candidate_p = self.convert(reference), self.convert(candidate)
        before, after = drift.top_classes(reference), drift.top_classes(candidate)
        by_tie, margins = drift.flipped_by_tie(reference, candidate), drift.top_margins(reference_p)
        flipped = before != after
        return _Part(
            counts=PredictionCounts.of(labels, before, after),
            flips=drift.flips(reference, candidate, labels, flipped & ~by_tie),
            tie_flips=drift.flips(reference, candidate, labels, by_tie),
            near_tie_flips=drift.flips(reference, candidate, labels, flipped & ~by_tie & (margins < NEAR_TIE)),
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
            num_sure_flips=int((margins[flipped] > SURE).sum()),
            num_flips_beyond_margin=(
                0
                if self.tie_margin is None
                else int(drift.is_flipped_beyond_margin(reference, candidate, self.tie_margin).sum())
            ),
            is_constant=bool((candidate == self.first).all()),
        )


def _measurement(parts: Sequence[_Part], counts: PredictionCounts, class_names: tuple[str, ...]) -> Measurement:
    """The parts put together; `counts` are those of all images."""
    import numpy as np

    n, num_classes = counts.num_images, len(class_names)
    was_right, is_right = counts.before == counts.labels, counts.after == counts.labels
    lost, gained = counts.num_where(was_right & ~is_right), counts.num_where(~was_right & is_right)
    accuracy, reference_accuracy = counts.num_where(is_right) / n, counts.num_where(was_right) / n
    score_difference, confidence_drift, divergence = np.average(
        [part.means for part in parts], axis=0, weights=[part.counts.num_images for part in parts]
    )
    after = Reliability.together([part.reliability for part in parts])
    before = Reliability.together([part.reference_reliability for part in parts])
    per_class = class_results(counts, class_names)
    flipped = tuple(image for part in parts for image in part.flipped_images)
    num_flipped = counts.num_where(counts.before != counts.after)
    return Measurement(
        num_images=n,
        accuracy=accuracy,
        reference_accuracy=reference_accuracy,
        accuracy_delta=accuracy - reference_accuracy,
        accuracy_delta_interval=accuracy_delta_interval(lost, gained, n),
        agreement=1.0 - num_flipped / n,
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
        flipped_images=flipped,
        confusion=confusion_cells(counts, num_classes),
        class_flips=class_flips(counts, num_classes),
        flipped_images_total=ListTotal(
            num_entries=num_flipped, num_images=num_flipped, is_complete=len(flipped) == num_flipped
        ),
        confusion_total=confusion_total(counts, num_classes),
        class_flips_total=class_flips_total(counts, num_classes),
        reliability=_reliability_bins(after),
        reference_reliability=_reliability_bins(before),
    )


def _sum(flips: Sequence[Flips]) -> Flips:
    return Flips(
        right_to_wrong=sum(one.right_to_wrong for one in flips),
        wrong_to_right=sum(one.wrong_to_right for one in flips),
        wrong_to_wrong=sum(one.wrong_to_wrong for one in flips),
    )


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
