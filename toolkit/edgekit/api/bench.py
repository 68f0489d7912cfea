"""`edgekit.bench`: how fast files are; `edgekit.compare_speed`: whether one is slower than another."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.api.arguments import (
    AnyPath,
    Names,
    Percent,
    chosen_runtime_names,
    each_run_or_file,
    parsed_precisions,
    public,
    run_or_file,
    shown_progress,
)
from edgekit.api.export import parsed_formats
from edgekit.foundation.atomic_files import write_json
from edgekit.foundation.errors import UsageError
from edgekit.foundation.progress import Progress
from edgekit.foundation.typed.percent import percent_or_none
from edgekit.speed.comparison import MIN_ROUNDS, SpeedComparison
from edgekit.speed.job import SECONDS, BenchRequest, bench_request, compare_request
from edgekit.speed.report import SpeedReport

MAX_SLOWDOWN = 5.0
"""Percent."""


@public
def bench(
    targets: AnyPath | Sequence[AnyPath] | None = None,
    *,
    runtimes: Names = (),
    precisions: Names = (),
    formats: Names = (),
    threads: Sequence[int] = (),
    rounds: int | None = None,
    seconds: float | None = None,
    throughput: bool = True,
    out: AnyPath | None = None,
    progress: Progress | bool | None = None,
) -> SpeedReport:
    """Measure how fast exported files are: latency at batch 1, throughput, time to load, memory.

    Args:
        targets: A run, one model file or several; None: the newest run.
        runtimes: Only these runtimes; empty: those that apps run.
        precisions: Only files of these precisions; empty: all.
        formats: Only files of these formats: "tflite", "onnx"; empty: both.
        threads: Numbers of threads for latency; empty: 1 and all processors.
        rounds: Processes that each file is measured in, at least 1; None: 3.
        seconds: Of one measurement, above 0; None: 1.
        throughput: Whether to find the highest number of images per second too.
        out: Write the report as JSON into this file.
        progress: True to show progress on stderr; silent by default.

    Returns:
        One row per file and runtime; `exit_status` is 1 if a file did not run.

    Raises:
        EdgekitError: A file is missing, broken or changed, a runtime is missing, or there is nothing to measure.
    """
    request = _request(runtimes, precisions, formats, threads, rounds, seconds, throughput=throughput)
    request = BenchRequest(**{**vars(request), "targets": each_run_or_file("targets", targets)})
    report = bench_request(request, progress=shown_progress(progress))
    if out is not None:
        write_json(Path(out), report.to_dict())
    return report


@public
def compare_speed(
    targets: Sequence[AnyPath],
    *,
    max_slowdown: Percent | None = None,
    runtimes: Names = (),
    precisions: Names = (),
    formats: Names = (),
    threads: Sequence[int] = (),
    rounds: int | None = None,
    seconds: float | None = None,
    throughput: bool = False,
    out: AnyPath | None = None,
    progress: Progress | bool | None = None,
) -> SpeedComparison:
    """Compare the latency of two runs or model files, measured in turn, or of two reports of `bench`.

    Args:
        targets: Old and new.
        max_slowdown: Percent of time that may be added: 5 or "5%"; None: 5.
        runtimes: As in `bench`.
        precisions: As in `bench`.
        formats: As in `bench`.
        threads: As in `bench`.
        rounds: As in `bench`, at least 3.
        seconds: As in `bench`.
        throughput: As in `bench`.
        out: Write the comparison as JSON into this file.
        progress: True to show progress on stderr; silent by default.

    Returns:
        The ratio of each pair with its 95 % interval; `exit_status` is 3 if a file is too slow.

    Raises:
        EdgekitError: As `bench`; or there are not two targets; or nothing can be compared.
    """
    if isinstance(targets, str | Path) or len(targets) != 2:
        count = 1 if isinstance(targets, str | Path) else len(targets)
        raise UsageError(f"Expected two to compare, old and new. Received {count}: edgekit bench --compare OLD NEW")
    request = _request(runtimes, precisions, formats, threads, rounds, seconds, throughput=throughput)
    if request.rounds < MIN_ROUNDS:
        raise UsageError(f"A comparison needs at least {MIN_ROUNDS} rounds. Received --rounds {request.rounds}.")
    percent = MAX_SLOWDOWN if max_slowdown is None else percent_or_none(max_slowdown, "--max-slowdown")
    old, new = (_one(target) for target in targets)
    compared = compare_request(
        old, new, request, max_slowdown=(percent or 0.0) / 100, progress=shown_progress(progress)
    )
    if out is not None:
        write_json(Path(out), compared.to_dict())
    return compared


def _one(target: AnyPath) -> Path:
    found = run_or_file(target)
    return Path(target) if found is None else found


def _request(
    runtimes: Names,
    precisions: Names,
    formats: Names,
    threads: Sequence[int],
    rounds: int | None,
    seconds: float | None,
    *,
    throughput: bool,
) -> BenchRequest:
    chosen: dict[str, Any] = {"rounds": MIN_ROUNDS if rounds is None else rounds}
    return BenchRequest(
        runtimes=chosen_runtime_names(runtimes),
        precisions=parsed_precisions(precisions),
        formats=parsed_formats(formats),
        threads=tuple(threads),
        seconds=SECONDS if seconds is None else seconds,
        measures_throughput=throughput,
        **chosen,
    )
