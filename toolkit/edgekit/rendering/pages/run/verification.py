"""The last verification of a run, one row per file, and where its own page is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.badge import Badge, verdict_badge
from edgekit.rendering.pages.section import Section
from edgekit.rendering.pages.verification.grouping import VerifiedFile, files_of
from edgekit.rendering.stored_report import load_stored_report
from edgekit.runs.folder import RunFolder
from edgekit.verification.verdict.report import Verdict


@dataclass(frozen=True, kw_only=True)
class VerifiedRow:
    """A file in its worst runtime.

    Attributes:
        artifact: The file.
        runtime: That runtime.
        num_others: Runtimes beside it.
        verdict: Its outcome there.
        accuracy: 0 to 1; None if it gave no scores.
        agreement: 0 to 1; None if it gave no scores.
        size_bytes: Of the file.
        outdated: Why its verdict counts no more, as a whole sentence; "" if it counts.
    """

    artifact: str
    runtime: str
    num_others: int
    verdict: Badge
    accuracy: float | None
    agreement: float | None
    size_bytes: int
    outdated: str = ""


@dataclass(frozen=True, kw_only=True)
class VerificationSection(Section):
    """What was found.

    Attributes:
        page: Name of the page of the verification, beside this one; "" if there is none.
        rows: One per file, worst first; None if the run was not verified yet.
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
    report = load_stored_report(run.verification_path)
    page = run.existing_verification_page
    return VerificationSection(page=page.name if page else "", rows=[_row(one) for one in files_of(report)])


def _row(one: VerifiedFile) -> VerifiedRow:
    row, measured = one.worst, one.worst.measurement
    return VerifiedRow(
        artifact=row.artifact,
        runtime=row.runtime,
        num_others=len(one.rows) - 1,
        verdict=verdict_badge(row.verdict),
        accuracy=measured.accuracy if measured else None,
        agreement=measured.agreement if measured else None,
        size_bytes=row.size_bytes,
        outdated=row.reasons[0] if row.verdict is Verdict.OUTDATED else "",
    )
