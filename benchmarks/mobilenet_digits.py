"""keras.applications' MobileNetV2 on digits: trained, exported to int8, trained for int8, exported again.

    python benchmarks/mobilenet_digits.py [--epochs 20] [--qat-epochs 2] [--out FOLDER]

Prints the accuracy of the float network and of its int8 files, by calibration and by quantization-aware training,
and how many predictions flip against the float network of the same run. The network is small (alpha 0.35, 32 x 32
pixels, random weights at the start); digits are scikit-learn's, so nothing is downloaded.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from edgekit import compress, export, load_dataset, train
from edgekit.datasets import Dataset
from edgekit.exporting.checking.check import run_file
from edgekit.foundation.keras_setup import import_keras
from edgekit.recipe import Recipe, TrainingSettings
from edgekit.runs.folder import RunFolder


def build(input_shape: tuple[int | None, int | None, int], num_classes: int) -> object:
    """Raw pixels -> MobileNetV2 -> probabilities."""
    keras = import_keras("The benchmark", backend="tensorflow")
    pixels = keras.Input(input_shape)
    bare = keras.applications.MobileNetV2(input_shape, alpha=0.35, weights=None, include_top=False, pooling="avg")
    for layer in bare.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.9  # its own 0.999 averages over more steps than a training on digits has
    features = bare(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels))
    return keras.Model(pixels, keras.layers.Dense(num_classes, activation="softmax")(features), name="mobilenet_v2")


def recipe(epochs: int) -> Recipe:
    """Adam, falling to zero."""
    keras = import_keras("The benchmark", backend="tensorflow")
    return Recipe(
        name="mobilenet_v2",
        summary="keras.applications' MobileNetV2 at alpha 0.35",
        settings=TrainingSettings(epochs=epochs, batch_size=64),
        build=build,
        optimizer=lambda steps: keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
    )


def report(title: str, run: RunFolder, dataset: Dataset) -> None:
    """Export to int8, run, and print a line per file."""
    reference = run.reference()
    accuracy = (reference.scores.argmax(axis=1) == reference.labels).mean()
    print(f"{title}: float {accuracy:.2%} of {len(reference.labels)}")
    for file in export(run, precisions=["int8"], data=dataset, progress=True).files:
        scores, runtime = run_file(file.artifact.path, file.artifact.format, dataset.test.images)
        right = (scores.argmax(axis=1) == reference.labels).mean()
        flips = np.mean(scores.argmax(axis=1) != reference.scores.argmax(axis=1))
        print(f"  {file.artifact.format} int8 in {runtime}: {right:.2%}, {flips:.2%} of the predictions flip")


def main() -> None:
    """The whole of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--qat-epochs", type=int, default=2)
    parser.add_argument("--out", type=Path, help="keep the two runs here")
    arguments = parser.parse_args()
    import_keras("The benchmark", backend="tensorflow")
    dataset = load_dataset("digits")
    with tempfile.TemporaryDirectory() as folder:
        out, started = arguments.out or Path(folder), time.monotonic()
        original = train(recipe(arguments.epochs), dataset, out=out / "mobilenet", progress=True)
        assert original is not None, "there is no other worker"
        report("MobileNetV2 by calibration", original, dataset)
        trained = compress(
            original,
            qat=True,
            epochs=arguments.qat_epochs,
            batch_size=64,
            data=dataset,
            out=out / "mobilenet-qat",
            progress=True,
        )
        report("MobileNetV2 by quantization-aware training", trained, dataset)
        print(f"{time.monotonic() - started:.0f} s in all")


if __name__ == "__main__":
    main()
