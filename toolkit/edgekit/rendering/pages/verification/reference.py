"""How good the float model is, class by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.charts import LineChart
from edgekit.rendering.pages.matrix import Matrix
from edgekit.rendering.pages.section import Section
from edgekit.rendering.pages.verification.calibration import reference_reliability_chart
from edgekit.rendering.pages.verification.confusion import reference_matrix
from edgekit.verification.verdict.report import ClassResult, Measurement, VerificationReport

MAX_CLASSES = 30


@dataclass(frozen=True, kw_only=True)
class ReferenceSection(Section):
    """The reference alone.

    Attributes:
        runtime: Where its scores come from.
        rows: The classes, the lowest F1 first.
        num_left_out: So many more classes are there.
        matrix: Its confusion matrix; None where no row was run on every image.
        calibration: Its calibration diagram; None likewise.
    """

    template: ClassVar[str] = "verification/reference.html"
    heading: str = "The float model"
    anchor: str = "the-float-model"
    runtime: str
    rows: Sequence[ClassResult]
    num_left_out: int
    matrix: Matrix | None
    calibration: LineChart | None


def reference_section(report: VerificationReport) -> ReferenceSection:
    """The section of a report."""
    worst = sorted(report.reference.report, key=lambda each: each.f1)
    one = _whole_split(report)
    return ReferenceSection(
        runtime=report.reference.runtime,
        rows=worst[:MAX_CLASSES],
        num_left_out=max(0, len(worst) - MAX_CLASSES),
        matrix=reference_matrix(one, report.dataset.class_names) if one else None,
        calibration=reference_reliability_chart(one) if one else None,
    )


def _whole_split(report: VerificationReport) -> Measurement | None:
    """A measurement on every image: it holds the float model's confusions too."""
    measured = (row.measurement for row in report.candidates if row.measurement)
    return next((one for one in measured if one.num_images == report.dataset.num_images), None)
