"""Whether a classifier is as often right as it is sure. Knows no reference and no file.

`probabilities` are float (N, C), 0 to 1, give or take a quantization step; `labels` int64 (N,), 0 to C - 1.
"""

from typing import TYPE_CHECKING

import numpy as np

from edgekit.metrics.drift import Classes, Scores, top_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUM_BINS = 15
"""Bins of equal width, as in the paper."""


def reliability(
    probabilities: Scores, labels: Classes, num_bins: int = NUM_BINS
) -> "tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]":
    """What a reliability diagram shows: images, mean confidence and accuracy of each bin, all (num_bins,).

    The confidence of an image is its highest probability. Bin m of M, from 1, holds confidences in
    ((m - 1)/M, m/M]; an empty bin has confidence and accuracy 0.
    """
    confidence = np.clip(probabilities.max(axis=1).astype(np.float64), 0.0, 1.0)
    is_right = (top_classes(probabilities) == labels).astype(np.float64)
    bins = np.clip(np.ceil(confidence * num_bins).astype(np.int64) - 1, 0, num_bins - 1)
    counts = np.bincount(bins, minlength=num_bins)
    shared = np.maximum(counts, 1)
    sums = [np.bincount(bins, weights=values, minlength=num_bins) / shared for values in (confidence, is_right)]
    return counts, sums[0], sums[1]


def expected_calibration_error(probabilities: Scores, labels: Classes, num_bins: int = NUM_BINS) -> float:
    """Mean over the images of how far their bin's confidence is from its accuracy: 0 is best, 1 is worst.

    ECE = sum over bins of (images of the bin / N) * |accuracy of the bin - mean confidence of the bin|.

    Source: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks",
    ICML 2017, equation 3, with their 15 bins.
    """
    counts, confidence, accuracy = reliability(probabilities, labels, num_bins)
    return float((counts * np.abs(accuracy - confidence)).sum() / len(labels))
