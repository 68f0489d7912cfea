"""Planted faults in real model files, through the real command: each is caught by name, and equality passes."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.linear_run import nearest_mean, scores_of
from support.models.external_models import CLASSES, COLOURS, SIDE, Linear, wanting_bgr, write_int8_tflite, write_onnx

from edgekit.cli import run_command as edgekit
from edgekit.datasets import Dataset, load_dataset

NUM_TEST = 1200
BLACK = 17
"""The test image without any light."""


def hard_images(count: int, seed: int) -> tuple[Any, Any]:
    """Four colours under so much tint that a linear classifier is right on about four images in five."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    pixels = COLOURS[labels][:, None, None] + rng.normal(0, 70, (count, 1, 1, 3))
    return np.clip(pixels + rng.normal(0, 10, (count, SIDE, SIDE, 3)), 1, 255).astype(np.uint8), labels


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("hard") / "hard.npz"
    (images, labels), (test_images, test_labels) = hard_images(800, 1), hard_images(NUM_TEST, 2)
    test_images[BLACK] = 0
    np.savez(path, x_train=images, y_train=labels, x_test=test_images, y_test=test_labels, class_names=CLASSES)
    return load_dataset(f"npz:{path}")


@pytest.fixture(scope="module")
def linear(dataset: Dataset) -> Linear:
    weights, biases = nearest_mean(dataset)
    return weights / 8, biases / 8  # less sure than the nearest mean, as a trained network is


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset, linear: Linear) -> Path:
    made = tmp_path_factory.mktemp("planted")
    np.save(made / "scores.npy", scores_of(*linear, dataset.test.images))
    path = tmp_path_factory.getbasetemp()
    shutil.copy(next(path.glob("hard*/hard.npz")), made / "hard.npz")
    return made


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def rows_of(
    capsys: pytest.CaptureFixture[str],
    *models: Path,
    status: int,
    reference: str = "scores.npy",
    data: str = "hard.npz",
    options: Sequence[str] = (),
) -> list[dict[str, Any]]:
    names = [model.name for model in models]
    options = [*options, "--reference", reference, "--data", f"npz:{data}", "--json"]
    runtimes = ["--runtime", "onnxruntime", "--runtime", "litert-builtin"]
    assert edgekit(["verify", *names, *options, *runtimes]) == status
    return list(json.loads(capsys.readouterr().out)["candidates"])


def said(row: dict[str, Any]) -> str:
    return " ".join(row["reasons"])


def noisy(linear: Linear, amount: float, seed: int) -> Linear:
    weights, biases = linear
    by_channel = np.random.default_rng(seed).normal(0, amount, (1, 3, weights.shape[1])) * weights.std()
    return (weights + np.tile(by_channel, (len(weights) // 3, 1, 1)).reshape(weights.shape)).astype(np.float32), biases


def flipping_five_percent(linear: Linear, dataset: Dataset) -> Linear:
    """Noise that changes every twentieth prediction, and as many for the better as for the worse."""
    images, labels = dataset.test.images, dataset.test.labels
    before = scores_of(*linear, images).argmax(axis=1)
    for seed in range(400):
        candidate = noisy(linear, 0.12 + 0.01 * (seed % 20), seed)
        after = scores_of(*candidate, images).argmax(axis=1)
        if (
            0.93 < (after == before).mean() < 0.949
            and abs((after == labels).mean() - (before == labels).mean()) < 0.003
        ):
            return candidate
    raise AssertionError("no noise was found that leaves accuracy alone")


def with_nan_where_it_is_dark(path: Path) -> Path:
    """The scores times s / s, s the sum of all pixels: NaN for an image that is black, the same for all others."""
    import onnx
    from onnx import helper

    model = onnx.load(str(path))
    model.graph.node[-1].output[0] = "plain"
    model.graph.node.extend(
        [
            helper.make_node("ReduceSum", ["flat"], ["light"], keepdims=1),
            helper.make_node("ReduceSum", ["flat", "axis"], ["lights"], keepdims=1),
            helper.make_node("Div", ["lights", "lights"], ["one"]),
            helper.make_node("Mul", ["plain", "one"], ["scores"]),
        ]
    )
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1]), "axis"))
    path.write_bytes(model.SerializeToString())
    return path


