"""The whole of `edgekit bench`: which files, in which runtimes, measured round by round in workers that run alone.

All rows are measured once before any is measured again, so that a slow minute of the machine touches all of them.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from edgekit.artifact import Artifact, Format, Precision
from edgekit.datasets.images.form import DEFAULT_SIZE
from edgekit.execution.availability import availability_of
from edgekit.execution.file_inspection import FileInspector
from edgekit.execution.worker.job_file import typed
from edgekit.execution.worker.process import Supervision, run_in_worker
from edgekit.foundation.errors import RunFolderError, UsageError
from edgekit.foundation.grammar import counted, for_shell
from edgekit.foundation.machine import num_usable_cpus
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.runs.folder import RunFolder, names_run
from edgekit.runtimes import RUNTIMES
from edgekit.runtimes.base import ExecutionFailure, SessionSettings
from edgekit.speed.comparison import MIN_ROUNDS, SpeedComparison, compare_speed
from edgekit.speed.report import Latency, SpeedReport, SpeedRow, load_speed_report, now
from edgekit.speed.worker import Measurement, SpeedJob
from edgekit.verification.verdict.environment import this_environment

SECONDS = 1.0
"""Of one measurement, by default."""

TIME_LIMIT = 120.0
"""Seconds that a worker may take to load and warm up, beside its measurements."""

UNKNOWN = "unknown"
"""The precision of a file whose name says none."""


@dataclass(frozen=True, kw_only=True)
class BenchRequest:
    """What a user asks of `edgekit bench`.

    Attributes:
        targets: A run, or model files; none: the newest run.
        runtimes: Only these; empty: those that apps run and that are installed with edgekit.
        precisions: Only files of these precisions; empty: all.
        formats: Only files of these formats; empty: both.
        threads: Numbers of threads; empty: 1 and all processors.
        rounds: Processes that each row is measured in, at least 1.
        seconds: Of one measurement, above 0.
        measures_throughput: Whether to find the highest number of images per second too.
    """

    targets: Sequence[Path] = ()
    runtimes: Sequence[str] = ()
    precisions: Sequence[Precision] = ()
    formats: Sequence[Format] = ()
    threads: Sequence[int] = ()
    rounds: int = MIN_ROUNDS
    seconds: float = SECONDS
    measures_throughput: bool = True

    def __post_init__(self) -> None:
        if self.rounds < 1 or not 0 < self.seconds <= 3600:
            raise UsageError(
                f"Expected at least 1 round, and seconds above 0 and at most 3,600. Received {self.rounds} rounds and "
                f"{self.seconds:g} seconds."
            )
        if any(count < 1 for count in self.threads):
            raise UsageError(f"Threads must be at least 1. Received {', '.join(map(str, self.threads))}.")

    @property
    def thread_counts(self) -> tuple[int, ...]:
        """The numbers of threads, ascending."""
        return tuple(sorted(set(self.threads or (1, num_usable_cpus()))))


@dataclass(kw_only=True)
class _Subject:
    """One file in one runtime, and what its workers measured so far."""

    name: str
    artifact: Artifact
    runtime: str
    image_shape: tuple[int, ...]
    rounds: list[Measurement] = field(default_factory=list)
    failure: str = ""


def bench_request(request: BenchRequest, *, progress: Progress | None = None) -> SpeedReport:
    """Measure what `request` means; writes nothing.

    Raises:
        EdgekitError: A file is missing, broken or changed, or there is nothing to measure.
    """
    subjects, load = _subjects(request), _load_average()
    _measure(subjects, request, progress or SilentProgress())
    return _report(subjects, request, load)


def compare_request(
    old: Path, new: Path, request: BenchRequest, *, max_slowdown: float, progress: Progress | None = None
) -> SpeedComparison:
    """Compare two stored reports, or measure two runs or model files in turn and compare them.

    Raises:
        EdgekitError: As `bench_request`; or one is a report and the other is not; or nothing goes together.
    """
    stored = [path.suffix.lower() == ".json" for path in (old, new)]
    if all(stored):
        before, after = load_speed_report(old), load_speed_report(new)
        return compare_speed(before, after, max_slowdown=max_slowdown, in_turn=False)
    if any(stored):
        raise UsageError(
            f"Expected two reports of edgekit bench, or two runs or model files. Received {old} and {new}."
        )
    sides = [_subjects(_of(request, path)) for path in (old, new)]
    _measure([one for side in sides for one in side], request, progress or SilentProgress())
    before, after = (_report(side, request, None) for side in sides)
    return compare_speed(before, after, max_slowdown=max_slowdown, in_turn=True)


def _of(request: BenchRequest, path: Path) -> BenchRequest:
    return replace(request, targets=(path,))


def _measure(subjects: Sequence[_Subject], request: BenchRequest, progress: Progress) -> None:
    """All rounds; a subject that failed is not measured again."""
    with progress.task("latency and throughput", len(subjects) * request.rounds) as advance:
        for number in range(request.rounds):
            for subject in subjects:
                if not subject.failure:
                    _measure_once(subject, request, is_first=number == 0)
                advance(1)


def _measure_once(subject: _Subject, request: BenchRequest, *, is_first: bool) -> None:
    threads = request.thread_counts
    job = SpeedJob(
        target=RUNTIMES[subject.runtime].target,
        artifact=subject.artifact.path.resolve(),
        image_shape=subject.image_shape,
        threads=threads,
        seconds=request.seconds,
        measures_throughput=is_first and request.measures_throughput,
    )
    limit = TIME_LIMIT + 10 * request.seconds * (len(threads) + 1)
    found = run_in_worker(job, _collect, Supervision(limit))
    if isinstance(found, ExecutionFailure):
        subject.failure = found.sentence
    else:
        subject.rounds.append(found)


def _collect(_: Path, result: dict[str, Any]) -> Measurement:
    measured: Measurement = typed(Measurement, result)
    return measured


def _load_average() -> float | None:
    """Of the last minute; None where the system has none."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows
        return None


