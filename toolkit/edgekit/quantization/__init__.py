"""Which images set the ranges of int8 artifacts, and proof of which they were."""

from edgekit.quantization.calibration import CalibrationSet

__all__ = ["CalibrationSet"]
