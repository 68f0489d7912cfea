"""Calibration diagrams of a report: how often a model is right, by how confident it is."""

from collections.abc import Sequence

from edgekit.rendering.pages.charts import Bin, CalibrationChart, calibration_chart
from edgekit.rendering.pages.numbers import points
from edgekit.verification.measuring.measurement import Measurement, ReliabilityBin

MIN_IMAGES = 1000
"""With fewer images no diagram is drawn: the accuracy of a bin of 1000 / 15 images is uncertain by 6 points already
(standard error 0.5 / sqrt(n)), more than the differences that it is to show."""

TOO_FEW = f"No calibration diagram: it takes {MIN_IMAGES:,} images to say anything."


def candidate_calibration(one: Measurement, label: str) -> CalibrationChart | None:
    """The reference and a candidate; None if nothing was kept, or the sample is too small."""
    if not one.reliability or one.expected_calibration_error is None or one.num_images < MIN_IMAGES:
        return None
    after, change = one.expected_calibration_error, one.expected_calibration_error_delta or 0.0
    words = (
        f"Expected calibration error: reference {100 * (after - change):.2f} %, {label} {100 * after:.2f} % "
        f"({points(change)} points)."
    )
    bins = {"reference": _bins(one.reference_reliability), label: _bins(one.reliability)}
    return calibration_chart("Calibration", bins, words=words)


def reference_calibration(one: Measurement) -> CalibrationChart | None:
    """The reference alone; None if nothing was kept, or the sample is too small."""
    if not one.reference_reliability or one.expected_calibration_error is None or one.num_images < MIN_IMAGES:
        return None
    error = one.expected_calibration_error - (one.expected_calibration_error_delta or 0.0)
    words = f"Expected calibration error: {100 * error:.2f} %."
    return calibration_chart("Calibration", {"reference": _bins(one.reference_reliability)}, words=words)


def _bins(bins: Sequence[ReliabilityBin]) -> list[Bin]:
    return [Bin(num_images=one.num_images, confidence=one.confidence, accuracy=one.accuracy) for one in bins]
