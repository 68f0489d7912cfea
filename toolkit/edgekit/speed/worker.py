"""`python -m edgekit.speed.worker JOB.json`: measures one file in one runtime, in a process of its own.

The errors are those of `edgekit.execution.worker.main`.
"""

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from edgekit.execution.worker.job_file import Job
from edgekit.execution.worker.main import load_runtime, peak_rss_bytes, run_job
from edgekit.foundation.machine import num_usable_cpus
from edgekit.runtimes.base import Runtime, Session, SessionSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 0
"""Of the random pixels. What a network calculates does not depend on them, and neither does its time."""

WARM_UP_CALLS = 3
"""Calls before latency is measured, at least: the first ones find memory and caches cold."""
WARM_UP_SHARE = 0.1
"""Share of the time of a measurement that is spent on such calls."""

MIN_CALLS = 10
"""Calls that are measured in any case, however long one takes."""


@dataclass(frozen=True, kw_only=True)
class SpeedJob(Job):
    """To measure one file.

    Attributes:
        target: The runtime, as "module:attribute".
        artifact: The model file.
        image_shape: (height, width, channels) of the images that it is fed.
        threads: Latency is measured with each of these numbers of threads, at batch 1.
        seconds: How long one measurement takes, above 0.
        measures_throughput: Whether to find the fastest batch and threads, and the images per second there.
    """

    module = "edgekit.speed.worker"
    target: str
    artifact: Path
    image_shape: tuple[int, ...]
    threads: tuple[int, ...]
    seconds: float
    measures_throughput: bool = True


@dataclass(frozen=True, kw_only=True)
class CallTimes:
    """How long the calls of one measurement took.

    Attributes:
        num_threads: Threads of the runtime.
        milliseconds: One number per call, in their order.
    """

    num_threads: int
    milliseconds: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one worker measured.

    Attributes:
        runtime_version: Of the library that ran the file.
        batch_size: Images per call: 1, or the file's own fixed batch.
        load_ms: Milliseconds to open the file with one thread.
        first_ms: Milliseconds of the first call.
        latency: One entry per number of threads.
        images_per_second: At the fastest settings; None if that was not measured.
        settings: These settings; None if that was not measured.
        peak_rss_bytes: Largest resident memory of the worker process while it ran with one thread.
    """

    runtime_version: str
    batch_size: int
    load_ms: float
    first_ms: float
    latency: tuple[CallTimes, ...]
    images_per_second: float | None
    settings: SessionSettings | None
    peak_rss_bytes: int


def work(job: SpeedJob, _scores: Path, _commands: TextIO, progress: TextIO) -> dict[str, Any]:
    """Measure, and say in `progress` how many measurements are done."""
    import numpy as np

    runtime = load_runtime(job.target)
    images = np.random.default_rng(SEED).integers(0, 256, (1, *job.image_shape), np.uint8)
    start = time.perf_counter()
    session = runtime.open(job.artifact, SessionSettings())
    load_ms = _milliseconds_since(start)
    batch = _batch_for(session, images)
    first_ms = _call(session, batch)
    latency, memory = [], 0
    for number, num_threads in enumerate(job.threads):
        if num_threads != 1:
            session = runtime.open(job.artifact, SessionSettings(num_threads=num_threads))
        latency.append(CallTimes(num_threads=num_threads, milliseconds=_call_times(session, batch, job.seconds)))
        memory = memory or peak_rss_bytes()
        print(number + 1, file=progress, flush=True)
    measured = Measurement(
        runtime_version=str(runtime.availability().version),
        batch_size=session.batch_size,
        load_ms=load_ms,
        first_ms=first_ms,
        latency=tuple(latency),
        images_per_second=None,
        settings=None,
        peak_rss_bytes=memory,
    )
    if job.measures_throughput:
        measured = _with_throughput(measured, runtime, job, images)
    return asdict(measured)


def _with_throughput(
    measured: Measurement, runtime: type[Runtime], job: SpeedJob, images: "NDArray[np.uint8]"
) -> Measurement:
    """With the images per second of the fastest settings that a search finds."""
    import numpy as np

    from edgekit.execution.fastest_settings import BATCH_SIZES, SettingsSearch, images_per_second

    many = np.repeat(images, BATCH_SIZES[-1], axis=0)
    search = SettingsSearch(
        open_session=lambda settings: runtime.open(job.artifact, settings),
        images=many,
        num_images=10**6,  # the search may try every batch
        num_cpus=num_usable_cpus(),
        memory=peak_rss_bytes,
    )
    settings = search.search()
    rate = images_per_second(search.take(settings), many[: settings.batch_size], job.seconds)
    return replace(measured, images_per_second=rate, settings=settings)


def _batch_for(session: Session, images: "NDArray[np.uint8]") -> "NDArray[Any]":
    """The images as the session takes them, as many as one call takes."""
    import numpy as np

    from edgekit.execution.pixels import encoder_for

    encode = encoder_for(session.input_spec, images.shape[1:])
    return encode(np.repeat(images, session.batch_size, axis=0))


def _call_times(session: Session, batch: "NDArray[Any]", seconds: float) -> tuple[float, ...]:
    """Milliseconds of each call for about `seconds`, after calls that only warm up."""
    _calls(session, batch, seconds * WARM_UP_SHARE, WARM_UP_CALLS)
    return tuple(_calls(session, batch, seconds, MIN_CALLS))


def _calls(session: Session, batch: "NDArray[Any]", seconds: float, at_least: int) -> list[float]:
    end, times = time.perf_counter() + seconds, list[float]()
    while len(times) < at_least or time.perf_counter() < end:
        times.append(_call(session, batch))
    return times


def _call(session: Session, batch: "NDArray[Any]") -> float:
    """Milliseconds of one call: the batch copied in, run, and the scores copied out."""
    start = time.perf_counter()
    session.invoke(batch)
    return _milliseconds_since(start)


def _milliseconds_since(start: float) -> float:
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    run_job(SpeedJob, work)
