"""Time and memory of export and verify at real size: this checkout next to another one, in turn, as ratios.

    git worktree add /tmp/before COMMIT
    python benchmarks/real_size.py /tmp/before MobileNetV2 --rounds 2
    python benchmarks/real_size.py /tmp/before MobileNetV2 --command verify
    python benchmarks/real_size.py --alone VGG16 --calibration-images 20

The networks are those of keras.applications with 10 classes and random weights (seed 0); batch normalization gets the
statistics of the images. The images are random as well: coarse noise, enlarged, 224 x 224. So nothing here says how
accurate a file is. Each side works in a folder of its own, with the environment of the Python that runs this file, and
the order changes every round. `verify` runs the files that this checkout exported. Peak memory is that of the largest
process. --alone runs this checkout only, for networks that the other one cannot export.
"""

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from against_commit import HERE, measured, print_table
from keras_applications import CENTERED
from numpy.typing import NDArray

from edgekit.foundation.keras_setup import import_keras

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


def command(what: str, model: Path, data: Path, folder: Path, num_images: int) -> list[str]:
    """What is measured; `folder` is this side's own."""
    if what == "verify":
        return ["verify", str(folder / "run"), "--data", f"npz:{data}"]
    options = ["--all", "--keep-doubtful", "--input-range", "0..255", "--calibration-images", str(num_images)]
    return ["export", str(model), *options, "--data", f"npz:{data}", "--out", str(folder / "run")]


def main() -> None:
    """Make the network and the images, run both sides in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, nargs="?", help="the other checkout")
    parser.add_argument("model", help="a name of keras.applications")
    parser.add_argument("--alone", action="store_true", help="only this checkout")
    parser.add_argument("--command", choices=("export", "verify"), default="export")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--calibration-images", type=int, default=200)
    parser.add_argument("--test-images", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if options.before is None and not options.alone:
        parser.error("name the other checkout, or give --alone")
    sides = {"after": HERE} if options.alone else {"before": options.before.resolve(), "after": HERE}
    results: dict[str, dict[str, list[tuple[float, float, float]]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, data = folder / f"{options.model}.keras", folder / "photos.npz"
        write_data(data, options.size, options.calibration_images + NUM_CLASSES, options.test_images)
        row = f"{options.command} {options.model} ({write_model(options.model, options.size, model):.0f} MB)"
        if options.command == "verify":
            measured(HERE, command("export", model, data, folder / "made", options.calibration_images))
        for turn in range(options.rounds):
            for side in sorted(sides, reverse=bool(turn % 2)):
                shutil.rmtree(folder / side, ignore_errors=True)
                (folder / side).mkdir()
                if options.command == "verify":
                    shutil.copytree(folder / "made" / "run", folder / side / "run")
                arguments = command(options.command, model, data, folder / side, options.calibration_images)
                results.setdefault(row, {}).setdefault(side, []).append(measured(sides[side], arguments))
                print(f"{side}: {results[row][side][-1][0]:.1f} s, {results[row][side][-1][2]:.0f} MiB", flush=True)
    if not options.alone:
        print_table(results, options.rounds)


if __name__ == "__main__":
    main()
