"""MediaPipe's ImageClassifier on real pictures of a bundle: the right class names, and LiteRT's scores bit by bit.

Needs mediapipe beside edgekit: pip install mediapipe
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.bundles import RESNET8

import edgekit
from edgekit.datasets import DatasetRequest, load_dataset

mediapipe = pytest.importorskip("mediapipe", reason="needs mediapipe: pip install mediapipe")

PRECISIONS = ("float32", "float16", "dynamic", "int8", "int16x8")


def unpacked(zipped: Path, folder: Path) -> Path:
    shutil.unpack_archive(zipped, folder)
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def cifar10_bundle(cifar10_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed files, as they are."""
    folder = tmp_path_factory.mktemp("mediapipe")
    out = edgekit.bundle(RESNET8, data=f"cifar10:{cifar10_folder}", target="android", out=folder / "a.zip")
    return unpacked(out.path, folder / "bundle")


@pytest.fixture(scope="module")
def photo_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network for parts of two photographs, which are larger than its input and of any shape."""
    import keras
    from sklearn.datasets import load_sample_image

    folder = tmp_path_factory.mktemp("photos")
    random = np.random.RandomState(0)
    for name, photo in (("flower", load_sample_image("flower.jpg")), ("temple", load_sample_image("china.jpg"))):
        for number in range(60):
            height, width = random.randint(120, 280, 2)
            top, left = random.randint(photo.shape[0] - height), random.randint(photo.shape[1] - width)
            path = folder / "photos" / ("test" if number < 20 else "train") / name / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(photo[top : top + height, left : left + width]).save(path, quality=92)
    dataset = load_dataset(f"folder:{folder / 'photos'}", DatasetRequest(image_size=(48, 48)))
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((48, 48, 3)),
            layers.Rescaling(1 / 127.5, -1),
            layers.Conv2D(12, 3, strides=2, activation="relu"),
            layers.Conv2D(24, 3, strides=2, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(dataset.train.images, dataset.train.labels, epochs=30, batch_size=16, verbose=0)
    network.save(folder / "photo.keras")
    data = f"folder:{folder / 'photos'}"
    run = folder / "run"
    edgekit.export(folder / "photo.keras", precisions=PRECISIONS, formats="tflite", data=data, out=run)
    out = edgekit.bundle(run, data=data, precisions=PRECISIONS, unverified=True, out=folder / "b.zip")
    return unpacked(out.path, folder / "bundle")


def answers(bundle: Path, precision: str) -> Iterator[tuple[str, Any, str, Any]]:
    """For each golden picture: its class, LiteRT's scores, the name that MediaPipe gives, its scores."""
    from mediapipe.tasks.python import BaseOptions, vision

    document = json.loads((bundle / "golden" / "golden.json").read_text())
    [model] = [each for each in document["models"] if each["file"] == f"tflite/model-{precision}.tflite"]
    output = model["output"]
    raw = np.fromfile(bundle / model["expected"], output["dtype"]).reshape(len(model["inputs"]), -1).astype("f8")
    expected = raw if output["scale"] is None else (raw - output["zero_point"]) * output["scale"]
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(bundle / model["file"])))
    with vision.ImageClassifier.create_from_options(options) as classifier:
        for image, name, scores in zip(document["images"], model["inputs"], expected, strict=True):
            tensor = np.fromfile(bundle / name, model["input"]["dtype"]).reshape(model["input"]["shape"])[0]
            picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=tensor.astype(np.uint8))
            categories = classifier.classify(picture).classifications[0].categories
            found = [each.score for each in sorted(categories, key=lambda each: each.index)]
            yield image["label"], scores, categories[0].category_name, found


@pytest.mark.cifar10
@pytest.mark.parametrize("precision", PRECISIONS)
def test_mediapipe_names_the_classes_of_the_committed_network(cifar10_bundle: Path, precision: str) -> None:
    check(cifar10_bundle, precision, least_right=15)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_mediapipe_names_the_classes_of_photographs(photo_bundle: Path, precision: str) -> None:
    check(photo_bundle, precision, least_right=30)


def check(bundle: Path, precision: str, *, least_right: int) -> None:
    labels = (bundle / "labels.txt").read_text().splitlines()
    assert (bundle / "code" / f"tflite-model-{precision}" / "kotlin" / "MediaPipeClassifier.kt").is_file()
    num_right = 0
    for label, expected, name, scores in answers(bundle, precision):
        np.testing.assert_array_equal(np.float32(scores), np.float32(expected))
        assert name == labels[int(expected.argmax())]
        num_right += name == label
    assert num_right >= least_right
