"""Runs candidates in their runtimes, several at a time, and reads what they give. Compares nothing."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from edgekit.execution.executor import Executor
from edgekit.execution.model_interface import ModelInterface, ReadScores
from edgekit.execution.workload import Workload
from edgekit.foundation.errors import VerificationError
from edgekit.foundation.progress import Progress
from edgekit.runtimes import DEFAULT_RUNTIMES
from edgekit.runtimes.base import Availability, Execution, ExecutionFailure, Performance, Watch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoringTask:
    """One file that is to be run in one runtime.

    Attributes:
        title: For the progress bar: "3/23 tflite int8 in litert-xnnpack".
        runtime: Name of the runtime.
        artifact: The file.
        workload: The images.
        interface: How an external model is fed and read; None: raw pixels in, probabilities out.
    """

    title: str
    runtime: str
    artifact: Path
    workload: Workload
    interface: ModelInterface | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoringResult:
    """What happened to a task.

    Attributes:
        is_available: Whether its runtime works here and has a kernel for every operator; else nothing was run.
        failure: Why there are no scores, as a whole sentence; None if there are.
        scores: float32 (n, C), in the order of the split, in the class order of the data set; None if `failure` says
            why.
        places: The places of these images in the split: whole numbers (n,), ascending; None: they are the whole split.
        were_logits: Whether a softmax, or a sigmoid, made probabilities of the scores.
        was_one_score: Whether the model gave one score for two classes.
        remark: How the file was opened, as a whole sentence; "" for nothing.
        runtime_version: Version of the runtime; None if the candidate did not get so far.
        performance: What running took; None if the candidate did not get so far.
    """

    is_available: bool = True
    failure: str | None = None
    scores: "NDArray[np.float32] | None" = None
    places: "NDArray[Any] | None" = None
    were_logits: bool = False
    was_one_score: bool = False
    remark: str = ""
    runtime_version: str | None = None
    performance: Performance | None = None


class CandidateRunner:
    """Runs the tasks of one verification; `run` may be called by several threads.

    Args:
        tasks: What is to be run.
        executor: Runs one file.
        time_limit: Seconds for one candidate; None: by the number of images.
        progress: Where it reports.
    """

    def __init__(
        self, tasks: Sequence[ScoringTask], *, executor: Executor, time_limit: float | None, progress: Progress
    ) -> None:
        self._tasks = tasks
        self._executor = executor
        self._time_limit = time_limit
        self._progress = progress
        self._availability = {name: executor.availability(name) for name in {task.runtime for task in tasks}}

    def while_no_worker_measures(self) -> AbstractContextManager[None]:
        """For work of this process that must not disturb a candidate that measures its speed."""
        return self._executor.while_no_worker_measures()

    def for_each(self, process: Callable[[int], _Result]) -> list[_Result]:
        """Call `process` with the number of each task, several at a time; the results in the order of the tasks.

        An exception ends every worker and is raised.
        """
        num_available = sum(self._availability[task.runtime].is_available for task in self._tasks)
        num_workers = self._executor.prepare(num_available)
        if num_workers == 1:
            return [process(number) for number in range(len(self._tasks))]
        with ThreadPoolExecutor(num_workers, thread_name_prefix="verify") as pool:
            running = [pool.submit(process, number) for number in range(len(self._tasks))]
            try:
                return [one.result() for one in running]
            except BaseException:  # Ctrl-C above all: the workers must end before anybody waits for them
                self._executor.cancel()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def run(self, task: ScoringTask, watch: Watch | None = None) -> ScoringResult:
        """Run one task; `watch` sees the scores as they come, as probabilities, and may say that they are enough."""
        availability = self._availability[task.runtime]
        if not availability.is_available:
            return _not_tried(availability)
        execution = self._execute(task, watch and _reading(watch, task.interface))
        if isinstance(execution, ExecutionFailure):
            return _failed(task, execution, availability)
        with self.while_no_worker_measures():
            return _read(task, execution, may_stop=watch is not None)

    def _execute(self, task: ScoringTask, watch: Watch | None) -> Execution | ExecutionFailure:
        workload = task.workload
        with self._progress.task(task.title, workload.num_images) as advance:
            return self._executor.execute(
                task.runtime,
                task.artifact,
                workload.images,
                num_images=workload.num_images,
                time_limit=self._time_limit or default_time_limit(workload.num_images),
                advance=advance,
                encoding=task.interface.encoding if task.interface else None,
                file_options=task.interface.file_options if task.interface else None,
                order=workload.order_file,
                budget=workload.budget,
                watch=watch,
            )


def default_time_limit(num_images: int) -> float:
    """Seconds after which a candidate counts as hung: 600, and a tenth for each image."""
    return 600.0 + 0.1 * num_images


def _not_tried(availability: Availability) -> ScoringResult:
    reason = availability.reason or "The runtime does not work here."
    return ScoringResult(is_available=False, failure=reason, runtime_version=availability.version)


def _failed(task: ScoringTask, failure: ExecutionFailure, availability: Availability) -> ScoringResult:
    """A file that ships must run in the usual runtime of its format; other runtimes need not have every kernel."""
    if failure.is_kernel_missing and task.runtime not in DEFAULT_RUNTIMES.values():
        return ScoringResult(is_available=False, failure=failure.sentence, runtime_version=availability.version)
    return ScoringResult(failure=failure.sentence)


def _read(task: ScoringTask, execution: Execution, *, may_stop: bool) -> ScoringResult:
    """The scores in the order of the split, as probabilities in the class order of the data set."""
    result = ScoringResult(
        runtime_version=execution.runtime_version, performance=execution.performance, remark=execution.remark
    )
    read = ReadScores(scores=task.workload.in_split_order(execution.scores))
    if task.interface:
        try:
            read = task.interface.read(read.scores)
        except VerificationError as error:
            return replace(result, failure=str(error))
    num_scored = len(read.scores) if may_stop or task.workload.budget else task.workload.num_images
    return replace(
        result,
        scores=read.scores,
        places=task.workload.places_of_first(num_scored),
        were_logits=read.were_logits,
        was_one_score=read.was_one_score,
    )


def _reading(watch: Watch, interface: ModelInterface | None) -> Watch:
    """`watch` for scores as the model gives them."""
    if interface is None:
        return watch

    def read_and_watch(rows: "NDArray[np.float32]") -> bool:
        if interface.needs_all_scores and interface.is_one_score(rows):
            return False
        try:
            return watch(interface.read(rows).scores)
        except VerificationError:  # enough: it is raised again, and told, when all scores are read
            return True

    return read_and_watch
