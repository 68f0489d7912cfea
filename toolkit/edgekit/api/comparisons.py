"""`edgekit.compare`, `compare_reports` and `clients`: runs, verifications, and the places where a file runs."""

from collections.abc import Sequence
from pathlib import Path

from edgekit.api.arguments import (
    AnyPath,
    Names,
    Percent,
    as_data,
    each_run_or_file,
    known_names,
    public,
    run_or_file,
    shown_progress,
)
from edgekit.clients.catalog import CLIENTS, client_named
from edgekit.clients.environments import make_environment
from edgekit.clients.job import NUM_IMAGES, TIME_LIMIT, ClientsRequest, run_clients
from edgekit.clients.report import ClientsReport
from edgekit.clients.stored import save_clients
from edgekit.datasets import Dataset
from edgekit.foundation.progress import Progress
from edgekit.foundation.typed.names import names_of
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


@public
def clients(
    targets: AnyPath | Sequence[AnyPath] = (),
    *,
    clients: Names = (),
    install: Names = (),
    data: AnyPath | Dataset | None = None,
    images: int = NUM_IMAGES,
    timeout: float = TIME_LIMIT,
    progress: Progress | bool | None = None,
) -> ClientsReport:
    """Run files in every installed client, each in a separate process and its own environment.

    Args:
        targets: Model files, or one run folder or the name of one under `exported/`; empty: the newest run.
        clients: Only these; empty: all. A client that is not installed is a cell that says so.
        install: Clients whose pinned environment is made first, in edgekit's cache; "all": every one. Without
            `targets` nothing is run then.
        data: A data set, "NAME" or "NAME:PATH": where the images come from; None: the run's own data, or else made
            images.
        images: How many images are compared, at least 1.
        timeout: Seconds for one file in one client, above 0.
        progress: True to show progress on stderr; silent by default.

    Returns:
        The matrix. Of a whole run it is stored as `clients.json` too.

    Raises:
        EdgekitError: A file, a run or the data cannot be used, there is no such client, or pip fails.
    """
    shown = shown_progress(progress)
    wanted = names_of(install)
    for name in CLIENTS if "all" in wanted else known_names("client", install, CLIENTS):
        make_environment(client_named(name), shown)
    named = [targets] if isinstance(targets, str | Path) or not isinstance(targets, Sequence) else targets
    if wanted and not named:
        return ClientsReport(files=(), num_images=0, images="images", date="", machine="")
    request = ClientsRequest(
        targets=[Path(each) for each in named],
        clients=known_names("client", clients, CLIENTS),
        data=as_data(data),
        num_images=images,
        time_limit=timeout,
    )
    report, run = run_clients(request, shown)
    if run is not None and not (len(named) and Path(named[0]).suffix):
        save_clients(run, report)
    return report
