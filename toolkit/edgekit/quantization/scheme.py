"""How numbers become integers: what the quantizers of all formats can be asked for in the same words.

Knows no format and no quantizer; which method a quantizer has, its exporter says.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edgekit.artifact import Precision
from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.foundation.typed.synonyms import meant

QUANTIZED = frozenset({Precision.DYNAMIC, Precision.INT8, Precision.INT16X8})
"""Precisions whose weights are integers."""

CALIBRATED = frozenset({Precision.INT8, Precision.INT16X8})
"""Precisions whose activations are integers too, so that they need calibration images."""

PERCENTILE = 99.99
"""The share of values, in percent, that lies inside a range by percentile, unless asked otherwise."""


class Granularity(StrEnum):
    """How many scales a weight tensor has: one for each output channel, or one."""

    PER_CHANNEL = "per-channel"
    PER_TENSOR = "per-tensor"


class CalibrationMethod(StrEnum):
    """How the range of an activation comes from the values that it took on calibration images.

    Attributes:
        MINMAX: From the smallest to the largest.
        PERCENTILE: Without the rarest values at both ends.
        MSE: The range whose rounding and clipping together make the smallest mean squared error.
        ENTROPY: The range that loses the least information (Kullback-Leibler divergence of histograms).
    """

    MINMAX = "minmax"
    PERCENTILE = "percentile"
    MSE = "mse"
    ENTROPY = "entropy"

    @classmethod
    def parse(cls, name: str) -> "CalibrationMethod":
        """The method called `name`, or by a synonym ("kl"); raises UnknownNameError with the closest name."""
        try:
            return cls(meant("calibration method", name))
        except ValueError:
            raise UnknownNameError("calibration method", name, [each.value for each in cls]) from None


@dataclass(frozen=True, kw_only=True)
class QuantizationScheme:
    """What may be chosen of a quantization in every format; checked when made.

    Attributes:
        granularity: Scales of the weights.
        calibration: How ranges of 8-bit activations are found; 16 bits have room for every value that was seen.
        percentile: Percent of the values inside a range by percentile: above 50, at most 100.
        float_layers: Names of the Keras layers that stay in float.
    """

    granularity: Granularity = Granularity.PER_CHANNEL
    calibration: CalibrationMethod = CalibrationMethod.MINMAX
    percentile: float = PERCENTILE
    float_layers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 50 < self.percentile <= 100:
            raise UsageError(f"A percentile must be above 50 and at most 100. Received {self.percentile:g}.")
        if len(set(self.float_layers)) < len(self.float_layers) or not all(self.float_layers):
            raise UsageError(f"Layers that stay in float must be named once each. Received {self.float_layers}.")
        if self.percentile != PERCENTILE and self.calibration is not CalibrationMethod.PERCENTILE:
            raise UsageError(
                f"A percentile is for calibration by percentile; it is by {self.calibration}. "
                "Add --calibration percentile."
            )

    def words(self, precision: Precision) -> dict[str, str]:
        """What makes a file of `precision` differ from the default: option -> word for the file's name."""
        words = {}
        if precision in QUANTIZED and self.granularity is not Granularity.PER_CHANNEL:
            words["--per-tensor"] = self.granularity.value
        if precision is Precision.INT8 and self.calibration is not CalibrationMethod.MINMAX:
            words["--calibration"] = self.calibration.value
        if precision is Precision.INT8 and self.percentile != PERCENTILE:
            words["--percentile"] = f"{self.percentile:g}"
        if precision in CALIBRATED and self.float_layers:
            words["--float-layers"] = f"mixed-{_short_digest(self.float_layers)}"
        return words

    def of(self, precision: Precision) -> "QuantizationScheme":
        """What counts of it for a file of `precision`; all else as by default."""
        if precision is Precision.INT8:
            return self
        return QuantizationScheme(
            granularity=self.granularity if precision in QUANTIZED else Granularity.PER_CHANNEL,
            float_layers=self.float_layers if precision in CALIBRATED else (),
        )

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for the manifest."""
        by_percentile = self.calibration is CalibrationMethod.PERCENTILE
        return {
            "granularity": self.granularity.value,
            "calibration_method": self.calibration.value,
            **({"percentile": self.percentile} if by_percentile else {}),
            "float_layers": list(self.float_layers),
        }


def _short_digest(names: Sequence[str]) -> str:
    """Six hex digits that tell one set of layers from another."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:6]
