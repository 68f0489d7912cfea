"""Time and memory of edgekit's commands at real size: this checkout, another one and a plain script, in turn.

    python benchmarks/real_size.py export MobileNetV2 --by-hand
    git worktree add /tmp/before COMMIT
    python benchmarks/real_size.py verify MobileNetV2 --before /tmp/before --by-hand --test-images 300
    python benchmarks/real_size.py tune MobileNetV2 --before /tmp/before --train-images 2100
    python benchmarks/real_size.py qat MobileNetV2 --before /tmp/before --by-hand --size 96 --train-images 440
    python benchmarks/real_size.py export VGG16 --calibration-images 5

The networks are those of keras.applications with 10 classes and random weights (seed 0); batch normalization gets the
statistics of the images. The images are random as well: coarse noise, enlarged. So nothing here says how accurate a
file is. Each side works in a folder and with a cache of its own, with the environment of the Python that runs this
file, and the order changes every round. `verify` runs the files that this checkout exported; `tune` and `qat` start
from a run that each side has made. --by-hand runs what `by_hand.py` does for the same job. Peak memory is that of the
largest process. The ratios are this checkout's figures over the other side's.
"""

import argparse
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from against_commit import HERE, lower_quartile, measured, timed
from keras_applications import CENTERED
from numpy.typing import NDArray

from edgekit.foundation.keras_setup import import_keras

Measured = tuple[float, float, float]
"""Wall seconds, processor seconds, MiB."""

BY_HAND = HERE / "benchmarks" / "by_hand.py"
NUM_CLASSES = 10
BATCH = 8
"""Images of one step that sets batch statistics."""


def photos(count: int, size: int, seed: int) -> NDArray[np.uint8]:
    """uint8 (count, size, size, 3): noise of 4 x 4 to 23 x 23 pixels, enlarged."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    images = np.empty((count, size, size, 3), np.uint8)
    for image in images:
        side = rng.integers(4, 24)
        coarse = Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8))
        image[:] = np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))
    return images


def write_data(path: Path, size: int, num_train: int, num_test: int) -> None:
    """An .npz file of labelled images."""
    splits = {"train": photos(num_train, size, seed=0), "test": photos(num_test, size, seed=1)}
    labels = {f"y_{name}": np.arange(len(images)) % NUM_CLASSES for name, images in splits.items()}
    np.savez(path, **{f"x_{name}": images for name, images in splits.items()}, **labels)


def write_model(name: str, size: int, path: Path) -> float:
    """The network as a `.keras` file; returns the megabytes of its weights."""
    keras: Any = import_keras("The benchmark", backend="tensorflow")
    keras.utils.set_random_seed(0)
    shape = (size, size, 3)
    pixels = keras.Input(shape)
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels) if name in CENTERED else pixels
    body = getattr(keras.applications, name)(weights=None, classes=NUM_CLASSES, input_shape=shape)
    model = keras.Model(pixels, body(scaled))
    layers = model._flatten_layers(include_self=False)
    normalizations = [each for each in layers if isinstance(each, keras.layers.BatchNormalization)]
    momenta = [each.momentum for each in normalizations]
    for step in range(2 if normalizations else 0):
        for layer in normalizations:
            layer.momentum = step / (step + 1)
        model(photos(BATCH, size, seed=2 + step).astype(np.float32), training=True)
    for layer, momentum in zip(normalizations, momenta, strict=True):
        layer.momentum = momentum
    model.save(path)
    return float(model.count_params()) * 4 / 1e6


def export_command(model: Path, data: Path, out: Path, chosen: list[str], num_images: int) -> list[str]:
    """An export of an external model into a new run."""
    options = ["--input-range", "0..255", "--calibration-images", str(num_images)]
    return ["export", str(model), *chosen, *options, "--data", f"npz:{data}", "--out", str(out)]


class Job:
    """One command on one network.

    Args:
        what: The command.
        name: The network.
        model: Its file.
        data: The images.
        options: Of this benchmark.
    """

    def __init__(self, what: str, name: str, model: Path, data: Path, options: argparse.Namespace) -> None:
        self._what, self._name, self._model, self._data, self._options = what, name, model, data, options

    def made(self, folder: Path) -> Path:
        """The run that `verify` runs on every side."""
        count = self._options.calibration_images
        files = ["--all", "--no-metadata"]  # an old checkout takes labels.txt for a model file
        measured(HERE, export_command(self._model, self._data, folder / "run", files, count))
        return folder / "run"

    def prepare(self, checkout: Path, folder: Path, made: Path | None) -> None:
        """What a side needs before its command is measured."""
        folder.mkdir()
        if made is not None:
            shutil.copytree(made, folder / "run")
        elif self._what in ("tune", "qat") and checkout != BY_HAND:
            measured(checkout, export_command(self._model, self._data, folder / "run", ["--float32"], 1))

    def run(self, checkout: Path, folder: Path) -> Measured:
        """The command of a side, measured."""
        if checkout == BY_HAND:
            return timed([str(BY_HAND), *self._by_hand(folder)], folder, {})
        return measured(checkout, self._command(folder), folder / "cache")

    def _command(self, folder: Path) -> list[str]:
        run, data, options = str(folder / "run"), f"npz:{self._data}", self._options
        count = str(options.calibration_images)
        if self._what == "export":
            return export_command(self._model, self._data, folder / "run", options.files, options.calibration_images)
        if self._what == "verify":
            return ["verify", run, "--data", data]
        if self._what == "tune":
            return ["tune", run, "--data", data, "--max-flips", "2", "--calibration-images", count]
        out = ["--out", str(folder / "compressed")]
        return ["compress", run, "--data", data, "--qat", "--epochs", "1", "--batch-size", str(options.batch), *out]

    def _by_hand(self, folder: Path) -> list[str]:
        options, data = self._options, str(self._data)
        if self._what == "export":
            return ["export", str(self._model), data, str(folder / "files"), str(options.calibration_images)]
        if self._what == "verify":
            return ["verify", str(folder / "run"), data]
        return ["qat", self._name, str(options.size), data, str(options.batch)]


def print_ratios(row: str, results: dict[str, list[Measured]]) -> None:
    """Lower quartiles of each side, and this checkout's over those of the others."""
    found = {
        side: [lower_quartile(list(column)) for column in zip(*runs, strict=True)] for side, runs in results.items()
    }
    for side, values in found.items():
        print(f"{row}, {side}: {_in_words(values, 1)}")
        if side != "after":
            ratios = [ours / theirs for ours, theirs in zip(found["after"], values, strict=True)]
            print(f"{row}, after over {side}: {_in_words(ratios, 2)}")
    print(f"n = {len(results['after'])} each")


