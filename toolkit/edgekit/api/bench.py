"""`edgekit.bench`: how fast files are, and whether a new one is slower than an old one."""

from collections.abc import Sequence
from pathlib import Path

from edgekit.api.arguments import (
    AnyPath,
    Names,
    Percent,
    chosen_runtime_names,
    each_run_or_file,
    parsed_precisions,
    public,
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


@public
def bench(
    targets: AnyPath | Sequence[AnyPath] | None = None,
    *,
    compare: bool = False,
    max_slowdown: Percent = 5.0,
    runtimes: Names = (),
    precisions: Names = (),
    formats: Names = (),
    threads: Sequence[int] = (),
    rounds: int | None = None,
    seconds: float | None = None,
    throughput: bool = True,
    out: AnyPath | None = None,
    progress: Progress | bool | None = None,
) -> SpeedReport | SpeedComparison:
    """Measure how fast exported files are, or compare an old one with a new one.

    Args:
        targets: A run, one model file or several; None: the newest run. With `compare` two: old and new, each a run, a
            model file, or a report that `out` wrote.
        compare: Compare latency. Runs and model files are measured in turn.
        max_slowdown: With `compare`, percent of time that may be added: 5 or "5%".
        runtimes: Only these runtimes; empty: those that apps run.
        precisions: Only files of these precisions; empty: all.
        formats: Only files of these formats: "tflite", "onnx"; empty: both.
        threads: Numbers of threads for latency; empty: 1 and all processors.
        rounds: Processes that each file is measured in, at least 1, and 3 with `compare`; None: 3.
        seconds: Of one measurement, above 0 and at most 3,600; None: 1.
        throughput: Whether to find the highest number of images per second too; never with `compare`.
        out: Write the result as JSON into this file.
        progress: True to show progress on stderr; silent by default.

    Returns:
        A row per file and runtime; `exit_status` is 1 if a file did not run. With `compare`, the ratio of each pair
        with its 95 % interval; `exit_status` is 3 if a file is too slow.

    Raises:
        EdgekitError: A file is missing, broken or changed, a runtime is missing, there is nothing to measure, or
            nothing that can be compared.
    """
    paths = each_run_or_file("targets", targets)
    request = BenchRequest(
        targets=paths,
        runtimes=chosen_runtime_names(runtimes),
        precisions=parsed_precisions(precisions),
        formats=parsed_formats(formats),
        threads=tuple(threads),
        rounds=MIN_ROUNDS if rounds is None else rounds,
        seconds=SECONDS if seconds is None else seconds,
        measures_throughput=throughput and not compare,
    )
    result: SpeedReport | SpeedComparison
    if compare:
        result = _compared(request, _share(max_slowdown), shown_progress(progress))
    else:
        result = bench_request(request, progress=shown_progress(progress))
    if out is not None:
        write_json(Path(out), result.to_dict())
    return result


def _share(max_slowdown: Percent) -> float:
    percent = percent_or_none(max_slowdown, "--max-slowdown") or 0.0
    if not percent >= 0:
        raise UsageError(f"--max-slowdown must be at least 0 percent. Received {max_slowdown}.")
    return percent / 100


def _compared(request: BenchRequest, max_slowdown: float, progress: Progress) -> SpeedComparison:
    if len(request.targets) != 2:
        raise UsageError(
            f"Expected two to compare, old and new. Received {len(request.targets)}: edgekit bench --compare OLD NEW"
        )
    if request.rounds < MIN_ROUNDS:
        raise UsageError(f"A comparison needs at least {MIN_ROUNDS} rounds. Received --rounds {request.rounds}.")
    old, new = request.targets
    return compare_request(old, new, request, max_slowdown=max_slowdown, progress=progress)
