"""Whether a classifier is as often right as it is sure. Knows no reference and no file.

`probabilities` are float (N, C), 0 to 1, give or take a quantization step; `labels` int64 (N,), 0 to C - 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.metrics.drift import Classes, Scores, top_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUM_BINS = 15
"""Bins of equal width, as in the paper."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reliability:
    """What a reliability diagram shows; every array is (bins,).

    The confidence of an image is its highest probability. Bin m of M, from 1, holds confidences in
    ((m - 1)/M, m/M]; an empty bin has confidence and accuracy 0.

    Attributes:
        counts: int64, images of the bin.
        confidence: Their mean confidence.
        accuracy: Share of them that are right.
    """

    counts: "NDArray[np.int64]"
    confidence: "NDArray[np.float64]"
    accuracy: "NDArray[np.float64]"

    @classmethod
    def together(cls, parts: "Sequence[Reliability]") -> "Reliability":
        """That of all images of all `parts`."""
        counts = np.sum([part.counts for part in parts], axis=0)
        shared = np.maximum(counts, 1)
        return cls(
            counts=counts,
            confidence=np.sum([part.counts * part.confidence for part in parts], axis=0) / shared,
            accuracy=np.sum([part.counts * part.accuracy for part in parts], axis=0) / shared,
        )

    @property
    def expected_calibration_error(self) -> float:
        """Mean over the images of how far their bin's confidence is from its accuracy: 0 is best, 1 is worst.

        ECE = sum over bins of (images of the bin / N) * |accuracy of the bin - mean confidence of the bin|.

        Source: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks",
        ICML 2017, equation 3, with their 15 bins.
        """
        return float((self.counts * np.abs(self.accuracy - self.confidence)).sum() / self.counts.sum())


def reliability(probabilities: Scores, labels: Classes, num_bins: int = NUM_BINS) -> Reliability:
    """Confidence and accuracy of `probabilities`, bin by bin."""
    confidence = np.clip(probabilities.max(axis=1).astype(np.float64), 0.0, 1.0)
    is_right = (top_classes(probabilities) == labels).astype(np.float64)
    bins = np.clip(np.ceil(confidence * num_bins).astype(np.int64) - 1, 0, num_bins - 1)
    counts = np.bincount(bins, minlength=num_bins)
    shared = np.maximum(counts, 1)
    return Reliability(
        counts=counts,
        confidence=np.bincount(bins, weights=confidence, minlength=num_bins) / shared,
        accuracy=np.bincount(bins, weights=is_right, minlength=num_bins) / shared,
    )
