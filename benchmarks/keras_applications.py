"""int8 `.tflite` of networks of keras.applications: edgekit's next to the plain converter's, on the same images.

    python benchmarks/keras_applications.py [NAME…] --data cifar10:FOLDER [--size 96] [--calibration-images 200]

Images are enlarged to the size of the network. The weights are ImageNet's where they can be downloaded, else random
ones; the output says which. A random network that learned nothing magnifies every rounding, so it gets batch statistics
of training images, layer scales of 0.1 where they begin at 1e-6 (ConvNeXt), and --steps batches of training. The head
is calculated by least squares on the training images. Both converters get the same float network and the same
calibration images. Printed is the share of test images on which each int8 file gives the float network's top class, and
McNemar's p of the difference. Below 0.05, one of the two is better by more than chance.
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
from edgekit.datasets import Dataset, Split, load_dataset
from edgekit.exporting.checking.check import run_file
from edgekit.foundation.keras_setup import import_keras, import_tensorflow
from edgekit.foundation.quiet import held_back
from edgekit.metrics.significance import mcnemar_p
from edgekit.quantization import CalibrationSet

CENTERED = {"MobileNetV2", "ResNet50"}
"""Networks that scale no pixels of their own; they get -1 to 1."""
NETWORKS = ("MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "EfficientNetV2B0", "ResNet50", "ConvNeXtTiny")
LAYER_SCALE = 0.1
BATCH = 50
STEP = 25
"""Images of one training step."""
Images = NDArray[np.uint8]


def enlarged(dataset: Dataset, size: int, num_train: int, num_test: int) -> Dataset:
    """The first images of each split at size x size, bilinear."""
    from PIL import Image

    def split(source: Split, count: int) -> Split:
        pictures = [Image.fromarray(image) for image in source.images[:count]]
        large = [np.asarray(each.resize((size, size), Image.Resampling.BILINEAR)) for each in pictures]
        return Split(images=np.stack(large), labels=source.labels[:count])

    return Dataset(
        name=f"{dataset.name}-{size}",
        class_names=dataset.class_names,
        train=split(dataset.train, num_train),
        validation=split(dataset.validation, 10),
        test=split(dataset.test, num_test),
    )


def bare(name: str, size: int) -> tuple[Any, str]:
    """The network without its head, and where its weights come from."""
    keras = import_keras("The benchmark", backend="tensorflow")
    keras.utils.set_random_seed(0)
    make, shape = getattr(keras.applications, name), (size, size, 3)
    try:
        with held_back():
            return make(weights="imagenet", include_top=False, pooling="avg", input_shape=shape), "ImageNet weights"
    except Exception:  # noqa: BLE001 - no network, no server: whatever the download raises
        return make(weights=None, include_top=False, pooling="avg", input_shape=shape), "random weights"


def network(name: str, dataset: Dataset, num_steps: int) -> tuple[Any, str]:
    """Pixels of 0 to 255 -> probabilities, its head calculated on the training images."""
    keras = import_keras("The benchmark", backend="tensorflow")
    pixels = keras.Input(dataset.image_shape)
    body, weights = bare(name, dataset.image_shape[0])
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels) if name in CENTERED else pixels
    features = keras.layers.BatchNormalization(center=False, scale=False, name="features")(body(scaled))
    model = keras.Model(pixels, keras.layers.Dense(len(dataset.class_names), activation="softmax")(features))
    if weights == "random weights":
        awaken(model, dataset)
        learn(model, dataset, num_steps)
        weights = f"random, {num_steps} steps of training"
    settle(model, dataset)
    return model, weights


def awaken(model: Any, dataset: Dataset) -> None:
    """Give a random network batch statistics of training images, and layer scales that let its blocks count."""
    keras = import_keras("The benchmark", backend="tensorflow")
    layers = model._flatten_layers(include_self=False)
    for layer in layers:
        if type(layer).__name__ == "LayerScale" and np.abs(layer.gamma).max() < LAYER_SCALE / 10:
            layer.gamma.assign(LAYER_SCALE * keras.ops.ones_like(layer.gamma))
    normalizations = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in normalizations]
    for step in range(4):  # the mean over the batches so far
        for layer in normalizations:
            layer.momentum = step / (step + 1)
        batch = dataset.train.images[step * BATCH : (step + 1) * BATCH].astype(np.float32)
        model(batch, training=True)
    for layer, momentum in zip(normalizations, momenta, strict=True):
        layer.momentum = momentum


def learn(model: Any, dataset: Dataset, num_steps: int) -> None:
    """Train all weights for some batches, and bring the batch statistics up to date."""
    keras = import_keras("The benchmark", backend="tensorflow")
    train = dataset.train
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    per_epoch = len(train) // STEP
    for first in range(0, num_steps, per_epoch):
        count = STEP * min(per_epoch, num_steps - first)
        model.fit(train.images[:count].astype(np.float32), train.labels[:count], batch_size=STEP, verbose=0)
    awaken(model, dataset)


def settle(model: Any, dataset: Dataset) -> None:
    """Standardize the features, and calculate the head: ridge regression of targets 0 and 1, times 8."""
    keras = import_keras("The benchmark", backend="tensorflow")
    *_, normalization, head = model.layers
    train = dataset.train.images.astype(np.float32)
    raw = keras.Model(model.input, normalization.input).predict(train, batch_size=BATCH, verbose=0)
    normalization.set_weights([raw.mean(axis=0), raw.var(axis=0)])
    f = (raw - raw.mean(axis=0)) / np.sqrt(raw.var(axis=0) + normalization.epsilon)
    targets = np.eye(len(dataset.class_names))[dataset.train.labels]
    weights = np.linalg.solve(f.T @ f + len(f) * np.eye(f.shape[1]), f.T @ (targets - targets.mean(axis=0)))
    head.set_weights([8 * weights, 8 * (targets.mean(axis=0) - 0.5)])


def plain_file(model: Any, calibration: Images, path: Path) -> Path:
    """What `tf.lite.TFLiteConverter` makes by itself, with float input and output."""
    tf = import_tensorflow("The benchmark")
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None].astype(np.float32)] for image in calibration)
    with held_back():
        path.write_bytes(converter.convert())
    return path


def main() -> None:
    """A line a network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=NETWORKS, metavar="NAME")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--calibration-images", type=int, default=200)
    parser.add_argument("--data", default="cifar10")
    parser.add_argument("--train-images", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--test-images", type=int, default=1000)
    arguments = parser.parse_args()
    source = load_dataset(arguments.data)
    dataset = enlarged(source, arguments.size, arguments.train_images, arguments.test_images)
    calibration = CalibrationSet.choose(dataset, arguments.calibration_images)
    print(
        "| network | weights | float accuracy | edgekit int8 | plain int8 | p | in float in edgekit's file | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in arguments.names:
        line(name, dataset, calibration, arguments.steps)


def line(name: str, dataset: Dataset, calibration: CalibrationSet, num_steps: int) -> None:
    """Export by both, run both, print."""
    started = time.monotonic()
    model, weights = network(name, dataset, num_steps)
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
            keep_doubtful=True,
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
        f"| {name} | {weights} | {accuracy:.1%} | {ours.mean():.1%} | {theirs.mean():.1%} | {p:.2g} | {in_float} | "
        f"{time.monotonic() - started:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
