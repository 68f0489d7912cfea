"""Runs a candidate in its own worker process, and handles whatever happens to it.

A crash, a hang, too much memory or a broken answer of a runtime becomes an `ExecutionFailure` with a
reason in words. Knows no runtime but by its name.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import FileOptions
from edgekit.execution.processor_sharing import Processors
from edgekit.execution.settings_cache import SettingsCache
from edgekit.execution.worker.job_file import ScoringJob, TrialJob
from edgekit.execution.worker.messages import ALONE
from edgekit.execution.worker.process import Supervision, run_in_worker
from edgekit.execution.workload import TimeBudget
from edgekit.foundation.progress import Advance
from edgekit.input_range import InputEncoding
from edgekit.runtimes import RUNTIMES
from edgekit.runtimes.base import Execution, ExecutionFailure, SessionSettings, Watch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def execute(
    runtime: str,
    artifact: Path,
    images: Path,
    *,
    num_images: int | None = None,
    time_limit: float = 3600.0,
    memory_limit: int | None = None,
    settings: SessionSettings | None = None,
    encoding: InputEncoding | None = None,
    file_options: FileOptions | None = None,
    order: Path | None = None,
    budget: TimeBudget | None = None,
    cache: SettingsCache | None = None,
    processors: Processors | None = None,
    watch: Watch | None = None,
    advance: Advance = lambda _: None,
) -> Execution | ExecutionFailure:
    """Run `artifact` in `runtime` on the first `num_images` images, in a separate process.

    Args:
        runtime: A name in `RUNTIMES`, or the "module:attribute" of a runtime that is not listed there.
        artifact: The model file.
        images: A `.npy` file of uint8 (N, H, W, 3), RGB, 0 to 255, in C order, or a note; see `ImageFile`.
        num_images: How many to run; None or more than there are: all of them.
        time_limit: Seconds for loading, finding the settings and running together, above 0.
        memory_limit: Bytes of memory that the worker may allocate (Linux); None: MEMORY_SHARE of what is free.
        settings: Threads, sessions and batch; None: the best that a short search finds.
        encoding: How pixels go into an external model; None: as they are.
        file_options: How an external model is opened; None: it has one output.
        order: An .npy file of whole numbers: which of the images are run, and in which order; None: as they are.
        budget: The time after which no more images are run; None: all are.
        cache: Where settings that were found are kept; None: nowhere.
        processors: What it shares with other workers, which call this from other threads; None: it works alone.
        watch: Sees scores as they come, and may say that they are enough.
        advance: Called with the number of images finished since the last call.

    Returns:
        What was measured, or why it could not be. Fewer images than asked for if `watch` said so or time was up.

    Raises:
        UnknownNameError: There is no such runtime.
        Cancelled: `processors` was cancelled.
    """
    job = ScoringJob(
        target=_target_of(runtime),
        artifact=artifact.resolve(),
        images=images.resolve(),
        num_images=num_images,
        settings=settings,
        encoding=encoding,
        file_options=file_options,
        order=order and order.resolve(),
        cache=cache,
        budget=budget,
        is_shared=processors is not None and processors.num_workers > 1,
    )
    supervision = Supervision(time_limit, advance, watch, memory_limit)
    return run_in_worker(job, collect_scores, supervision, processors)


def try_encodings(
    runtime: str,
    artifact: Path,
    images: Path,
    encodings: Sequence[InputEncoding],
    *,
    file_options: FileOptions | None = None,
    time_limit: float = 3600.0,
) -> "NDArray[np.float32] | ExecutionFailure":
    """Run `artifact` on all images once with each of `encodings`, in a separate process.

    Args:
        runtime: As in `execute`.
        artifact: The model file.
        images: As in `execute`; a few hundred.
        encodings: How pixels are to go in, at least one.
        file_options: As in `execute`.
        time_limit: Seconds for everything together.

    Returns:
        float32 (E, N, C): the scores, NaN if the model cannot be fed so; or why nothing could be run.
    """
    job = TrialJob(
        target=_target_of(runtime),
        artifact=artifact.resolve(),
        images=images.resolve(),
        encodings=tuple(encodings),
        file_options=file_options,
    )
    return run_in_worker(job, _collect_trials, Supervision(time_limit))


def _target_of(runtime: str) -> str:
    """The "module:attribute" of a runtime; raises UnknownNameError."""
    return runtime if ":" in runtime else RUNTIMES[runtime].target


def collect_scores(folder: Path, result: dict[str, Any]) -> Execution:
    """What a worker that scored images left in `folder`; raises ValueError if it is something else."""
    import numpy as np

    scores = np.load(folder / "scores.npy", mmap_mode="r", allow_pickle=False)[: result["num_images"]]
    if scores.dtype != np.float32 or scores.ndim != 2 or len(scores) != result["num_images"]:
        raise ValueError(f"scores of type {scores.dtype} and shape {scores.shape}")
    return Execution(
        scores=scores,
        seconds=float(result["seconds"]),
        images_per_second=float(result["images_per_second"]),
        peak_rss_bytes=int(result["peak_rss_bytes"]),
        runtime_version=str(result["runtime_version"]),
        settings=SessionSettings(**result["settings"]),
        alone=np.load(folder / ALONE, allow_pickle=False) if result.get("num_alone") else None,
        remark=str(result["remark"]),
    )


def _collect_trials(folder: Path, _: dict[str, Any]) -> "NDArray[np.float32]":
    """What a worker that tried several encodings left in `folder`."""
    import numpy as np

    scores: NDArray[np.float32] = np.load(folder / "scores.npy", allow_pickle=False)
    if scores.dtype != np.float32 or scores.ndim != 3:
        raise ValueError(f"scores of type {scores.dtype} and shape {scores.shape}")
    return scores
