"""What quantization does to a tensor, from sums that are gathered image by image. Knows no file and no layer.

`reference` is what a tensor should hold, `candidate` what it holds, both real numbers of the same shape with
channels last: (..., C). Sums are kept for each channel, so a data set of any size costs the memory of one batch.
"""

from dataclasses import dataclass
from math import inf, log10, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

IDEAL_RMSE = 1 / sqrt(12)
"""Root mean square error of plain rounding, in steps: the deviation of a uniform distribution of width 1."""
LARGEST = float(np.finfo(np.float32).max)
"""Where float32 ends: LiteRT's kernels give this in the place of infinity, so it counts as that."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NoiseSums:
    """Sums over the values of one tensor; those of more images are added with +.

    Attributes:
        signal: float64 (C,), sum of reference^2 in each channel.
        candidate: float64 (C,), sum of candidate^2.
        product: float64 (C,), sum of reference * candidate.
        noise: float64 (C,), sum of (candidate - reference)^2.
        num_outside: Values of the reference that the candidate's range cannot hold.
        num_values: All values.
        num_infinite: Values of the candidate that are infinite or NaN where the reference is a number.
        num_reference_infinite: Values of the reference that are infinite or NaN. Neither is part of any sum.
    """

    signal: "NDArray[np.float64]"
    candidate: "NDArray[np.float64]"
    product: "NDArray[np.float64]"
    noise: "NDArray[np.float64]"
    num_outside: int
    num_values: int
    num_infinite: int = 0
    num_reference_infinite: int = 0

    @classmethod
    def of(
        cls, reference: "NDArray[Any]", candidate: "NDArray[Any]", limits: tuple[float, float] | None = None
    ) -> "NoiseSums":
        """The sums of one batch.

        Args:
            reference: float (..., C).
            candidate: float, the same shape.
            limits: The lowest and the highest number that the candidate's values round to; None: no limits.

        Raises:
            ValueError: The shapes differ.
        """
        if reference.shape != candidate.shape or reference.ndim < 1:
            raise ValueError(f"Expected tensors of one shape. Received {reference.shape} and {candidate.shape}.")
        channels = reference.shape[-1]
        right, got = (np.asarray(one, np.float64).reshape(-1, channels) for one in (reference, candidate))
        low, high = limits or (-inf, inf)
        has_number, stays_number = (np.abs(one) < LARGEST for one in (right, got))
        if not (has_number.all() and stays_number.all()):
            is_sound = has_number & stays_number
            right, got = np.where(is_sound, right, 0.0), np.where(is_sound, got, 0.0)
        return cls(
            signal=(right**2).sum(axis=0),
            candidate=(got**2).sum(axis=0),
            product=(right * got).sum(axis=0),
            noise=((got - right) ** 2).sum(axis=0),
            num_outside=int(((right < low) | (right > high)).sum()),
            num_values=right.size,
            num_infinite=int((has_number & ~stays_number).sum()),
            num_reference_infinite=int((~has_number).sum()),
        )

    def __add__(self, other: "NoiseSums") -> "NoiseSums":
        return NoiseSums(
            signal=self.signal + other.signal,
            candidate=self.candidate + other.candidate,
            product=self.product + other.product,
            noise=self.noise + other.noise,
            num_outside=self.num_outside + other.num_outside,
            num_values=self.num_values + other.num_values,
            num_infinite=self.num_infinite + other.num_infinite,
            num_reference_infinite=self.num_reference_infinite + other.num_reference_infinite,
        )


def as_stored(values: "NDArray[Any]", scale: float, limits: tuple[float, float]) -> "NDArray[np.float64]":
    """`values` as a range holds them: rounded to multiples of `scale`, and cut at its ends.

    Args:
        values: float, any shape.
        scale: The quantization step.
        limits: As in `NoiseSums.of`: half a step beyond the lowest and the highest number that can be stored.
    """
    low, high = limits
    rounded = np.round(np.asarray(values, np.float64) / scale) * scale
    return np.clip(rounded, low + scale / 2, high - scale / 2)


def sqnr_db(sums: NoiseSums) -> float:
    """Signal-to-quantization-noise ratio of the whole tensor in dB; infinite if there is no noise.

    10 * log10(sum reference^2 / sum (candidate - reference)^2). 6.02 dB are one bit.
    """
    signal, noise = float(sums.signal.sum()), float(sums.noise.sum())
    if noise == 0:
        return inf
    return 10 * log10(signal / noise) if signal > 0 else -inf


def noise_share(sums: NoiseSums) -> float:
    """Noise as a share of the signal, 0 to 1: of the whole tensor, or of its median channel, whichever is more.

    max(N / S, median over c of N_c / S_c), each at most 1; channels without signal and noise are left out. One channel
    that is much larger than the others hides in N / S what happens to them. The median does not follow single
    channels that are almost never active, in which any rounding is more than the signal.
    """
    is_used = (sums.signal > 0) | (sums.noise > 0)
    if not is_used.any():
        return 0.0
    shares = _shares(sums.noise[is_used], sums.signal[is_used])
    whole = _shares(sums.noise.sum(keepdims=True), sums.signal.sum(keepdims=True))
    return max(float(np.median(shares)), float(whole[0]))


def _shares(noise: "NDArray[np.float64]", signal: "NDArray[np.float64]") -> "NDArray[np.float64]":
    shares = np.ones_like(noise)
    np.divide(noise, signal, out=shares, where=signal > 0)
    return np.minimum(shares, 1.0)


def cosine(sums: NoiseSums) -> float:
    """Cosine of the angle between reference and candidate: sum(r * c) / sqrt(sum r^2 * sum c^2); 1 if both are 0."""
    lengths = sqrt(float(sums.signal.sum()) * float(sums.candidate.sum()))
    if lengths == 0:
        return 1.0 if float(sums.noise.sum()) == 0 else 0.0
    return float(sums.product.sum()) / lengths


def rmse_in_steps(sums: NoiseSums, scale: float) -> float:
    """Root mean square error in quantization steps: sqrt(mean (candidate - reference)^2) / scale.

    Rounding alone gives IDEAL_RMSE, 0.289; more means a clipped range, or error of the weights.
    """
    return sqrt(float(sums.noise.sum()) / sums.num_values) / scale


def infinite_share(sums: NoiseSums) -> float:
    """Share of the values that are infinite or NaN in the candidate alone: 0 to 1."""
    return sums.num_infinite / sums.num_values


def saturated_share(sums: NoiseSums) -> float:
    """Share of the values that the range of the candidate cannot hold: 0 to 1."""
    return sums.num_outside / sums.num_values
