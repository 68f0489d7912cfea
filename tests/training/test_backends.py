"""What holds for TensorFlow holds for every backend, each in a process of its own; what they train is exported here."""

import csv
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.helpers import ROOT

from edgekit.artifact import Format, Precision
from edgekit.exporting.session import export
from edgekit.runs.folder import RunFolder

SCRIPT = Path(__file__).with_name("backend_trainings.py")

RECIPE = """
import json
import os

import keras
from edgekit.recipe import Recipe, TrainingSettings

HAS_CHANCE = True


class Numbers(keras.callbacks.Callback):
    # Writes down in which numbers the network that learns computes.
    def on_train_end(self, logs=None):
        layers = self.model.network.layers
        found = {
            "computes": sorted({layer.compute_dtype for layer in layers[:-1]}),
            "answers": layers[-1].compute_dtype,
            "weights": sorted({str(weight.dtype) for weight in self.model.network.trainable_weights}),
            "optimizer": type(self.model.optimizer).__name__,
        }
        with open(os.environ["NUMBERS"], "a") as file:
            file.write(json.dumps(found) + chr(10))


def build(input_shape, num_classes):
    pixels = keras.Input(input_shape)
    x = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(keras.layers.Rescaling(1 / 255)(pixels))
    if HAS_CHANCE:
        x = keras.layers.Dropout(0.1)(keras.layers.BatchNormalization(momentum=0.8)(x))
    x = keras.layers.MaxPooling2D(3, strides=2, padding="same")(keras.layers.Conv2D(8, 3, activation="relu")(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(pixels, keras.layers.Dense(num_classes, activation="softmax")(x))


RECIPE = Recipe(
    name="small",
    summary="for tests",
    settings=TrainingSettings(epochs=3, batch_size=30, padding=2),
    build=build,
    optimizer=lambda num_steps: keras.optimizers.SGD(0.05, momentum=0.9),
    augmentation=lambda: keras.layers.RandomFlip("horizontal") if HAS_CHANCE else None,
    callbacks=lambda: [Numbers()],
)
"""

TRAININGS = {
    "tensorflow": ("unbroken", "bfloat16", "float16", "alone", "shared"),  # the others: test_session, test_engines
    "jax": ("unbroken", "resumed", "loop", "bfloat16", "float16", "alone", "shared"),
    "torch": ("unbroken", "resumed", "bfloat16"),
}
needs = {
    name: pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"{name} is missing") for name in TRAININGS
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Backend -> a folder with its trainings, made when it is first asked for."""
    folders: dict[str, Path] = {}

    def train_by(backend: str) -> Path:
        if backend not in folders:
            folders[backend] = tmp_path_factory.mktemp(backend)
            run_trainings(backend, folders[backend])
        return folders[backend]

    return train_by


def run_trainings(backend: str, folder: Path) -> None:
    (folder / "small.py").write_text(RECIPE)
    (folder / "plain.py").write_text(RECIPE.replace("HAS_CHANCE = True", "HAS_CHANCE = False"))
    paths = os.pathsep.join([str(ROOT / "toolkit"), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, SCRIPT, backend, folder, *TRAININGS[backend]],
        env={**os.environ, "PYTHONPATH": paths, "NUMBERS": str(folder / "numbers.txt")},
        capture_output=True,
        text=True,
        timeout=550,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def pairs(*backends: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("backend", [pytest.param(name, marks=needs[name]) for name in backends])


def curve(folder: Path) -> list[list[str]]:
    """The rows of history.csv without the seconds."""
    with (folder / "history.csv").open() as file:
        return [row[:-1] for row in csv.reader(file)]


def weights(folder: Path) -> list[np.ndarray]:
    import keras

    return keras.saving.load_model(folder / "model.keras", compile=False).get_weights()


def numbers(folder: Path, backend: str, name: str) -> dict[str, object]:
    """What the recipe's callback saw in the training `name`."""
    lines = (folder / "numbers.txt").read_text().splitlines()
    assert len(lines) == len(TRAININGS[backend])
    return dict(json.loads(lines[TRAININGS[backend].index(name)]))


@pairs("jax", "torch")
def test_the_same_seed_gives_the_same_also_when_stopped_and_resumed(backend, trained):
    one, other = trained(backend) / "unbroken", trained(backend) / "resumed"
    assert curve(one) == curve(other)
    assert json.loads((other / "manifest.json").read_text())["status"] == "finished"
    for first, second in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(first, second)


@pairs("tensorflow", "jax", "torch")
def test_what_a_backend_has_trained_is_exported_to_both_formats(backend, trained):
    run = RunFolder(trained(backend) / "unbroken")
    assert run.manifest["identity"]["backend"] == backend
    report = export(run, formats=[Format.TFLITE, Format.ONNX], precisions=[Precision.FLOAT32])
    assert {file.artifact.format for file in report.files} == {Format.TFLITE, Format.ONNX}
    for file in report.files:  # compared with the scores that the backend itself has computed
        assert file.check is not None


@pairs("tensorflow", "jax", "torch")
def test_mixed_precision_on_a_processor_is_bfloat16_inside_and_float32_outside(backend, trained):
    seen = numbers(trained(backend), backend, "bfloat16")
    assert seen == {
        "computes": ["bfloat16"],
        "answers": "float32",
        "weights": ["float32"],
        "optimizer": "SGD",
    }
    assert_float32(trained(backend) / "bfloat16")


