"""One channel through everything: a tiny recipe trained on gray digits, then every command that a run goes through."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import edgekit
from edgekit.datasets import load_dataset
from edgekit.inspection.model_file import inspect_file
from edgekit.runs.folder import RunFolder
from edgekit.runtimes import chosen_runtimes

RECIPE = """
import keras
from edgekit import Recipe, TrainingSettings

def build(input_shape, num_classes):
    layers = keras.layers
    pixels = keras.Input(input_shape)
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    x = layers.Conv2D(16, 3, strides=4, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    return keras.Model(pixels, layers.Dense(num_classes, activation="softmax")(x))

RECIPE = Recipe(
    name="tiny",
    summary="A few thousand weights.",
    settings=TrainingSettings(epochs=4, batch_size=32),
    build=build,
    optimizer=lambda num_steps: keras.optimizers.Adam(0.01),
    augmentation=lambda: keras.layers.RandomTranslation(0.05, 0.05),
)
"""


@pytest.fixture(scope="module")
def gray_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Trained on gray digits and exported in every precision."""
    folder = tmp_path_factory.mktemp("gray")
    (folder / "tiny.py").write_text(RECIPE)
    run = edgekit.train(folder / "tiny.py", data="digits", color="gray", out=folder / "run")
    assert run is not None
    report = edgekit.export(run.path)
    assert report.exit_status == 0, report.to_dict()
    return RunFolder(run.path)


def test_the_network_and_its_files_take_one_channel(gray_run: RunFolder) -> None:
    assert gray_run.manifest["dataset"]["image_shape"] == [32, 32, 1]
    files = sorted(artifact.path for artifact in gray_run.artifacts())
    assert len(files) == 9
    for path in files:
        info = inspect_file(path)
        assert info.inputs[0].shape[1:] == (32, 32, 1), path
        assert "grayscale" in json.dumps(dict(info.metadata)), path


def test_every_runtime_runs_them_and_the_page_shows_gray_pictures(gray_run: RunFolder) -> None:
    report = edgekit.verify(gray_run.path, reference_kernel_images=5, pairwise=True)
    assert {row.runtime for row in report.candidates} == set(chosen_runtimes([]))
    for row in report.candidates:
        assert row.measurement is not None, row
        assert row.measurement.agreement > 0.95, row
        if row.precision == "float32":
            assert row.verdict == "pass", row
    assert report.reference.accuracy > 0.8
    page = (gray_run.path / "verification.html").read_text()
    assert "gray" in page
    for flipped in (row for row in report.candidates if row.measurement and row.measurement.flipped_images):
        assert "data:image/png" in page, flipped
    assert "data:image/png" in edgekit.report(gray_run.path).path.read_text()


def test_channels_first_onnx_files_take_one_channel(gray_run: RunFolder, tmp_path: Path) -> None:
    run = Path(shutil.copytree(gray_run.path, tmp_path / "run"))
    exported = edgekit.export(run, precisions="float32,int8", formats="onnx", layout="nchw")
    assert exported.exit_status == 0
    files = [file.artifact.path for file in exported.files]
    assert [inspect_file(file).inputs[0].shape[1:] for file in files] == [(1, 32, 32)] * 2
    report = edgekit.verify(files, reference=run, runtimes="onnxruntime")
    assert len(report.candidates) == 2
    assert all(row.measurement and row.measurement.agreement > 0.95 for row in report.candidates)


def test_layers_are_compared(gray_run: RunFolder) -> None:
    found = edgekit.diagnose(gray_run.path, images=8)
    assert [report.num_images for report in found.reports] == [8, 8]
    assert all(report.layers for report in found.reports)


def test_quantization_aware_training_and_its_files(gray_run: RunFolder, tmp_path: Path) -> None:
    compressed = edgekit.compress(gray_run.path, qat=True, epochs=1, out=tmp_path / "qat")
    assert compressed.manifest["dataset"]["image_shape"] == [32, 32, 1]
    exported = edgekit.export(compressed.path, precisions="int8", formats="tflite")
    assert exported.exit_status == 0
    report = edgekit.verify(compressed.path, runtimes="litert-xnnpack")
    assert [row.verdict for row in report.candidates] == ["pass"], report.to_dict()["candidates"]


def test_the_smallest_file_within_a_budget_is_found(gray_run: RunFolder, tmp_path: Path) -> None:
    run = Path(shutil.copytree(gray_run.path, tmp_path / "run"))
    tuned = edgekit.tune(run, max_flips="5%")
    assert tuned.artifact is not None
    assert inspect_file(tuned.artifact).inputs[0].shape[1:] == (32, 32, 1)
    sizes = {trial.name: trial.size_bytes for trial in tuned.trials if trial.is_measured}
    assert tuned.artifact.stat().st_size <= max(sizes.values())
    assert tuned.test is not None
    assert tuned.test.measurement is not None
    assert tuned.test.measurement.num_images == 359


def _digits_as(path: Path, convert: Any) -> str:
    """The digits as an .npz whose images went through `convert`."""
    dataset = load_dataset("digits")
    np.savez(
        path,
        x_test=convert(dataset.test.images),
        y_test=dataset.test.labels,
        class_names=np.array(dataset.class_names),
    )
    return f"npz:{path}"


def test_color_images_are_converted_for_a_gray_network_and_the_output_says_so(
    gray_run: RunFolder, tmp_path: Path
) -> None:
    data = _digits_as(tmp_path / "rgb.npz", lambda images: images)
    file = next(artifact.path for artifact in gray_run.artifacts() if artifact.path.name == "model-float32.tflite")
    report = edgekit.verify(file, reference=gray_run.path, data=data, runtimes="litert-xnnpack")
    assert report.candidates[0].verdict == "pass"
    assert report.dataset.image_shape == (32, 32, 1)
    assert "luma weights" in report.dataset.image_notes[0]


def test_gray_images_are_repeated_for_a_color_network(finished_run: Path, tmp_path: Path) -> None:
    data = _digits_as(tmp_path / "gray.npz", lambda images: images[..., 0])
    file = finished_run / "tflite" / "model-float32.tflite"
    report = edgekit.verify(file, reference=finished_run, data=data, runtimes="litert-xnnpack")
    assert report.candidates[0].verdict == "pass"
    assert report.dataset.image_shape == (32, 32, 3)
    assert "repeated" in report.dataset.image_notes[0]


def test_a_color_picture_is_predicted_as_a_gray_one(gray_run: RunFolder, tmp_path: Path) -> None:
    image = load_dataset("digits").test.images[0]
    Image.fromarray(image).save(tmp_path / "color.png")
    Image.fromarray(image[..., 0]).save(tmp_path / "gray.png")
    file = gray_run.path / "tflite" / "model-float32.tflite"
    color, gray = edgekit.predict(file, [tmp_path / "color.png", tmp_path / "gray.png"]).predictions
    assert color.label == gray.label
    assert color.scores == gray.scores
