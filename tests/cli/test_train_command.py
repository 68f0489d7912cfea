"""`edgekit train` as a user runs it, killed, interrupted and resumed for real."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.helpers import ROOT

from edgekit.cli import run_command as run
from edgekit.runs.folder import RunFolder

RECIPE = '''
import time

import keras
from edgekit.recipe import Recipe, TrainingSettings


class Slow(keras.callbacks.Callback):
    """Gives the test the time to kill this process in the middle of an epoch."""

    def on_train_batch_begin(self, batch, logs=None):
        time.sleep(0.02)


def build(input_shape, num_classes):
    pixels = keras.Input(input_shape)
    x = keras.layers.Conv2D(4, 3, strides=3)(keras.layers.Rescaling(1 / 255)(pixels))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(keras.layers.BatchNormalization()(x)))
    return keras.Model(pixels, keras.layers.Dense(num_classes, "softmax")(keras.layers.Dropout(0.1)(x)))


RECIPE = Recipe(
    name="mine",
    summary="for tests",
    settings=TrainingSettings(epochs=6, batch_size=16, padding=1),
    build=build,
    optimizer=lambda num_steps: keras.optimizers.Adam(0.01),
    augmentation=lambda: keras.layers.RandomFlip("horizontal"),
    callbacks=lambda: [Slow(), keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=0.5)],
)
'''


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """[recipe, --data, data set] of a small training."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "mine.py").write_text(RECIPE)
    rng = np.random.default_rng(0)
    np.savez(
        folder / "small.npz",
        x_train=rng.integers(0, 256, (140, 12, 12, 3), dtype=np.uint8),
        y_train=np.arange(140) % 3,
        x_test=rng.integers(0, 256, (30, 12, 12, 3), dtype=np.uint8),
        y_test=np.arange(30) % 3,
    )
    return [str(folder / "mine.py"), "--data", f"npz:{folder / 'small.npz'}"]


