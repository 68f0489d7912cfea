import io
import threading
from pathlib import Path

import numpy as np
import pytest
from support.planted_runtimes import MeanSession
from support.tiny_models import some_images

from edgekit.execution.scoring import Scorer
from edgekit.execution.worker.messages import ParentConnection
from edgekit.execution.worker.streaming import ImageFile, ScoreFile, run
from edgekit.execution.workload import TimeBudget
from edgekit.foundation.errors import ArtifactError
from edgekit.runtimes import SessionSettings

IMAGES = some_images(103)


def scorers(count: int, batch_size: int) -> list[Scorer]:
    return [Scorer(MeanSession(SessionSettings(batch_size=batch_size)), (16, 16, 3)) for _ in range(count)]


@pytest.mark.parametrize(("count", "batch_size"), [(1, 1), (1, 8), (3, 1), (4, 16)])
def test_every_score_stands_at_its_place_whoever_made_it(tmp_path: Path, count: int, batch_size: int) -> None:
    np.save(tmp_path / "images.npy", IMAGES)
    said = io.StringIO()
    with ScoreFile(tmp_path / "scores.npy", len(IMAGES), 3) as scores:
        images = ImageFile(tmp_path / "images.npy")
        parent = ParentConnection(num_cpus=count, says=said)
        num_done, seconds = run(scorers(count, batch_size), images, scores, len(IMAGES), parent)
    assert np.array_equal(np.load(tmp_path / "scores.npy"), IMAGES.mean(axis=(1, 2), dtype=np.float32))
    assert seconds > 0
    assert num_done == len(IMAGES)
    assert said.getvalue().splitlines()[-1] == str(len(IMAGES))


def test_only_the_first_images_are_run(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", IMAGES)
    with ScoreFile(tmp_path / "scores.npy", 10, 3) as scores:
        run(scorers(2, 4), ImageFile(tmp_path / "images.npy"), scores, 10)
    assert np.array_equal(np.load(tmp_path / "scores.npy"), IMAGES[:10].mean(axis=(1, 2), dtype=np.float32))


@pytest.mark.parametrize(("count", "batch_size"), [(1, 1), (2, 4)])
def test_when_the_time_is_up_the_first_images_are_done_and_never_fewer_than_wanted(
    tmp_path: Path, count: int, batch_size: int
) -> None:
    np.save(tmp_path / "images.npy", IMAGES)

    def done(seconds: float, least: int) -> int:
        with ScoreFile(tmp_path / "scores.npy", len(IMAGES), 3) as scores:
            budget = TimeBudget(seconds=seconds, min_images=least)
            workers = scorers(count, batch_size)
            return run(workers, ImageFile(tmp_path / "images.npy"), scores, len(IMAGES), budget=budget)[0]

    assert done(60.0, 1) == len(IMAGES)
    num_done = done(1e-9, 20)
    assert 20 <= num_done <= 20 + 12 * count
    expected = IMAGES.mean(axis=(1, 2), dtype=np.float32)
    assert np.array_equal(np.load(tmp_path / "scores.npy")[:num_done], expected[:num_done])


def test_a_failure_in_any_thread_is_raised(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", IMAGES)
    both = scorers(2, 1)
    started = threading.Event()

    def fail(batch: object) -> None:
        started.set()
        raise ArtifactError("the second one failed")

    def wait(batch: object) -> object:
        started.wait(10)
        return MeanSession.invoke(both[0].session, batch)

    both[0].session.invoke, both[1].session.invoke = wait, fail  # type: ignore[assignment,method-assign]
    images = ImageFile(tmp_path / "images.npy")
    with ScoreFile(tmp_path / "scores.npy", len(IMAGES), 3) as scores, pytest.raises(ArtifactError, match="second"):
        run(both, images, scores, len(IMAGES))


@pytest.mark.parametrize(
    "array",
    [
        IMAGES.astype(np.float32),
        IMAGES[:0],
        np.asfortranarray(IMAGES),
        IMAGES[..., 0],
        np.array([{"pickled": "object"}], dtype=object),
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "images.npy", array)
    with pytest.raises(ArtifactError):
        ImageFile(tmp_path / "images.npy")


def test_a_file_that_is_missing_or_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images.npy"
    with pytest.raises(ArtifactError, match="cannot be read"):
        ImageFile(path)
    np.save(path, IMAGES)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ArtifactError):
        ImageFile(path).read(100, 103)