@pairs("tensorflow", "jax")
def test_mixed_precision_on_an_accelerator_scales_the_loss(backend, trained):
    seen = numbers(trained(backend), backend, "float16")
    assert seen == {
        "computes": ["float16"],
        "answers": "float32",
        "weights": ["float32"],
        "optimizer": "LossScaleOptimizer",
    }
    assert_float32(trained(backend) / "float16")


def assert_float32(folder: Path) -> None:
    """The saved model computes in float32, its scores are its own, and it learned about what float32 learns."""
    import keras

    model = keras.saving.load_model(folder / "model.keras", compile=False)
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert {array.dtype for array in model.get_weights()} == {np.dtype(np.float32)}
    run = RunFolder(folder)
    assert run.reference().scores.dtype == np.float32
    np.testing.assert_allclose(run.reference().scores.sum(axis=1), 1, atol=1e-5)
    losses = [float(row[1]) for row in curve(folder)[1:]]
    expected = [float(row[1]) for row in curve(folder.parent / "unbroken")[1:]]
    np.testing.assert_allclose(losses, expected, rtol=0.05)


@pairs("jax")
def test_the_loop_on_a_device_gives_the_weights_of_fit(backend, trained):
    fitted, looped = trained(backend) / "unbroken", trained(backend) / "loop"
    assert len(curve(looped)) == 4
    for first, second in zip(weights(fitted), weights(looped), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-5)


PROGRAMS = """
import re
import sys

from backend_trainings import small_digits
from edgekit.foundation.keras_setup import import_keras
from edgekit.foundation.progress import SilentProgress
from edgekit.recipe import load_recipe
from edgekit.training.hardware import Hardware
from edgekit.training.learner import Learner
from edgekit.training.placement import place

keras = import_keras("the test", "jax")
import jax


def scatters_of(function, *arguments):
    # How many places of the program XLA would turn into loops for the sake of determinism.
    program = jax.jit(function).lower(*arguments).as_text()
    return len(re.findall("stablehlo.select_and_scatter|unique_indices = false", program))


pooled = jax.grad(lambda images: keras.ops.max_pool(images, (2, 2), (2, 2)).sum())
print("max_pool -", scatters_of(pooled, jax.numpy.ones((1, 4, 4, 1))))
for name in sys.argv[1:]:
    recipe = load_recipe(name)
    learner = Learner(keras, recipe, recipe.settings, small_digits(), place(keras, Hardware()))
    engine, model = learner._engine(SilentProgress()), learner._model
    model._symbolic_build(data_batch=learner._batches[0])
    optimizer = model.optimizer.variables
    groups = model.trainable_variables, model.non_trainable_variables, optimizer, model.metrics_variables
    state = tuple([variable.value for variable in group] for group in groups)
    print(name, engine.name, scatters_of(model.train_step, state, learner._batches[0]))
"""


@pairs("jax")
def test_a_step_on_jax_scatters_nothing_and_is_compiled_also_with_augmentation(backend):
    paths = os.pathsep.join([str(ROOT / "toolkit"), str(ROOT / "tests"), str(SCRIPT.parent)])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAMS, "cnn6", "vgg_augmented"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=550,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["max_pool - 1", "cnn6 fit 0", "vgg_augmented JAX loop 0"]
    assert "WARNING" not in done.stderr  # what TensorFlow logs, which Keras imports beside JAX to seed it


@pairs("tensorflow", "jax")
def test_two_devices_that_share_each_batch_give_the_weights_of_one(backend, trained):
    alone, shared = RunFolder(trained(backend) / "alone"), RunFolder(trained(backend) / "shared")
    assert [len(run.manifest["machine"]["devices"]) for run in (alone, shared)] == [1, 2]
    for first, second in zip(weights(alone.path), weights(shared.path), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-5)


WITHOUT_TENSORFLOW = """
import sys
from importlib.machinery import PathFinder

find = PathFinder.find_spec
hidden = lambda name, *rest: None if name.partition(".")[0] == "tensorflow" else find(name, *rest)
PathFinder.find_spec = staticmethod(hidden)

from edgekit.cli import run_command

backend, out, recipe = sys.argv[1:]
assert run_command(["train", recipe, "--backend", backend, "--epochs", "1", "--out", out]) == 0
assert "tensorflow" not in sys.modules
commands = (["export"], ["compress", "--qat"], ["tune"], ["compare-schemes"], ["report"])
statuses = [run_command([*command, out]) for command in commands]
assert statuses == [1, 1, 1, 1, 0], statuses
"""


@pairs("jax", "torch")
def test_without_tensorflow_others_train_and_what_needs_tensorflow_says_so(backend, tmp_path):
    (tmp_path / "plain.py").write_text(RECIPE.replace("HAS_CHANCE = True", "HAS_CHANCE = False"))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, backend, tmp_path / "run", tmp_path / "plain.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit"), "NUMBERS": str(tmp_path / "numbers.txt")},
        capture_output=True,
        text=True,
        timeout=550,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for command in ("export", "compress", "tune", "compare-schemes"):
        assert f"edgekit {command} needs 'tensorflow', which is not installed here. Install the extra" in done.stderr
    assert "Traceback" not in done.stderr