def _in_words(values: list[float], digits: int) -> str:
    kinds = ("wall s", "CPU s", "peak MiB")
    return ", ".join(f"{kind} {value:.{digits}f}" for kind, value in zip(kinds, values, strict=True))


def main() -> None:
    """Make the network and the images, run all sides in turn, print the ratios."""
    options = parse_arguments()
    sides = {"after": HERE}
    sides |= {"before": options.before.resolve()} if options.before else {}
    sides |= {"by hand": BY_HAND} if options.by_hand else {}
    results: dict[str, list[Measured]] = {}
    with tempfile.TemporaryDirectory(prefix="real-size-") as name:
        folder = Path(name)
        model, data = folder / f"{options.model}.keras", folder / "photos.npz"
        with ProcessPoolExecutor(1, get_context("spawn")) as other:  # Linux counts a parent's memory as its child's
            other.submit(write_data, data, options.size, options.train_images, options.test_images).result()
            num_megabytes = other.submit(write_model, options.model, options.size, model).result()
        row = f"{options.command} {options.model} ({num_megabytes:.0f} MB)"
        job = Job(options.command, options.model, model, data, options)
        made = job.made(folder / "made") if options.command == "verify" else None
        for turn in range(options.rounds):
            for side in sorted(sides, reverse=bool(turn % 2)):
                place = folder / side.replace(" ", "-")
                shutil.rmtree(place, ignore_errors=True)
                job.prepare(sides[side], place, made)
                results.setdefault(side, []).append(job.run(sides[side], place))
                print(side, *(f"{value:.1f}" for value in results[side][-1]), flush=True)
    print_ratios(row, results)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("export", "verify", "tune", "qat"))
    parser.add_argument("model", help="a name of keras.applications")
    parser.add_argument("--before", type=Path, help="another checkout")
    parser.add_argument("--by-hand", action="store_true", help="the plain script too; there is none for tune")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--train-images", type=int, default=210)
    parser.add_argument("--calibration-images", type=int, default=200)
    parser.add_argument("--test-images", type=int, default=100)
    parser.add_argument("--batch", type=int, default=128, help="images of a step of qat")
    parser.add_argument("--files", nargs="+", default=["--all"], help="what export makes: --files=--int8")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if options.by_hand and options.command == "tune":
        parser.error("no library searches, so there is no plain script for tune")
    return options


if __name__ == "__main__":
    main()
