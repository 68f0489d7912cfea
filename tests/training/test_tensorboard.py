"""What TensorBoard's own reader finds in the logs of a run."""

import sys
import threading
from pathlib import Path

import pytest

from edgekit.foundation.errors import MissingExtraError, RunFolderError
from edgekit.runs.folder import RunFolder
from edgekit.training.session import train
from edgekit.training.tensorboard import TensorBoardLogs

pytest.importorskip("tensorboard")


def scalars(run: Path, folder: str, tag: str) -> dict[int, float]:
    """Step -> value of every event; no step occurs twice."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(run / "logs" / folder), size_guidance={"tensors": 0, "scalars": 0})
    accumulator.Reload()
    from tensorboard.util import tensor_util

    events = accumulator.Tensors(tag)
    found = {event.step: float(tensor_util.make_ndarray(event.tensor_proto)) for event in events}
    assert len(found) == len(events)
    return found


def make_history(count: int) -> list[dict[str, float]]:
    names = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    return [{"epoch": n + 1, **{name: n + at / 10 for at, name in enumerate(names)}} for n in range(count)]


def test_every_epoch_stands_there_once_also_after_a_resumption(tmp_path):
    for _ in range(2):  # the second one is the resumed training, which has the first two epochs from its checkpoint
        logs = TensorBoardLogs(tmp_path)
        logs.write(make_history(2))
        logs.write(make_history(3))
        logs.close()
    assert scalars(tmp_path, "train", "epoch_loss") == {0: 0, 1: 1, 2: 2}
    assert scalars(tmp_path, "validation", "epoch_accuracy") == pytest.approx({0: 0.3, 1: 1.3, 2: 2.3})
    assert scalars(tmp_path, "train", "epoch_learning_rate") == pytest.approx({0: 0.4, 1: 1.4, 2: 2.4})


def test_a_training_writes_its_history_and_the_manifest_leaves_it_out(tiny_recipe, small_digits, tmp_path):
    from edgekit.runs.summary import read_history

    settings = tiny_recipe.settings.with_epochs(2)
    run = train(tiny_recipe, small_digits, settings=settings, out=tmp_path / "run", tensorboard=True)
    rows = read_history(run)
    for folder, column, tag in (("train", "loss", "epoch_loss"), ("validation", "val_accuracy", "epoch_accuracy")):
        expected = {int(row["epoch"]) - 1: row[column] for row in rows}
        assert scalars(run.path, folder, tag) == pytest.approx(expected, rel=1e-6)
    assert not any(name.startswith("logs") for name in RunFolder(run.path).manifest["files"])
    assert not any("tensorboard" in type(thread).__module__ for thread in threading.enumerate()), "its files are closed"


def test_without_tensorboard_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboard.summary", None)
    with pytest.raises(MissingExtraError, match=r"--tensorboard needs 'tensorboard'.*\[train\]"):
        TensorBoardLogs(tmp_path)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "logs").write_text("in the way")
    with pytest.raises(RunFolderError, match="train without --tensorboard"):
        TensorBoardLogs(tmp_path).write(make_history(1))
