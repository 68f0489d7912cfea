"""Calibration (reliability) diagrams: whether a model is as often right as it is sure."""

from collections.abc import Sequence

from edgekit.rendering.pages.charts import LineChart, Series, line_chart
from edgekit.rendering.pages.numbers import points
from edgekit.verification.measuring.measurement import Measurement, ReliabilityBin

PERFECT = Series(name="as sure as right", points=((0.0, 0.0), (1.0, 1.0)), is_guide=True)


def reliability_chart(one: Measurement, label: str) -> LineChart | None:
    """The float model and a candidate; None where nothing was kept."""
    if not one.reliability or one.expected_calibration_error is None:
        return None
    after, change = one.expected_calibration_error, one.expected_calibration_error_delta or 0.0
    errors = (
        f"Expected calibration error: float model {100 * (after - change):.2f} %, {label} {100 * after:.2f} % "
        f"({points(change)} points)."
    )
    lines = [PERFECT, _series("float model", one.reference_reliability), _series(label, one.reliability)]
    return _chart("Reliability", lines, errors)


def reference_reliability_chart(one: Measurement) -> LineChart | None:
    """The float model alone."""
    if not one.reference_reliability or one.expected_calibration_error is None:
        return None
    error = one.expected_calibration_error - (one.expected_calibration_error_delta or 0.0)
    lines = [PERFECT, _series("float model", one.reference_reliability)]
    return _chart("Reliability of the float model", lines, f"Expected calibration error: {100 * error:.2f} %.")


def _chart(title: str, lines: Sequence[Series], errors: str) -> LineChart:
    return line_chart(
        title,
        lines,
        x="confidence",
        y="accuracy",
        x_limits=(0.0, 1.0),
        y_limits=(0.0, 1.0),
        description=errors,
        caption=f"{errors} Each dot is a bin of images; below the dotted line a model is surer than it is right.",
    )


def _series(name: str, bins: Sequence[ReliabilityBin]) -> Series:
    return Series(name=name, points=[(each.confidence, each.accuracy) for each in bins if each.num_images])
