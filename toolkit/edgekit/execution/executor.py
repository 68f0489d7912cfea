"""How candidates are run: the protocol, and the one that gives each its own worker process."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from edgekit.artifact import FileOptions
from edgekit.execution.availability import availability_of
from edgekit.execution.isolation import execute
from edgekit.execution.processor_sharing import Processors
from edgekit.execution.settings_cache import SettingsCache
from edgekit.execution.workload import TimeBudget
from edgekit.foundation.errors import UsageError
from edgekit.foundation.files.cache_folder import default_cache_dir
from edgekit.foundation.machine import available_memory_bytes, num_usable_cpus
from edgekit.foundation.progress import Advance
from edgekit.input_range import InputEncoding
from edgekit.runtimes import Availability, Execution, ExecutionFailure
from edgekit.runtimes.base import Watch

WORKER_BYTES = 500 * 2**20
"""Memory that is counted for each worker when it is settled how many run at the same time."""


class Executor(Protocol):
    """Runs artifacts. A candidate that fails is a result, not an exception."""

    def availability(self, runtime: str) -> Availability:
        """Whether the runtime of that name works here."""

    def prepare(self, num_candidates: int) -> int:
        """Get ready for that many candidates; how many of them to run at the same time, at least 1."""

    def while_no_worker_measures(self) -> AbstractContextManager[None]:
        """For work of this process that must not disturb a candidate that measures its speed."""

    def cancel(self) -> None:
        """End what runs, as soon as can be."""

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
        """Run `artifact` on the first `num_images` of `images_npy`.

        Args:
            runtime: A name in RUNTIMES.
            artifact: The model file.
            images_npy: uint8 (N, H, W, 3), RGB, 0 to 255.
            num_images: 1 to N.
            time_limit: Seconds after which the candidate is given up.
            advance: Called with the images finished since the last call.
            encoding: How pixels go into an external model; None: as they are.
            file_options: How an external model is opened; None: it has one output.
            order: An .npy file of int64 (num_images,): which images, in which order; None: the first ones.
            budget: The time after which no more images are run; None: all are.
            watch: Sees the scores as they come; when they are enough, the candidate may be stopped.
        """


class IsolatedExecutor:
    """Each candidate in its own process: one that crashes, hangs or runs out of memory harms nobody else.

    Args:
        jobs: How many run at the same time, at least 1; None: as many as there are processors and memory for.
        search_again: Do not believe the settings that were found before.
    """

    def __init__(self, jobs: int | None = None, *, search_again: bool = False) -> None:
        if jobs is not None and jobs < 1:
            raise UsageError(f"The number of jobs must be at least 1. Received {jobs}.")
        self._jobs = jobs
        self._cache = SettingsCache(folder=default_cache_dir(), search_again=search_again)
        self._processors = Processors()

    def availability(self, runtime: str) -> Availability:
        """Whether the runtime of that name works here."""
        return availability_of(runtime)

    def prepare(self, num_candidates: int) -> int:
        """Let them share the processors; with more than one at a time each has a part of them."""
        self._processors = Processors(max(1, min(self._jobs or default_jobs(), num_candidates)))
        return self._processors.num_workers

    def while_no_worker_measures(self) -> AbstractContextManager[None]:
        """Wait until no worker measures, and let none begin."""
        return self._processors.while_no_worker_measures()

    def cancel(self) -> None:
        """End every worker."""
        self._processors.cancel()

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
        """Run in a worker process; see `edgekit.execution.isolation`."""
        return execute(
            runtime,
            artifact,
            images_npy,
            num_images=num_images,
            time_limit=time_limit,
            encoding=encoding,
            file_options=file_options,
            order=order,
            budget=budget,
            cache=self._cache,
            processors=self._processors,
            watch=watch,
            advance=advance,
        )


def default_jobs() -> int:
    """Candidates at the same time: one per processor, as far as there is memory for them."""
    memory = available_memory_bytes()
    return max(1, min(num_usable_cpus(), num_usable_cpus() if memory is None else memory // WORKER_BYTES))
