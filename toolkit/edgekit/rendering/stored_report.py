"""A verification.json beside its files. A verdict is valid for the verified bytes, not for a file name.

All code that shows or judges a stored report reads it here: what was exported again since, or is gone, has no verdict.
"""

from dataclasses import replace
from pathlib import Path, PurePosixPath

from edgekit.artifact import sha256_of
from edgekit.foundation.grammar import for_shell
from edgekit.runs.folder import check_links
from edgekit.runs.manifest import is_inside
from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport
from edgekit.verification.verdict.report_changes import REPORT_NAME, load_report


def load_stored_report(path: Path) -> VerificationReport:
    """The report in a verification.json, or in a run folder that holds one, as it holds for the files there now.

    Args:
        path: The file or the folder. A file that lies in no run folder is taken as it is.

    Raises:
        RunFolderError: It is missing, is not a report, or a link leads out of its run.
    """
    file = path / REPORT_NAME if path.is_dir() else path
    folder = file.parent
    if file.name != REPORT_NAME or not (folder / "manifest.json").exists():
        return load_report(file)
    check_links(folder)
    return as_of_now(load_report(file), folder)


def as_of_now(report: VerificationReport, folder: Path) -> VerificationReport:
    """`report` without the verdicts of files in `folder` whose bytes are others than those that were verified."""
    digests = {name: _digest(folder, name) for name in {row.artifact for row in report.candidates}}
    rows = [_row_of_now(row, digests[row.artifact], folder) for row in report.candidates]
    return replace(report, candidates=tuple(rows))


def _digest(folder: Path, name: str) -> str | None:
    """SHA-256 of the file that a row names; None if there is none in the folder."""
    path = folder / name
    if not is_inside(PurePosixPath(name)) or not path.is_file():
        return None
    return sha256_of(path)


def _row_of_now(row: CandidateReport, digest: str | None, folder: Path) -> CandidateReport:
    if digest == row.sha256:
        return row
    now = "it is not there any more" if digest is None else f"it has {digest[:12]}… now"
    reason = (
        f"Not verified since it was exported: the file that was verified had SHA-256 {row.sha256[:12]}…, {now}. Verify "
        f"again: edgekit verify {for_shell(folder)}"
    )
    return replace(
        row,
        verdict=Verdict.OUTDATED,
        reasons=(reason,),
        remarks=(),
        summary=reason,
        measurement=None,
        performance=None,
        confidence=None,
    )
