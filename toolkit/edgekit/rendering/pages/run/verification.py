"""What the last `edgekit verify` found of a run, and where its own page is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.badge import Badge, verdict_badge
from edgekit.rendering.pages.section import Section
from edgekit.runs.folder import RunFolder
from edgekit.verification.verdict.report import CandidateReport
from edgekit.verification.verdict.report_changes import load_report


@dataclass(frozen=True, kw_only=True)
class VerifiedRow:
    """A file in a runtime.

    Attributes:
        artifact: The file.
        runtime: The runtime.
        verdict: What became of it.
        accuracy: 0 to 1; None where it gave no scores.
        agreement: 0 to 1; None where it gave no scores.
        size_bytes: Of the file.
    """

    artifact: str
    runtime: str
    verdict: Badge
    accuracy: float | None
    agreement: float | None
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class VerificationSection(Section):
    """What was found.

    Attributes:
        page: Name of the page of the verification, beside this one; "" where there is none.
        rows: One for each file in each runtime; None where the run was not verified yet.
    """

    template: ClassVar[str] = "run/verification.html"
    heading: str = "Verification"
    anchor: str = "verification"
    page: str
    rows: Sequence[VerifiedRow] | None


def verification_section(run: RunFolder) -> VerificationSection:
    """The section of a run."""
    if not run.verification_path.is_file():
        return VerificationSection(page="", rows=None)
    report = load_report(run.verification_path)
    has_page = (run.path / "report.html").is_file()
    return VerificationSection(page="report.html" if has_page else "", rows=[_row(row) for row in report.candidates])


def _row(row: CandidateReport) -> VerifiedRow:
    measured = row.measurement
    return VerifiedRow(
        artifact=row.artifact,
        runtime=row.runtime,
        verdict=verdict_badge(row.verdict),
        accuracy=measured.accuracy if measured else None,
        agreement=measured.agreement if measured else None,
        size_bytes=row.size_bytes,
    )
