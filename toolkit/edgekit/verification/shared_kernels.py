"""A file that two runtimes run with the same kernels is run once: the second runtime confirms it on some images.

Which these are, a candidate says (`Candidate.same_kernels_as`). If the few scores differ in a single bit, the second
runtime runs everything. Judges nothing, and knows no row but as what is handed on.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from edgekit.execution.candidates import CandidateRunner, ScoringResult, ScoringTask
from edgekit.verification.candidate import Candidate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUM_CONFIRMING = 16
"""Images that the second runtime runs."""

WORTHWHILE = 4 * NUM_CONFIRMING
"""Of fewer images each runtime runs all."""

_Row = TypeVar("_Row")


class SharedKernels(Generic[_Row]):
    """The candidates of one verification; several threads may run theirs at once.

    Args:
        candidates: All of them.
        tasks: What each is to run, in the same order.
        runner: Runs a task.
    """

    def __init__(self, candidates: Sequence[Candidate], tasks: Sequence[ScoringTask], runner: CandidateRunner) -> None:
        self._tasks = tasks
        self._runner = runner
        places = {(one.artifact.path, one.runtime): number for number, one in enumerate(candidates)}
        self._first_of = {
            number: places[one.artifact.path, one.same_kernels_as]
            for number, one in enumerate(candidates)
            if one.same_kernels_as and tasks[number].workload.num_images >= WORTHWHILE
        }
        self._answers: dict[int, Future[tuple[_Row, NDArray[np.float32] | None]]] = {
            first: Future() for first in self._first_of.values()
        }

    def run(
        self,
        number: int,
        run_all: Callable[[], tuple[_Row, ScoringResult]],
        as_shared: Callable[[_Row, ScoringResult], _Row],
    ) -> _Row:
        """Run the candidate of that number, or take the row of the one whose kernels it shares.

        Args:
            number: From 0.
            run_all: Runs it as if it were alone.
            as_shared: Makes its row of the other one's, and of what it gave on some images.
        """
        if number in self._first_of:
            row, expected = self._answers[self._first_of[number]].result()
            if (found := self._confirmed(number, expected)) is not None:
                return as_shared(row, found)
        answer = self._answers.get(number)
        try:
            row, result = run_all()
            if answer:
                answer.set_result((row, self._some_scores(number, result)))
        except BaseException as error:  # Ctrl-C too: who waits for the answer must not wait for ever
            if answer:
                answer.set_exception(error)
            raise
        return row

    def _some_scores(self, number: int, result: ScoringResult) -> "NDArray[np.float32] | None":
        """The scores of the images that the second runtime will run, float32 (n, C); None if they are not there."""
        import numpy as np

        wanted = self._tasks[number].workload.places_of_first(NUM_CONFIRMING)
        if result.scores is None or wanted is None:
            return None
        if result.places is None:
            return np.array(result.scores[wanted])
        is_wanted = np.isin(result.places, wanted)
        return np.array(result.scores[is_wanted]) if is_wanted.sum() == len(wanted) else None

    def _confirmed(self, number: int, expected: "NDArray[np.float32] | None") -> ScoringResult | None:
        """What the candidate gives on some images, if that is `expected`, bit by bit; None if it is not."""
        import numpy as np

        if expected is None:
            return None
        task = self._tasks[number]
        some = replace(task, title=f"{task.title}, to confirm", workload=task.workload.first(NUM_CONFIRMING))
        found = self._runner.run(some)
        return found if found.scores is not None and np.array_equal(found.scores, expected) else None
