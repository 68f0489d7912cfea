"""The range of an activation from what was seen of it: a histogram in constant memory, and ways to cut it.

Every range holds 0, which integers must be able to say exactly (padding, ReLU). Knows no format and no model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgekit.foundation.errors import CalibrationError
from edgekit.quantization.scheme import CalibrationMethod, QuantizationScheme

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUM_BINS = 4096
LARGEST_ACTIVATION = 1e30
"""Beyond this, the step of a range of 256 values comes close to overflowing float32, and TensorFlow's quantizer ends
the whole process."""

NUM_STEPS = 255
"""Steps between the 256 values of an int8 range."""

_CANDIDATES = 128
_ROUNDS = 3
_SMOOTHING = 1e-4
"""Of a count; what ONNX Runtime adds to empty bins."""

Range = tuple[float, float]
"""Smallest and largest value."""


@dataclass(kw_only=True)
class Histogram:
    """Counts of the values of one activation. Zeros are counted apart: they are exact in every range.

    Attributes:
        low: Smallest value that will be seen; at most 0.
        high: Largest value that will be seen; at least 0.
        counts: int64 (NUM_BINS,), values other than 0 in bins of equal width from `low` to `high`.
        num_zeros: How many values were exactly 0.
    """

    low: float
    high: float
    counts: "NDArray[np.int64]" = field(init=False)
    num_zeros: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        import numpy as np

        self.counts = np.zeros(NUM_BINS, dtype=np.int64)

    def add(self, values: "NDArray[np.float32]") -> None:
        """Count `values`, of any shape."""
        import numpy as np

        flat = values[values != 0]
        self.num_zeros += values.size - flat.size
        if flat.size:
            width = (self.high - self.low) / NUM_BINS
            bins = np.clip((flat - self.low) / width, 0, NUM_BINS - 1).astype(np.int64)
            self.counts += np.bincount(bins, minlength=NUM_BINS)

    @property
    def edges(self) -> "NDArray[np.float64]":
        """float64 (NUM_BINS + 1,)."""
        import numpy as np

        return np.linspace(self.low, self.high, NUM_BINS + 1)


def range_of(histogram: Histogram, scheme: QuantizationScheme) -> Range:
    """The range that `scheme` gives the activation."""
    if scheme.calibration is CalibrationMethod.PERCENTILE:
        return range_by_percentile(histogram, scheme.percentile)
    if scheme.calibration is CalibrationMethod.MSE:
        return range_by_mse(histogram)
    if scheme.calibration is CalibrationMethod.ENTROPY:
        return range_by_entropy(histogram)
    return histogram.low, histogram.high


def range_by_percentile(histogram: Histogram, percentile: float) -> Range:
    """The narrowest bins at which at most (100 - percentile) / 2 percent of all values lie outside at either end.

    Args:
        histogram: All values.
        percentile: Above 50, at most 100.
    """
    import numpy as np

    total = int(histogram.counts.sum()) + histogram.num_zeros
    allowed = total * (100 - percentile) / 200
    edges = histogram.edges
    outside_below = np.cumsum(histogram.counts)
    outside_above = np.cumsum(histogram.counts[::-1])
    low = edges[int(np.searchsorted(outside_below, allowed, side="right"))]
    high = edges[NUM_BINS - int(np.searchsorted(outside_above, allowed, side="right"))]
    return min(float(low), 0.0), max(float(high), 0.0)


def range_by_mse(histogram: Histogram) -> Range:
    """The range with the smallest expected squared error, each end searched in turn with the other held.

    E = sum over bins outside of n (v - end)^2 + sum over bins inside of n s^2 / 12, s = (high - low) / 255:
    what clipping costs, and what rounding to steps of s costs on average.
    """
    import numpy as np

    centers = (histogram.edges[:-1] + histogram.edges[1:]) / 2
    shares = np.linspace(1.0, 1 / _CANDIDATES, _CANDIDATES)

    def error(low: float, high: float) -> float:
        beyond = np.maximum(low - centers, 0) + np.maximum(centers - high, 0)
        step = (high - low) / NUM_STEPS
        return float((histogram.counts * np.where(beyond > 0, beyond**2, step**2 / 12)).sum())

    low, high = histogram.low, histogram.high
    for _ in range(_ROUNDS):
        high = min((histogram.high * share for share in shares), key=lambda end: error(low, end))
        low = min((histogram.low * share for share in shares), key=lambda end: error(end, high))
    return float(low), float(high)


def range_by_entropy(histogram: Histogram) -> Range:
    """The range, cut at the same distance from 0 at both ends, that loses the least information.

    For every distance P is the histogram inside, with what lies outside added to its ends. Q is the same values (what
    lies outside is not among them) in 256 levels, each spread evenly over those of its bins that hold anything. The
    smallest Kullback-Leibler divergence KL(P || Q) = sum P ln(P / Q) wins, the wider range if two are equal. The
    method is that of TensorRT (Migacz, "8-bit Inference with TensorRT", GTC 2017) and of ONNX Runtime.
    """
    import numpy as np

    furthest = max(-histogram.low, histogram.high)
    narrowest = (NUM_STEPS + 1) / NUM_BINS * (histogram.high - histogram.low)
    distances = np.linspace(furthest, min(narrowest, furthest), _CANDIDATES)
    best = min(distances, key=lambda distance: _divergence(histogram, float(distance)))
    return max(histogram.low, -float(best)), min(histogram.high, float(best))


def _divergence(histogram: Histogram, distance: float) -> float:
    """KL(P || Q), in nats, of the range that ends `distance` from 0; see `range_by_entropy`."""
    import numpy as np

    edges = histogram.edges
    first = int(np.searchsorted(edges[1:], -distance, side="right"))
    last = max(int(np.searchsorted(edges[:-1], distance, side="left")), first + 1)
    inside = histogram.counts[first:last].astype(np.float64)
    levels = np.arange(len(inside)) * (NUM_STEPS + 1) // max(len(inside), NUM_STEPS + 1)
    is_filled = inside > 0
    in_level, filled = np.bincount(levels, inside), np.bincount(levels, is_filled)
    spread = np.where(is_filled, (in_level / np.maximum(filled, 1))[levels], 0)
    clipped = inside.copy()
    clipped[0] += histogram.counts[:first].sum()
    clipped[-1] += histogram.counts[last:].sum()
    return _kullback_leibler(clipped, spread)


def _kullback_leibler(reference: "NDArray[np.float64]", candidate: "NDArray[np.float64]") -> float:
    """KL = sum P ln(P / Q) of two histograms (n,), a little added to each bin, so that none is infinitely far."""
    import numpy as np

    p, q = reference + _SMOOTHING, candidate + _SMOOTHING
    p, q = p / p.sum(), q / q.sum()
    return float((p * np.log(p / q)).sum())


def check_finite_ranges(ranges: Mapping[str, tuple[float, float]]) -> None:
    """Raise CalibrationError, naming the tensor, if an activation overflowed on a calibration image.

    Args:
        ranges: Tensor name -> smallest and largest value.
    """
    for name, (smallest, largest) in ranges.items():
        if not -LARGEST_ACTIVATION < smallest <= largest < LARGEST_ACTIVATION:
            raise CalibrationError(
                f"'{name}' reaches values from {smallest:.3g} to {largest:.3g} on the calibration images; no int8 "
                f"range can hold that. Expected finite values. Check --input-range (does the model expect 0..1?), or "
                f"replace the activation, or leave int8 out."
            )