@pytest.fixture(scope="module")
def unbroken(inputs: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "unbroken"
    assert run(["train", *inputs, "--out", str(out)]) == 0
    return out


def start_and_stop(inputs: list[str], out: Path, signal_number: int) -> "tuple[int, str]":
    """Train in a process of its own and send it a signal in the middle of the third epoch; (status, stderr)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "edgekit", "train", *inputs, "--out", str(out)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 200
    while len(rows_of(out)) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(0.08)
    process.send_signal(signal_number)
    _, errors = process.communicate(timeout=200)
    return process.returncode, errors


def rows_of(out: Path) -> list[dict[str, str]]:
    """The rows of history.csv without the seconds; none where there is no file."""
    if not (out / "history.csv").is_file():
        return []
    with (out / "history.csv").open() as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def assert_same_result(candidate: Path, reference: Path) -> None:
    import keras

    assert rows_of(candidate) == rows_of(reference)
    scores = [RunFolder(path).reference().scores for path in (candidate, reference)]
    np.testing.assert_array_equal(*scores)
    weights = [
        keras.saving.load_model(path / "model.keras", compile=False).get_weights() for path in (candidate, reference)
    ]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_killed_and_resumed_is_the_same_as_unbroken(inputs, unbroken, tmp_path):
    out = tmp_path / "killed"
    status, _ = start_and_stop(inputs, out, signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert 2 <= len(rows_of(out)) < 6
    assert run(["train", *inputs, "--out", str(out), "--resume"]) == 0
    assert_same_result(out, unbroken)
    assert {path.name for path in out.iterdir()} == {path.name for path in unbroken.iterdir()}


def test_ctrl_c_leaves_a_usable_run_and_resumes_to_the_same(inputs, unbroken, tmp_path):
    out = tmp_path / "interrupted"
    status, errors = start_and_stop(inputs, out, signal.SIGINT)
    assert status == 130, errors
    assert "Continue with --resume" in errors
    assert "Traceback" not in errors
    stopped = RunFolder(out)
    assert stopped.manifest["status"] == "interrupted"
    assert stopped.manifest["epochs"] == len(rows_of(out)) >= 2
    for name in stopped.manifest["files"]:
        stopped.check_file(Path(name))
    assert stopped.reference().scores.shape == (30, 3)
    assert run(["train", *inputs, "--out", str(out), "--resume"]) == 0
    assert_same_result(out, unbroken)


def test_the_report_and_the_folder_are_printed(inputs, unbroken, tmp_path, capsys):
    assert (
        run(["train", *inputs, "--epochs", "1", "--batch-size", "64", "--seed", "5", "--out", str(tmp_path / "run")])
        == 0
    )
    captured = capsys.readouterr()
    assert "precision" in captured.out
    assert f"Run: {tmp_path / 'run'}" in captured.out
    assert "Epoch 1/1: loss" in captured.err
    settings = json.loads((tmp_path / "run" / "manifest.json").read_text())["settings"]
    assert (settings["epochs"], settings["batch_size"], settings["seed"]) == (1, 64, 5)


def test_a_finished_run_says_so_and_as_json_is_one_document(inputs, unbroken, capsys):
    assert run(["train", *inputs, "--out", str(unbroken), "--resume", "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["run"] == str(unbroken)
    assert document["report"]["num_images"] == 30
    assert document["saved_epoch"] == 6
    assert "is finished: 6 of 6 epochs" in captured.err


def test_an_earlier_epoch_that_was_saved_is_named(inputs, unbroken, tmp_path, capsys):
    went_back = Path(shutil.copytree(unbroken, tmp_path / "run"))
    command = ["train", *inputs, "--out", str(went_back), "--resume"]
    assert run(command) == 0
    assert "saved model" not in capsys.readouterr().out
    RunFolder(went_back).record(saved_epoch=4)
    assert run(command) == 0
    assert "The saved model is that of epoch 4 of 6" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["resnet"], 2, "Did you mean 'resnet8'"),
        (["nowhere.py"], 1, "There is no recipe file nowhere.py"),
        (["--backend", "tensorflw"], 2, "Did you mean 'tensorflow'"),
        (["--data", "digit"], 2, "Did you mean 'digits'"),
        (["--epochs", "0"], 2, "0 is not in the range"),
        (["--epochs", "many"], 2, "'many' is not a valid whole number"),
        (["--validation-fraction", "0"], 2, "between 0 and 1, both excluded. Received 0.0"),
        (["--validation-fraction", "1"], 2, "between 0 and 1, both excluded. Received 1.0"),
        (["--validation-fraction", "nan"], 2, "between 0 and 1, both excluded. Received nan"),
        (["--image-size", "64"], 2, "The images of 'digits' are 32 x 32 pixels (height x width) and stay so"),
        (["--resume", "--out", "nothing-here"], 1, "no training to resume"),
    ],
)
def test_a_wrong_command_is_a_sentence(arguments, status, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["train", *arguments]) == status
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_machines_are_those_of_tf_config(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = {"cluster": {"worker": ["one:2222", "two:2222"]}, "task": {"type": "worker", "index": 2}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    assert run(["train", "--data", "digits"]) == 2
    assert "must be a number from 0 to 1, its place in --workers. Received 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0] * 30 + [1] * 30 + [2], "Class '2' has too few images"),
        ([0] * 30 + [1] * 30 + [5], "must lie in 0 to 2 (3 classes). Received 0 to 5. Number the classes from 0 on"),
        ([0] * 30 + [1] * 30 + [-1], "must lie in 0 to 2 (3 classes). Received -1 to 1"),
    ],
)
def test_labels_that_do_not_fit_are_a_sentence(labels, words, capsys, tmp_path):
    images = np.zeros((len(labels), 12, 12, 3), np.uint8)
    np.savez(
        tmp_path / "data.npz",
        x_train=images,
        y_train=np.array(labels),
        x_test=images[:3],
        y_test=np.arange(3),
        class_names=np.array(["0", "1", "2"]),
    )
    assert run(["train", "--data", f"npz:{tmp_path / 'data.npz'}", "--out", str(tmp_path / "run")]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_more_devices_than_there_are_is_a_sentence(inputs, capsys, tmp_path):
    assert run(["train", *inputs, "--devices", "99", "--out", str(tmp_path / "run")]) == 1
    assert "--devices 99 is more than there are: tensorflow sees 1 here" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_training_of_another_recipe_is_not_resumed(inputs, unbroken, capsys):
    before = {path: path.read_bytes() for path in unbroken.rglob("*") if path.is_file()}
    assert run(["train", "cnn6", *inputs[1:], "--out", str(unbroken), "--resume"]) == 1
    assert "recipe 'mine' there, 'cnn6' now" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in unbroken.rglob("*") if path.is_file()} == before


def test_a_taken_folder_is_refused_before_anything_is_read(inputs, unbroken, capsys):
    assert run(["train", *inputs, "--out", str(unbroken)]) == 1
    assert "already holds a finished run" in capsys.readouterr().err


def test_without_out_a_free_name_under_exported_is_taken(inputs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exported" / "mine").mkdir(parents=True)
    assert run(["train", *inputs, "--epochs", "1"]) == 0
    assert f"Run: {Path('exported') / 'mine-2'}" in capsys.readouterr().out