def _report(subjects: Sequence[_Subject], request: BenchRequest, load: float | None) -> SpeedReport:
    return SpeedReport(
        rows=tuple(_row(subject) for subject in subjects),
        rounds=request.rounds,
        seconds=request.seconds,
        measured_on=now(),
        environment=this_environment().to_dict(),
        load_before=load,
    )


def _row(subject: _Subject) -> SpeedRow:
    artifact = subject.artifact
    row = SpeedRow(
        artifact=subject.name,
        sha256=artifact.sha256,
        size_bytes=artifact.size_bytes,
        format=artifact.format.value,
        precision=artifact.precision.value if artifact.precision else UNKNOWN,
        runtime=subject.runtime,
        failure=subject.failure,
    )
    return row if subject.failure else _with_measurements(row, subject.rounds)


def _with_measurements(row: SpeedRow, rounds: Sequence[Measurement]) -> SpeedRow:
    first = rounds[0]
    return replace(
        row,
        runtime_version=first.runtime_version,
        batch_size=first.batch_size,
        load_ms=median(one.load_ms for one in rounds),
        first_ms=median(one.first_ms for one in rounds),
        latency=tuple(_latency(rounds, place) for place in range(len(first.latency))),
        images_per_second=first.images_per_second,
        fastest_settings=_words(first.settings),
        peak_rss_bytes=max(one.peak_rss_bytes for one in rounds),
    )


def _latency(rounds: Sequence[Measurement], place: int) -> Latency:
    """Over all calls of all rounds, with the numbers of threads at `place`."""
    import numpy as np

    series = [one.latency[place].milliseconds for one in rounds]
    p50, p90, p99 = np.percentile(np.concatenate(series), [50, 90, 99])
    return Latency(
        num_threads=rounds[0].latency[place].num_threads,
        num_calls=sum(map(len, series)),
        p50_ms=float(p50),
        p90_ms=float(p90),
        p99_ms=float(p99),
        round_medians_ms=tuple(float(np.median(one)) for one in series),
    )


def _words(settings: SessionSettings | None) -> str:
    if settings is None:
        return ""
    parallel = [
        counted(settings.num_sessions, "session") if settings.num_sessions > 1 else "",
        counted(settings.num_threads, "thread") if settings.num_threads > 1 or settings.num_sessions == 1 else "",
    ]
    return ", ".join([*filter(None, parallel), f"batch {settings.batch_size}"])


def _subjects(request: BenchRequest) -> list[_Subject]:
    """What is to be measured, in the order of the files; raises EdgekitError if that is nothing."""
    named = _files(request.targets)
    chosen = [
        (name, artifact, shape)
        for name, artifact, shape in named
        if (not request.precisions or artifact.precision in request.precisions)
        and (not request.formats or artifact.format in request.formats)
    ]
    subjects = [
        _Subject(name=name, artifact=artifact, runtime=runtime, image_shape=shape)
        for name, artifact, shape in chosen
        for runtime in _runtimes(request.runtimes, artifact.format)
    ]
    if not subjects:
        raise UsageError(
            f"There is nothing to measure: {counted(len(named), 'file')}, none of which is of the precisions, formats "
            f"and runtimes that were asked for."
        )
    return subjects


def _runtimes(wanted: Sequence[str], of_format: Format) -> list[str]:
    """The runtimes that are asked for and read the format; by default those that apps run and that work here.

    Raises:
        UsageError: One that was asked for cannot work here.
    """
    loaded = [(name, RUNTIMES.load(name)) for name in wanted] or RUNTIMES.load_all()
    reading = [(name, runtime) for name, runtime in loaded if runtime.reads(of_format)]
    if not wanted:
        usual = [name for name, runtime in reading if runtime.is_usual and runtime.is_shipped]
        return [name for name in usual if availability_of(name).is_available]
    for name, _ in reading:
        if reason := availability_of(name).reason:
            raise UsageError(f"The runtime {name} cannot be measured: {reason}")
    return [name for name, _ in reading]


def _files(targets: Sequence[Path]) -> list[tuple[str, Artifact, tuple[int, ...]]]:
    """Name, file and (height, width, channels) of the images of each file that `targets` mean."""
    if not names_run(targets):
        return _with_shapes([(path.name, Artifact.from_file(path)) for path in targets], None)
    run = RunFolder.named(targets[0] if targets else None)
    artifacts = [(one.path.relative_to(run.path).as_posix(), one) for one in run.artifacts()]
    if not artifacts:
        raise RunFolderError(f"{run.path} holds no artifact. Export one first: edgekit export {for_shell(run.path)}")
    return _with_shapes(artifacts, run.manifest.get("dataset", {}).get("image_shape"))


def _with_shapes(
    files: Sequence[tuple[str, Artifact]], of_run: list[int] | None
) -> list[tuple[str, Artifact, tuple[int, ...]]]:
    if of_run:
        return [(name, artifact, tuple(of_run)) for name, artifact in files]
    inspector = FileInspector()
    inspector.read(artifact.path for _, artifact in files)
    return [(name, artifact, _shape(inspector, artifact.path)) for name, artifact in files]


def _shape(inspector: FileInspector, path: Path) -> tuple[int, ...]:
    """Of a file that cannot be read it is any: its row says what is wrong."""
    info = inspector.info_of(path)
    size, channels = (info.image_size, info.channels) if info else (None, None)
    return (*(size or DEFAULT_SIZE), channels or 3)
