"""Two real worker processes on loopback: the same weights in both, and no hang when one is killed."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.helpers import ROOT

RECIPE = """
import os

import keras
import numpy as np
from edgekit.recipe import Recipe, TrainingSettings


class Weights(keras.callbacks.Callback):
    def on_train_end(self, logs=None):
        np.savez(os.environ["WEIGHTS"], *self.model.network.get_weights())


def build(input_shape, num_classes):
    pixels = keras.Input(input_shape)
    x = keras.layers.Conv2D(4, 3, strides=3)(keras.layers.Rescaling(1 / 255)(pixels))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(keras.layers.BatchNormalization()(x)))
    return keras.Model(pixels, keras.layers.Dense(num_classes, "softmax")(keras.layers.Dropout(0.1)(x)))


RECIPE = Recipe(
    name="mine",
    summary="for tests",
    settings=TrainingSettings(epochs=3, batch_size=16, padding=1),
    build=build,
    optimizer=lambda num_steps: keras.optimizers.Adam(0.01),
    callbacks=lambda: [Weights()],
)
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
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


def free_address() -> str:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{server.getsockname()[1]}"


def start(backend: str, inputs: list[str], folder: Path, *options: str) -> "list[subprocess.Popen[str]]":
    """Both workers; only the first one's --out exists afterwards."""
    workers = f"{free_address()},{free_address()}"
    return [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "edgekit", "train", *inputs, "--backend", backend, "--workers", workers),
                *("--worker", str(number), "--out", str(folder / f"run-{number}"), *options),
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit"), "WEIGHTS": str(folder / f"weights-{number}.npz")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in (0, 1)
    ]


def end(workers: "list[subprocess.Popen[str]]", seconds: float) -> "list[tuple[int, str]]":
    """(status, stderr) of each; none outlives the test."""
    try:
        return [
            (worker.returncode, errors) for worker in workers for _, errors in [worker.communicate(timeout=seconds)]
        ]
    finally:
        for worker in workers:
            worker.kill()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_two_workers_end_with_the_same_weights_and_one_run(backend, inputs, tmp_path):
    for status, errors in end(start(backend, inputs, tmp_path), 300):
        assert status == 0, errors
    with np.load(tmp_path / "weights-0.npz") as first, np.load(tmp_path / "weights-1.npz") as second:
        assert len(first.files) == len(second.files) == 8
        for name in first.files:
            np.testing.assert_array_equal(first[name], second[name])
    assert (tmp_path / "run-0" / "model.keras").is_file()
    assert not (tmp_path / "run-1").exists()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_a_worker_that_waits_for_the_others_says_so_and_hears_ctrl_c(backend, inputs, tmp_path):
    first, second = start(backend, inputs, tmp_path)
    second.kill()
    end([second], 30)
    line = first.stderr.readline()
    while "waits for all of" not in line:
        assert line, first.wait()
        line = first.stderr.readline()
    time.sleep(3)  # until it does
    first.send_signal(signal.SIGINT)
    [(status, _)] = end([first], 60)
    assert status in (-signal.SIGINT, 130)
    assert not (tmp_path / "run-0").exists()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_a_killed_worker_ends_the_other_and_resume_goes_on(backend, inputs, tmp_path):
    workers = start(backend, inputs, tmp_path, "--epochs", "4000")
    history = tmp_path / "run-0" / "history.csv"
    deadline = time.monotonic() + 200
    while not history.is_file() or len(history.read_text().splitlines()) < 3:
        assert workers[0].poll() is None, workers[0].communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    workers[1].send_signal(signal.SIGKILL)
    (status, errors), _ = end(workers, 150)
    assert status != 0
    assert "Another worker no longer responds" in errors or "distributed service" in errors, errors
    assert "Traceback" not in errors
    done = len(history.read_text().splitlines()) - 1
    resumed = start(backend, inputs, tmp_path, "--epochs", "4000", "--resume")
    deadline = time.monotonic() + 200
    while len(history.read_text().splitlines()) - 1 <= done:
        assert resumed[0].poll() is None, resumed[0].communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for worker in resumed:
        worker.kill()
    end(resumed, 30)