def test_copies_and_another_format_pass(
    inside: Path, dataset: Dataset, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    accuracy = (scores_of(*linear, dataset.test.images).argmax(axis=1) == dataset.test.labels).mean()
    assert 0.6 < accuracy < 0.95, "an easy data set would prove little"
    one = write_onnx(inside / "one.onnx", linear)
    shutil.copy(one, inside / "two.onnx")
    other = write_int8_tflite(inside / "other.tflite", linear, scale=1.0, zero_point=-128)
    rows = rows_of(capsys, one, inside / "two.onnx", other, status=0)
    assert [row["verdict"] for row in rows] == ["pass", "pass", "pass"]
    assert [row["agreement"] for row in rows] == [1.0, 1.0, 1.0]


def test_noise_that_accuracy_hides_is_named(
    inside: Path, dataset: Dataset, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = flipping_five_percent(linear, dataset)
    models = [
        write_onnx(inside / "noise-int8.onnx", weights),
        write_int8_tflite(inside / "noise-int8.tflite", weights, scale=1.0, zero_point=-128),
    ]
    for row in rows_of(capsys, *models, status=3):
        assert abs(row["accuracy_delta"]) < 0.005
        assert row["mcnemar_p"] > 0.05
        assert "of the predictions agree with the reference" in said(row)
        assert "Accuracy hides it" in said(row)


def test_one_ruined_class_is_named(inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str]) -> None:
    weights, biases = linear
    lowered = biases.copy()
    lowered[2] -= 1.0
    models = [
        write_onnx(inside / "ruined-int8.onnx", (weights, lowered)),
        write_int8_tflite(inside / "ruined-int8.tflite", (weights, lowered), scale=1.0, zero_point=-128),
    ]
    for row in rows_of(capsys, *models, status=3):
        # Both compute in float32, whatever their names say, and are judged as such: without a limit on F1.
        assert "Class 'blue' is lost" in said(row)
        assert "blue" in row["significant_classes"]


def test_a_constant_output_and_another_model_are_named(
    inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, biases = linear
    nothing = np.zeros_like(weights), biases
    texture = np.random.default_rng(3).normal(0, weights.std(), (SIDE * SIDE, 3, len(CLASSES)))
    texture -= texture.mean(axis=0)  # it looks at the grain of an image, not at its colour
    other = (20 * texture).reshape(weights.shape).astype(np.float32), np.zeros_like(biases)
    models = [
        write_onnx(inside / "constant-int8.onnx", nothing),
        write_int8_tflite(inside / "constant-int8.tflite", nothing, scale=1.0, zero_point=-128),
        write_onnx(inside / "other-int8.onnx", other),
    ]
    constant, constant_tflite, unrelated = rows_of(capsys, *models, status=3)
    for row in (constant, constant_tflite):
        assert "same scores for every image" in said(row)
    assert "another model" in said(unrelated)


def test_blue_first_is_named(inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str]) -> None:
    [row] = rows_of(capsys, write_onnx(inside / "bgr.onnx", wanting_bgr(linear)), status=3)
    assert "did you mean --channel-order bgr?" in said(row)


def test_a_nan_in_one_image_is_named_with_the_image(
    inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = with_nan_where_it_is_dark(write_onnx(inside / "nan.onnx", linear))
    sound = write_onnx(inside / "sound.onnx", linear)
    row, beside = rows_of(capsys, broken, sound, status=1)
    assert row["verdict"] == "error"
    assert f"NaN or infinity for 1 of {NUM_TEST:,} images, image {BLACK} first" in said(row)
    assert beside["verdict"] == "pass"


def flattened(linear: Linear, images: Any) -> Linear:
    """The same predictions, all scores within 9e-5 of a quarter, so that no limit on differences sees anything."""
    weights, biases = linear
    logits = images.reshape(len(images), -1) @ weights + biases
    factor = np.float32(4 * 9e-5 / np.abs(logits - logits.mean(axis=1, keepdims=True)).max())
    return weights * factor, biases * factor


def test_a_float32_file_that_is_all_ties_is_named(
    inside: Path, dataset: Dataset, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    """No score is off by 1e-4 and every flip is a tie, so nothing but the number of the ties tells."""
    flat = flattened(linear, dataset.test.images)
    np.save(inside / "flat.npy", scores_of(*flat, dataset.test.images))
    sound = write_onnx(inside / "flat-float32.onnx", flat)
    constant = write_onnx(inside / "constant-float32.onnx", (np.zeros_like(flat[0]), np.zeros_like(flat[1])))
    [equal] = rows_of(capsys, sound, status=0, reference="flat.npy")
    assert equal["agreement"] > 0.99
    for options in ([], ["--sequential", "--max-score-difference", "1"]):
        [row] = rows_of(capsys, constant, status=3, reference="flat.npy", options=options)
        assert row["max_abs_score_difference"] < 1e-4
        assert row["flips"] == {"right_to_wrong": 0, "wrong_to_right": 0, "wrong_to_wrong": 0}
        assert "of the predictions differ by ties" in said(row) or "differ by ties for the highest" in said(row)
        assert "same scores for every image" in said(row)


def test_a_class_that_a_float32_file_loses_to_ties_is_named(
    inside: Path, dataset: Dataset, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    """A class that no image has, of a lower index, gives exactly what 'blue' gives; few images are blue."""
    weights, biases = flattened(linear, dataset.test.images)
    is_kept = (dataset.test.labels != 2) | (np.cumsum(dataset.test.labels == 2) <= 8)
    images, labels = dataset.test.images[is_kept], dataset.test.labels[is_kept] + 1
    names = ("unused", *CLASSES)
    np.savez(
        inside / "five.npz",
        x_train=dataset.train.images,
        y_train=dataset.train.labels + 1,
        x_test=images,
        y_test=labels,
        class_names=names,
    )
    never = np.float32(-1e-4)
    reference = np.insert(weights, 0, 0, axis=1), np.insert(biases, 0, never)
    lost = np.insert(weights, 0, weights[:, 2], axis=1), np.insert(biases, 0, biases[2])
    np.save(inside / "five.npy", scores_of(*reference, images))
    sound, broken = write_onnx(inside / "five-float32.onnx", reference), write_onnx(inside / "lost-float32.onnx", lost)
    rows_of(capsys, sound, status=0, reference="five.npy", data="five.npz")
    [row] = rows_of(capsys, broken, status=3, reference="five.npy", data="five.npz")
    assert row["flips"]["right_to_wrong"] == 0
    assert "Class 'blue' is lost: its recall fell" in said(row)
