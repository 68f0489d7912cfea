"""Trains by one backend in a process of its own, in the ways that the tests compare.

    python backend_trainings.py BACKEND FOLDER NAME...

Each NAME of TRAININGS becomes a run folder in FOLDER, with the recipe `small.py` or, for what several devices must do
as one does, `plain.py`, which lie there.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from support import keras_models
from support.helpers import StopAfter

from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.foundation.keras_setup import import_keras
from edgekit.recipe import Recipe, load_recipe
from edgekit.training import results, session
from edgekit.training.hardware import Hardware
from edgekit.training.session import train

NUM_PROCESSORS = 2


def small_digits() -> Dataset:
    """150 training, 40 validation and 60 test images of the digits."""
    digits = load_dataset("digits", DatasetRequest(validation_fraction=0.2))
    return keras_models.first_images(digits, name="small", train=150, validation=40, test=60)


def stopped_and_resumed(recipe: Recipe, data: Dataset, out: Path) -> None:
    """Interrupted after the second epoch."""
    with contextlib.suppress(KeyboardInterrupt):
        train(recipe, data, out=out, progress=StopAfter(2))
        raise AssertionError("the training was not interrupted")
    train(recipe, data, out=out, resume=True)


@contextlib.contextmanager
def taken_for(kind: str) -> Iterator[None]:
    """Let the processor pass for an accelerator, so that everything is done as on one."""
    real = session.place
    with mock.patch.object(session, "place", lambda *arguments: replace(real(*arguments), kind=kind)):
        yield


def on_an_accelerator(recipe: Recipe, data: Dataset, out: Path, *, mixed_precision: bool = False) -> None:
    """The data set on the device, an epoch in one program; half precision is float16 there."""
    with taken_for("gpu"):
        train(recipe, data, out=out, hardware=Hardware(mixed_precision=mixed_precision))


TRAININGS: dict[str, Callable[[Recipe, Dataset, Path], Any]] = {
    "unbroken": lambda recipe, data, out: train(recipe, data, out=out),
    "resumed": stopped_and_resumed,
    "loop": on_an_accelerator,
    "bfloat16": lambda recipe, data, out: train(recipe, data, out=out, hardware=Hardware(mixed_precision=True)),
    "float16": lambda recipe, data, out: on_an_accelerator(recipe, data, out, mixed_precision=True),
    "alone": lambda recipe, data, out: train(recipe, data, out=out),
    "shared": lambda recipe, data, out: train(recipe, data, out=out, hardware=Hardware(devices=NUM_PROCESSORS)),
}
PLAIN = {"alone", "shared"}


def split_the_processor(backend: str) -> None:
    """Let the backend see NUM_PROCESSORS devices."""
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={NUM_PROCESSORS}"
    import_keras("the tests", backend)
    if backend == "tensorflow":
        import tensorflow as tf

        [processor] = tf.config.list_physical_devices("CPU")
        devices = [tf.config.LogicalDeviceConfiguration()] * NUM_PROCESSORS
        tf.config.set_logical_device_configuration(processor, devices)


def keep_what_is_compiled(folder: Path) -> None:
    """Let JAX compile for all trainings what is the same in all of them, which is most of their time."""
    import jax

    jax.config.update("jax_compilation_cache_dir", str(folder / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


def write_no_picture(_: object, path: Path) -> None:
    """Pictures have tests of their own."""
    path.parent.mkdir(exist_ok=True)
    path.touch()


def main(backend: str, folder: str, *names: str) -> None:
    """One training after the other."""
    split_the_processor(backend)
    if backend == "jax":
        keep_what_is_compiled(Path(folder))
    results.figures.save = write_no_picture
    for name in names:
        recipe = load_recipe(str(Path(folder) / ("plain.py" if name in PLAIN else "small.py")))
        TRAININGS[name](recipe, small_digits(), Path(folder) / name)


if __name__ == "__main__":
    main(*sys.argv[1:])
