"""Several workers at once: nobody disturbs a measurement, and nobody waits for ever."""

import json
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.execution.isolation import execute
from edgekit.execution.processor_sharing import Cancelled, Processors
from edgekit.foundation.errors import UsageError
from edgekit.runtimes import Execution, ExecutionFailure, SessionSettings

ONE_BY_ONE = SessionSettings()


class Recorded:
    """A worker that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")

    def use(self, num_cpus: int) -> None:
        self.told.append(str(num_cpus))


def test_shares_are_equal_and_follow_who_is_there() -> None:
    processors = Processors(3, num_cpus=5)
    first, second, third = Recorded(), Recorded(), Recorded()
    for worker in (first, second, third):
        processors.add(worker)
    processors.remove(second)
    assert first.told == ["5", "3", "2", "3"]
    assert third.told == ["1", "2"]
    one = Processors(2, num_cpus=1)
    one.add(first)
    one.add(second)
    assert second.told[-1] == first.told[-1] == "1"


def test_others_stand_still_while_one_is_alone() -> None:
    processors = Processors(2, num_cpus=2)
    first, second = Recorded(), Recorded()
    processors.add(first)
    processors.add(second)
    with processors.alone(first):
        assert second.told[-1] == "pause"
        assert "pause" not in first.told
    assert second.told[-1] == "resume"


def test_who_computes_and_who_measures_wait_for_each_other() -> None:
    processors = Processors(2, num_cpus=2)
    inside: list[str] = []

    def measure() -> None:
        with processors.alone(Recorded()):
            inside.append("alone")

    with processors.while_no_worker_measures():
        thread = threading.Thread(target=measure)
        thread.start()
        time.sleep(0.05)
        assert inside == []
    thread.join(5)
    assert inside == ["alone"]


def test_cancelling_wakes_who_waits() -> None:
    processors = Processors(2, num_cpus=2)
    with processors.alone(Recorded()):
        threading.Timer(0.05, processors.cancel).start()
        with pytest.raises(Cancelled), processors.while_no_worker_measures():
            pass


def test_no_worker_is_refused() -> None:
    with pytest.raises(UsageError, match="Received 0"):
        Processors(0)


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"anything: planted runtimes read no file")
    return path


@pytest.fixture(autouse=True)
def _nothing_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("planted")
def test_workers_side_by_side_answer_as_one_alone_does(
    artifact: Path, images: NDArray[np.uint8], images_npy: Path
) -> None:
    processors = Processors(2)
    runtimes = ["Answers", "Crashes", "Answers", "Reuses"]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda one: execute(one, artifact, images_npy, processors=processors), runtimes))
    assert isinstance(results[1], ExecutionFailure)
    assert "SIGSEGV" in results[1].reason
    for result in (results[0], *results[2:]):
        assert isinstance(result, Execution), result
        assert np.array_equal(result.scores, images.mean(axis=(1, 2), dtype=np.float32))
        assert result.images_per_second > 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.usefixtures("planted")
def test_a_worker_that_measures_is_the_only_one_that_runs(artifact: Path, images_npy: Path) -> None:
    """Busy notes when it invokes; while Measures sleeps in its window, Busy must not have moved."""
    processors = Processors(2)
    np.save(images_npy, np.zeros((20_000, 16, 16, 3), np.uint8))
    with ThreadPoolExecutor(2) as pool:
        busy = pool.submit(execute, "Busy", artifact, images_npy, settings=ONE_BY_ONE, processors=processors)
        while not artifact.with_name("busy").exists():
            time.sleep(0.01)
        slow = pool.submit(execute, "MeasuresLong", artifact, images_npy, num_images=20, processors=processors)
        assert isinstance(busy.result(), Execution), busy.result()
        assert isinstance(slow.result(), Execution), slow.result()
    moments = np.sort([float(line) for line in artifact.with_name("busy").read_text().splitlines()])
    start, end = json.loads(artifact.with_name("measured").read_text())
    assert end - start > 0.5
    assert moments[0] < start < end < moments[-1], "both were at work at the same time"
    disturbing = ((moments > start + 0.02) & (moments < end - 0.02)).sum()
    assert disturbing == 0


@pytest.mark.usefixtures("planted")
def test_standing_still_does_not_count_against_the_time_limit(artifact: Path, images_npy: Path) -> None:
    processors = Processors(2)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(execute, "MeasuresLong", artifact, images_npy, num_images=20, processors=processors)
        hung = pool.submit(execute, "Hangs", artifact, images_npy, processors=processors, time_limit=2)
        assert isinstance(slow.result(), Execution)
        assert "time limit of 2 s" in str(hung.result())


@pytest.mark.usefixtures("planted")
def test_cancelling_ends_every_worker(artifact: Path, images_npy: Path) -> None:
    processors = Processors(2)
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(execute, "Hangs", artifact, images_npy, processors=processors) for _ in range(2)]
        time.sleep(1)
        processors.cancel()
        for one in running:
            with pytest.raises(Cancelled):
                one.result(timeout=10)


@pytest.mark.usefixtures("planted")
def test_enough_images_are_enough(artifact: Path, images_npy: Path) -> None:
    np.save(images_npy, np.zeros((5000, 16, 16, 3), np.uint8))
    seen = 0

    def watch(rows: NDArray[np.float32]) -> bool:
        nonlocal seen
        seen += len(rows)
        return seen >= 10

    result = execute("Slow", artifact, images_npy, watch=watch, time_limit=60)
    assert isinstance(result, Execution), result
    assert 10 <= len(result.scores) < 2000


@pytest.mark.usefixtures("planted")
def test_images_are_run_in_the_order_asked_for(
    artifact: Path, images: NDArray[np.uint8], images_npy: Path, tmp_path: Path
) -> None:
    order = np.array([7, 2, 9, 0])
    np.save(tmp_path / "order.npy", order)
    result = execute("Answers", artifact, images_npy, order=tmp_path / "order.npy")
    assert isinstance(result, Execution), result
    assert np.array_equal(result.scores, images[order].mean(axis=(1, 2), dtype=np.float32))
