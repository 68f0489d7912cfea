"""Inspects model files in worker processes: a file that crashes, hangs or exhausts memory only loses its own result.

What a file says of itself is read by libraries that trust it more than they should. So no command reads a model file in
its own process: all files that are asked for together share one worker. If it does not survive a file, that file is
given up, and other workers read those before and after it.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edgekit.execution.processor_sharing import Processors
from edgekit.execution.worker.inspection import InspectedFile, InspectionJob
from edgekit.execution.worker.job_file import typed
from edgekit.execution.worker.process import Supervision, run_in_worker
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.info import ModelInfo
from edgekit.runtimes.base import ExecutionFailure

SECONDS = 60.0
"""What the files of one worker may take together, a second more for each, and `SECONDS` for each `BYTES_PER_PERIOD`."""
BYTES_PER_PERIOD = 2**30
ENOUGH_SECONDS = 20.0
"""What a user's own limit, which is meant for a candidate, leaves an inspection in any case."""


class FileInspector:
    """What model files say of themselves; each file is read once.

    At the end of a `with` block a worker that is still reading is ended.

    Args:
        time_limit: Seconds for one worker at most, above 0; None: `SECONDS` and more for large files.
    """

    def __init__(self, time_limit: float | None = None) -> None:
        self._time_limit = time_limit
        self._known: dict[Path, InspectedFile] = {}
        self._processors = Processors()
        self._begun: Future[dict[Path, InspectedFile]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._begun is not None:
            self._processors.cancel()

    def begin(self, paths: Iterable[Path]) -> None:
        """Read those of the files that are not known yet, in one worker, while the caller goes on.

        Who asks for a file before they have been read waits for them. Raises what `read` raises, there.
        """
        self._wait()
        new = self._unknown(paths)
        pool = ThreadPoolExecutor(max_workers=1)
        self._begun = pool.submit(self._read, new)
        pool.shutdown(wait=False)

    def read(self, paths: Iterable[Path]) -> None:
        """Read those of the files that are not known yet, in one worker."""
        self._wait()
        self._known |= self._read(self._unknown(paths))

    def _wait(self) -> None:
        if self._begun is not None:
            self._known |= self._begun.result()
            self._begun = None

    def _unknown(self, paths: Iterable[Path]) -> list[Path]:
        return list(dict.fromkeys(path for path in paths if path not in self._known))

    def _read(self, paths: list[Path]) -> dict[Path, InspectedFile]:
        return dict(zip(paths, _inspect(paths, self._time_limit, self._processors), strict=True))

    def of(self, path: Path) -> InspectedFile:
        """What is known of the file at `path`, which is read now if it was not before."""
        self.read([path])
        return self._known[path]

    def readable(self, path: Path) -> ModelInfo:
        """What the file says of itself; raises ArtifactError if it cannot be read."""
        return _readable(self.of(path))

    def info_of(self, path: Path) -> ModelInfo | None:
        """What the file says of itself; None if it cannot be read; running it reports that."""
        return self.of(path).info


def inspect_in_worker(path: Path, *, with_kernels: bool = False) -> ModelInfo:
    """`edgekit.inspection.inspect_file` in a separate process.

    Args:
        path: The model file.
        with_kernels: Count the zeros and the distinct values of every kernel too.

    Raises:
        ArtifactError: It is missing, empty, broken, or no model; or its reader crashed, hung or ran out of memory.
    """
    [found] = _inspect([path], None, with_kernels=with_kernels)
    return _readable(found)


def _readable(found: InspectedFile) -> ModelInfo:
    if found.info is None:
        raise ArtifactError(found.fault)
    return found.info


def _inspect(
    paths: Sequence[Path], time_limit: float | None, processors: Processors | None = None, *, with_kernels: bool = False
) -> list[InspectedFile]:
    """One answer for each file, in their order; if a worker does not survive a file, others read those around it."""
    if not paths:
        return []
    num_done = 0

    def advance(count: int) -> None:
        nonlocal num_done
        num_done += count

    job = InspectionJob(files=tuple(paths), with_kernels=with_kernels)
    limit = min(time_limit or float("inf"), _seconds_for(paths))
    found = run_in_worker(job, _collect, Supervision(limit, advance), processors)
    if not isinstance(found, ExecutionFailure) and len(found) == len(paths):
        return found
    at = min(num_done, len(paths) - 1)
    reason = found.sentence if isinstance(found, ExecutionFailure) else "It gave no answer."
    fault = InspectedFile(fault=f"{paths[at]} cannot be inspected. {reason} Copy or export it again.")
    return [
        *_inspect(paths[:at], time_limit, processors, with_kernels=with_kernels),
        fault,
        *_inspect(paths[at + 1 :], time_limit, processors, with_kernels=with_kernels),
    ]


def _collect(_: Path, result: dict[str, Any]) -> list[InspectedFile]:
    return [typed(InspectedFile, answer) for answer in result["files"]]


def _seconds_for(paths: Sequence[Path]) -> float:
    num_bytes = sum(path.stat().st_size for path in paths if path.is_file())
    return SECONDS + len(paths) + SECONDS * num_bytes / BYTES_PER_PERIOD
