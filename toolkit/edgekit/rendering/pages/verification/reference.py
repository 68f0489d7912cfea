"""How good the reference is, class by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.charts import CalibrationChart
from edgekit.rendering.pages.matrix import Matrix
from edgekit.rendering.pages.section import Section
from edgekit.rendering.pages.verification.calibration import reference_calibration
from edgekit.rendering.pages.verification.confusion import reference_matrix
from edgekit.rendering.pages.verification.page_size import page_size
from edgekit.rendering.verification_text import FILE_OF_SCORES, reference_name
from edgekit.verification.verdict.report import ClassResult, Measurement, VerificationReport


@dataclass(frozen=True, kw_only=True)
class ReferenceSection(Section):
    """The reference alone.

    Attributes:
        words: What the reference is.
        remarks: What must be known of it.
        runtime: Where its scores come from.
        rows: The classes, the lowest F1 first.
        num_left_out: So many more classes are there.
        matrix: Its confusion matrix; None if no row was run on every image.
        calibration: Its calibration diagram; None likewise.
    """

    template: ClassVar[str] = "verification/reference.html"
    heading: str = "Reference"
    anchor: str = "reference"
    words: str
    remarks: Sequence[str]
    runtime: str
    rows: Sequence[ClassResult]
    num_left_out: int
    matrix: Matrix | None
    calibration: CalibrationChart | None


def reference_section(report: VerificationReport) -> ReferenceSection:
    """The section of a report."""
    worst = sorted(report.reference.report, key=lambda each: each.f1)
    one, most = _whole_split(report), page_size(len(worst)).classes
    return ReferenceSection(
        words=f"The {reference_name(report.reference)}, scored in {report.reference.runtime}."
        if report.reference.runtime != FILE_OF_SCORES
        else "A file of scores.",
        remarks=report.reference.remarks,
        runtime=report.reference.runtime,
        rows=worst[:most],
        num_left_out=max(0, len(worst) - most),
        matrix=reference_matrix(one, report.dataset.class_names) if one else None,
        calibration=reference_calibration(one) if one else None,
    )


def _whole_split(report: VerificationReport) -> Measurement | None:
    """A measurement on every image: it holds the reference's confusions too."""
    measured = (row.measurement for row in report.candidates if row.measurement)
    return next((one for one in measured if one.num_images == report.dataset.num_images), None)
