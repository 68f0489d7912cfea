"""`edgekit.compare` and `edgekit.compare_reports`: runs side by side; what changed between two verifications."""

from collections.abc import Sequence

from edgekit.api.arguments import AnyPath, Percent, each_run_or_file, public, run_or_file
from edgekit.foundation.typed.percent import parse_percent
from edgekit.rendering.stored_report import load_stored_report
from edgekit.runs.summary import RunComparison, compare_runs
from edgekit.verification.verdict import report_changes
from edgekit.verification.verdict.report import VerificationReport
from edgekit.verification.verdict.report_changes import ReportChanges


@public
def compare(runs: AnyPath | Sequence[AnyPath] | None = None) -> RunComparison:
    """Compare runs: parameters, size, best epoch, validation and test accuracy, seconds.

    Args:
        runs: One run or several; None: all under `exported/`.

    Raises:
        RunFolderError: One of them is not a run, or was changed.
    """
    return compare_runs(each_run_or_file("runs", runs))


@public
def compare_reports(
    old: AnyPath | VerificationReport,
    new: AnyPath | VerificationReport,
    *,
    max_worsening: Percent = 0.5,
    allow_reference_change: bool = False,
    allow_looser_limits: bool = False,
) -> ReportChanges:
    """Compare two verifications on the same data.

    Worse means: accuracy or agreement fell by more than the margin, a verdict got worse, a compared candidate is gone,
    or a new one drifts or fails. So are another reference, looser limits, and a file that was exported again since.

    Args:
        old: A report, a run, or a verification.json.
        new: The same.
        max_worsening: Points that accuracy or agreement may fall, 0 to 100.
        allow_reference_change: Accept another reference; the change is still reported.
        allow_looser_limits: Accept looser limits; the change is still reported.

    Returns:
        The changes of every candidate; `exit_status` is 3 if one got worse, else 0.

    Raises:
        EdgekitError: A report is missing or broken, or they do not belong together.
    """
    return report_changes.compare_reports(
        _report(old),
        _report(new),
        max_worsening=parse_percent(max_worsening, "--max-worsening"),
        allow_reference_change=allow_reference_change,
        allow_looser_limits=allow_looser_limits,
    )


def _report(given: AnyPath | VerificationReport) -> VerificationReport:
    return given if isinstance(given, VerificationReport) else load_stored_report(run_or_file(given))
