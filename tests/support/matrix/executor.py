"""An executor that runs files in this process: the real runtimes, without a second of start-up for each file."""

import time
from pathlib import Path

import numpy as np

from edgekit.artifact import FileOptions
from edgekit.execution.executor import Watch
from edgekit.execution.scoring import scores_of
from edgekit.execution.workload import TimeBudget
from edgekit.foundation.errors import EdgekitError, MissingKernelError
from edgekit.foundation.progress import Advance
from edgekit.foundation.quiet import held_back
from edgekit.input_range import InputEncoding
from edgekit.runtimes import RUNTIMES, Execution, ExecutionFailure, SessionSettings
from support.one_by_one import OneByOne


class InThisProcess(OneByOne):
    """An `edgekit.execution.executor.Executor` for files that nobody needs protection from."""

    def execute(
        self,
        runtime: str,
        artifact: Path,
        images_npy: Path,
        *,
        num_images: int,
        time_limit: float,
        advance: Advance,
        encoding: InputEncoding | None = None,
        file_options: FileOptions | None = None,
        order: Path | None = None,
        budget: TimeBudget | None = None,
        watch: Watch | None = None,
    ) -> Execution | ExecutionFailure:
        images = np.load(images_npy, mmap_mode="r")
        chosen = images[:num_images] if order is None else images[np.load(order)[:num_images]]
        kind, settings = RUNTIMES.load(runtime), SessionSettings(file_options=file_options)
        try:
            with held_back():
                session = kind.open(artifact, settings)
                started = time.monotonic()
                scores = scores_of(session, np.ascontiguousarray(chosen), encoding)
        except EdgekitError as error:
            return ExecutionFailure(reason=str(error), is_kernel_missing=isinstance(error, MissingKernelError))
        seconds = time.monotonic() - started
        return Execution(
            scores=scores,
            seconds=seconds,
            images_per_second=len(scores) / seconds,
            peak_rss_bytes=0,
            runtime_version=kind.availability().version or "",
            settings=settings,
        )
