"""Whether the files of a run were verified as they are now: a verdict is valid for the verified bytes only."""

from collections.abc import Mapping, Sequence
from typing import Any

from edgekit.artifact import Format
from edgekit.verification.verdict.report import COMPARED, CandidateReport, Verdict, VerificationReport
from edgekit.verification.verdict.targets import Target


def problems_of(
    names: Sequence[str], report: VerificationReport | None, target: Target | None, manifest: Mapping[str, Any]
) -> tuple[str, ...]:
    """Why the files may not be shipped as verified, one sentence for each; empty if all may.

    Args:
        names: The files, as they are named in the run.
        report: The run's report as it holds for the bytes there now; None: there is none.
        target: Where they are to run: only rows that speak for it count; None: all rows.
        manifest: Of the run.
    """
    if report is None:
        return ("The model files were never verified.",)
    if problem := _of_report(report, manifest):
        return (problem,)
    return tuple(filter(None, (_of_file(name, report, target) for name in names)))


def _of_report(report: VerificationReport, manifest: Mapping[str, Any]) -> str | None:
    sha256 = manifest.get("dataset", {}).get("sha256")
    if sha256 not in (None, report.dataset.sha256):
        return "The verification was made on other test images than those of the run."
    listed = manifest["files"].get(report.reference.file or "")
    if listed and report.reference.sha256 not in (None, listed["sha256"]):
        return f"The verification used another {report.reference.file} than the run holds now."
    return None


def _of_file(name: str, report: VerificationReport, target: Target | None) -> str | None:
    rows = [row for row in report.candidates if row.artifact == name]
    rows = [row for row in rows if _speaks_for(row, target)] or rows
    if any(row.verdict is Verdict.OUTDATED for row in rows):
        return f"{name} was exported again since it was verified."
    for verdict, words in ((Verdict.ERROR, "could not be run"), (Verdict.DRIFT, "drifts")):
        if wrong := [row.runtime for row in rows if row.verdict is verdict]:
            return f"{name} {words} in {', '.join(wrong)}."
    if not any(row.verdict in COMPARED for row in rows):
        return f"{name} was never verified."
    return None


def _speaks_for(row: CandidateReport, target: Target | None) -> bool:
    return target is None or row.format is Format.ONNX or target.runs(row.format, row.precision, row.runtime)
