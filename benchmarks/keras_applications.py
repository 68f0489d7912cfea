"""int8 `.tflite` of networks of keras.applications: edgekit's next to the plain converter's, on the same images.

    python benchmarks/keras_applications.py [NAME…] [--size 96] [--calibration-images 200] [--data digits]

The weights are ImageNet's where they can be downloaded, else random ones; the output says which. The head is calculated
by least squares on the training images, so that the network tells classes apart either way. Both converters get the
same float network and the same calibration images. Printed is the share of test images on which each int8 file gives
the float network's top class, and McNemar's p of the difference: below 0.05, one of the two is better by more than
chance.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit import export
from edgekit.artifact import Format
from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.exporting.checking.check import run_file
from edgekit.foundation.keras_setup import import_keras, import_tensorflow
from edgekit.metrics.significance import mcnemar_p
from edgekit.quantization import CalibrationSet

CENTERED = {"MobileNetV2", "ResNet50"}
"""Networks that scale no pixels of their own; they get -1 to 1."""
NETWORKS = ("MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "EfficientNetV2B0", "ResNet50", "ConvNeXtTiny")
Images = NDArray[np.uint8]


def bare(name: str, size: int) -> tuple[Any, str]:
    """The network without its head, and where its weights come from."""
    keras = import_keras("The benchmark", backend="tensorflow")
    keras.utils.set_random_seed(0)
    make, shape = getattr(keras.applications, name), (size, size, 3)
    try:
        return make(weights="imagenet", include_top=False, pooling="avg", input_shape=shape), "ImageNet weights"
    except Exception:  # noqa: BLE001 - no network, no server: whatever the download raises
        return make(weights=None, include_top=False, pooling="avg", input_shape=shape), "random weights"


def network(name: str, dataset: Dataset) -> tuple[Any, str]:
    """Pixels of 0 to 255 -> probabilities, its head calculated on the training images."""
    keras = import_keras("The benchmark", backend="tensorflow")
    pixels = keras.Input(dataset.image_shape)
    body, weights = bare(name, dataset.image_shape[0])
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels) if name in CENTERED else pixels
    features = keras.layers.BatchNormalization(center=False, scale=False, name="features")(body(scaled))
    model = keras.Model(pixels, keras.layers.Dense(len(dataset.class_names), activation="softmax")(features))
    settle(model, dataset)
    return model, weights


def settle(model: Any, dataset: Dataset) -> None:
    """Standardize the features, and calculate the head: ridge regression of targets 0 and 1, times 8."""
    keras = import_keras("The benchmark", backend="tensorflow")
    *_, normalization, head = model.layers
    train = dataset.train.images.astype(np.float32)
    raw = keras.Model(model.input, normalization.input).predict(train, batch_size=32, verbose=0)
    normalization.set_weights([raw.mean(axis=0), raw.var(axis=0)])
    f = (raw - raw.mean(axis=0)) / np.sqrt(raw.var(axis=0) + normalization.epsilon)
    targets = np.eye(len(dataset.class_names))[dataset.train.labels]
    weights = np.linalg.solve(f.T @ f + len(f) / 10 * np.eye(f.shape[1]), f.T @ (targets - targets.mean(axis=0)))
    head.set_weights([8 * weights, 8 * (targets.mean(axis=0) - 0.5)])


def plain_file(model: Any, calibration: Images, path: Path) -> Path:
    """What `tf.lite.TFLiteConverter` makes by itself, with float input and output."""
    tf = import_tensorflow("The benchmark")
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None].astype(np.float32)] for image in calibration)
    path.write_bytes(converter.convert())
    return path


def main() -> None:
    """A line a network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=NETWORKS, metavar="NAME")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--calibration-images", type=int, default=200)
    parser.add_argument("--data", default="digits")
    arguments = parser.parse_args()
    dataset = load_dataset(arguments.data, DatasetRequest(image_size=(arguments.size, arguments.size)))
    calibration = CalibrationSet.choose(dataset, arguments.calibration_images)
    print(f"{'network':18}{'float':>8}{'edgekit':>9}{'plain':>8}{'p':>7}  in float in edgekit's file")
    for name in arguments.names:
        line(name, dataset, calibration)


def line(name: str, dataset: Dataset, calibration: CalibrationSet) -> None:
    """Export by both, run both, print."""
    started = time.monotonic()
    model, weights = network(name, dataset)
    test = dataset.test
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.keras"
        model.save(path)
        report = export(
            path,
            precisions=["int8"],
            formats=["tflite"],
            data=dataset,
            input_range="0..255",
            calibration_images=len(calibration.indices),
            out=Path(folder) / "run",
        )
        reference = report.run.reference().scores.argmax(axis=1)
        [made] = report.files
        ours = run_file(made.artifact.path, Format.TFLITE, test.images)[0].argmax(axis=1) == reference
        plain = plain_file(model, calibration.source[calibration.indices], Path(folder) / "plain.tflite")
        theirs = run_file(plain, Format.TFLITE, test.images)[0].argmax(axis=1) == reference
    p = mcnemar_p(int((theirs & ~ours).sum()), int((ours & ~theirs).sum()))
    accuracy = float((reference == test.labels).mean())
    in_float = made.precision_in_words.partition(" except ")[2] or "nothing"
    print(
        f"{name:18}{accuracy:8.1%}{ours.mean():9.1%}{theirs.mean():8.1%}{p:7.2f}  {in_float} "
        f"({weights}, n = {len(test)}, {time.monotonic() - started:.0f} s)",
        flush=True,
    )


if __name__ == "__main__":
    main()
