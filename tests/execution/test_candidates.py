"""Candidates are run side by side, and what they give is read; nothing that goes wrong with one stops the others."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.fakes import FakeExecutor, answer_with, numbered_images

from edgekit.execution.candidates import CandidateRunner, ScoringTask, default_time_limit
from edgekit.execution.model_interface import ModelInterface
from edgekit.execution.workload import Workload
from edgekit.foundation.progress import SilentProgress
from edgekit.runtimes import ExecutionFailure

COUNT = 300
SCORES = np.random.default_rng(0).dirichlet(np.ones(3), COUNT).astype(np.float32)


@dataclass
class SeveralAtATime(FakeExecutor):
    """Runs three at a time, and remembers whether it was cancelled."""

    cancelled: list[bool] = field(default_factory=list)

    def prepare(self, num_candidates: int) -> int:
        return min(3, num_candidates)

    def cancel(self) -> None:
        self.cancelled.append(True)


@pytest.fixture
def workload(tmp_path: Path) -> Workload:
    np.save(tmp_path / "images.npy", numbered_images(COUNT))
    return Workload(images=tmp_path / "images.npy", num_images_of_split=COUNT)


def task(name: str, workload: Workload, interface: ModelInterface | None = None, runtime: str = "any") -> ScoringTask:
    return ScoringTask(title=name, runtime=runtime, artifact=Path(name), workload=workload, interface=interface)


def runner(executor: FakeExecutor, *tasks: ScoringTask) -> CandidateRunner:
    return CandidateRunner(tasks, executor=executor, time_limit=None, progress=SilentProgress())


def in_random_order(workload: Workload, folder: Path, count: int = COUNT) -> Workload:
    order = np.random.default_rng(1).permutation(COUNT)[:count]
    np.save(folder / "order.npy", order)
    return Workload(images=workload.images, num_images_of_split=COUNT, indices=order, order_file=folder / "order.npy")


def test_scores_come_with_what_running_took(workload: Workload) -> None:
    one = task("a", workload)
    result = runner(FakeExecutor({"a": answer_with(SCORES)}), one).run(one)
    assert np.array_equal(result.scores, SCORES)
    assert (result.is_available, result.failure, result.places, result.were_logits) == (True, None, None, False)
    assert result.runtime_version == "1.0"
    assert result.performance.images_per_second == COUNT / 2


def test_a_runtime_that_is_not_here_and_a_crash_are_results(workload: Workload) -> None:
    absent, crashes = task("a", workload, runtime="absent"), task("b", workload)
    executor = FakeExecutor({"b": ExecutionFailure(reason="crashed with SIGSEGV")}, unavailable={"absent": "Not here."})
    both = runner(executor, absent, crashes)
    result = both.run(absent)
    assert (result.is_available, result.failure, result.runtime_version) == (False, "Not here.", "1.0")
    result = both.run(crashes)
    assert (result.is_available, result.failure) == (True, "The worker process crashed with SIGSEGV.")
    assert result.scores is None
    assert len(executor.calls) == 1


def test_a_random_order_comes_back_in_the_order_of_the_split(workload: Workload, tmp_path: Path) -> None:
    for count in (COUNT, 40):
        one = task("a", in_random_order(workload, tmp_path, count))
        result = runner(FakeExecutor({"a": answer_with(SCORES)}), one).run(one)
        expected = SCORES if result.places is None else SCORES[result.places]
        assert np.array_equal(result.scores, expected)
        assert (result.places is None) == (count == COUNT)


def test_whoever_watches_sees_probabilities_and_ends_the_run(workload: Workload, tmp_path: Path) -> None:
    logits = np.log(SCORES)[:, [2, 0, 1]]
    interface = ModelInterface(output="logits", order=(1, 2, 0))
    one = task("a", in_random_order(workload, tmp_path), interface)
    seen: list[NDArray[np.float32]] = []

    def watch(rows: NDArray[np.float32]) -> bool:
        seen.append(rows)
        return len(seen) == 2

    result = runner(FakeExecutor({"a": answer_with(logits)}), one).run(one, watch)
    order = one.workload.indices
    assert np.allclose(np.concatenate(seen), SCORES[order[:200]], atol=1e-6)
    assert result.places.tolist() == sorted(order[:200].tolist())
    assert np.allclose(result.scores, SCORES[result.places], atol=1e-6)
    assert result.were_logits


def test_scores_that_cannot_be_read_end_the_run_and_say_why(workload: Workload, tmp_path: Path) -> None:
    one = task("a", in_random_order(workload, tmp_path), ModelInterface(output="probabilities"))
    seen: list[int] = []
    executor = FakeExecutor({"a": answer_with(np.log(SCORES))})
    result = runner(executor, one).run(one, lambda rows: bool(seen.append(len(rows))))
    assert seen == []
    assert "announced as probabilities" in result.failure
    assert result.scores is None
    assert result.performance is not None


@pytest.mark.parametrize("kind", [FakeExecutor, SeveralAtATime])
def test_results_are_in_the_order_of_the_tasks(workload: Workload, kind: type[FakeExecutor]) -> None:
    tasks = [task(str(number), workload) for number in range(7)]
    first_is_last = threading.Event()

    def process(number: int) -> int:
        if number == 0 and kind is SeveralAtATime:
            assert first_is_last.wait(10)
        if number == 6:
            first_is_last.set()
        return number * number

    assert runner(kind({}), *tasks).for_each(process) == [number * number for number in range(7)]


def test_an_exception_cancels_the_workers_and_is_raised(workload: Workload) -> None:
    executor = SeveralAtATime({})

    def process(number: int) -> int:
        if number == 1:
            raise KeyboardInterrupt
        return number

    with pytest.raises(KeyboardInterrupt):
        runner(executor, *(task(str(number), workload) for number in range(4))).for_each(process)
    assert executor.cancelled == [True]


def test_the_time_limit_grows_with_the_images() -> None:
    assert default_time_limit(0) == 600
    assert default_time_limit(10_000) == 1600


def test_a_missing_kernel_leaves_a_file_unrun_unless_the_runtime_is_the_usual_one_of_its_format(
    workload: Workload,
) -> None:
    """ELU is nothing that LiteRT's reference kernels can do; what XNNPACK cannot run cannot be shipped."""
    lacks = ExecutionFailure(reason="This runtime has no kernel for ELU (version 1).", is_kernel_missing=True)
    executor = FakeExecutor({"a": lacks})
    reference, usual = (task("a", workload, runtime=name) for name in ("litert-reference", "litert-xnnpack"))
    results = [runner(executor, one).run(one) for one in (reference, usual)]
    assert [result.is_available for result in results] == [False, True]
    assert {result.failure for result in results} == {lacks.reason}
    assert results[0].runtime_version == "1.0"
