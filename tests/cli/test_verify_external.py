"""`edgekit verify` on external models and references, in real worker processes."""

import json
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from support.linear_run import scores_of
from support.models.external_models import (
    CLASSES,
    Linear,
    classifier,
    colours,
    reordered,
    wanting,
    write_colours,
    write_int8_tflite,
    write_onnx,
)
from support.verify_command import refused_verify, verify_json

from edgekit.cli import run_command as edgekit
from edgekit.datasets import Dataset
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference

ONNX = ("--runtime", "onnxruntime")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`colours.npz`, a right model `float.onnx` on it, and its scores `scores.npy`."""
    made = tmp_path_factory.mktemp("foreign")
    write_colours(made / "colours.npz")
    dataset = colours(made / "colours.npz")
    write_onnx(made / "float.onnx", classifier(dataset))
    np.save(made / "scores.npy", scores_of(*classifier(dataset), dataset.test.images))
    return made


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Dataset:
    return colours(folder / "colours.npz")


@pytest.fixture(scope="module")
def linear(dataset: Dataset) -> Linear:
    return classifier(dataset)


def verify(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    return verify_json(capsys, *arguments, *ONNX)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    return refused_verify(capsys, *arguments, *ONNX)


def test_another_layout_range_order_batch_and_logits_pass_when_said(
    inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = reordered(wanting(linear, scale=1 / 255), [3, 2, 1, 0])
    write_onnx(inside / "strange.onnx", strange, batch=1, channels_first=True, softmax=False)
    Path("labels.txt").write_text("dark\nblue\ngreen\nred\n")
    Path("own.txt").write_text("\n".join(CLASSES))
    said = ["--input-range", "0..1", "--labels", "labels.txt"]
    of_reference = ["--reference-input-range", "0..255", "--reference-labels", "own.txt"]
    arguments = ["strange.onnx", "--reference", "float.onnx", "--data", "npz:colours.npz", *said, *of_reference]
    status, document = verify(capsys, *arguments)
    row = document["candidates"][0]
    assert status == 0, row["reasons"]
    assert document["reference"]["runtime"] == "onnxruntime"
    assert row["agreement"] == 1.0
    assert row["max_abs_score_difference"] < 1e-4
    remarks = " ".join(row["remarks"])
    assert "logits" in remarks
    assert "pixels as 0..1, classes in the model's own order" in remarks


def test_what_is_not_said_is_drift_with_a_question(
    inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    write_onnx(inside / "undivided.onnx", wanting(linear, scale=1 / 255))
    write_onnx(inside / "permuted.onnx", reordered(linear, [1, 0, 2, 3]))
    models = ["undivided.onnx", "permuted.onnx", "float.onnx"]
    status, document = verify(capsys, *models, "--reference", "scores.npy", "--data", "npz:colours.npz")
    assert status == 3
    undivided, permuted, right = document["candidates"]
    assert undivided["verdict"] == permuted["verdict"] == "drift"
    assert undivided["reasons"][0].endswith("did you mean --input-range 0..1?")
    assert "did you mean --labels FILE? It gives 'red' as 'green', 'green' as 'red'." in permuted["reasons"][0]
    assert right["verdict"] == "pass"
    assert document["reference"]["runtime"] == "file of scores"


def write_int8_onnx(path: Path, images: NDArray[np.uint8], scale: float = 1.0) -> None:
    """`float.onnx` in int8, by ONNX Runtime's own quantizer, with weights of 7 bits.

    Args:
        path: The file to write.
        images: uint8 (n, 8, 8, 3), what it is calibrated on.
        scale: What these are multiplied by first.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    class Reader(CalibrationDataReader):
        left: ClassVar = [{"images": images[:64].astype(np.float32) * np.float32(scale)}]

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            return self.left.pop() if self.left else None

    quantize_static("float.onnx", path, Reader(), quant_format=QuantFormat.QDQ, reduce_range=True, per_channel=True)


def test_an_input_that_cannot_hold_what_it_is_fed_comes_first(
    inside: Path, dataset: Dataset, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    """Calibrated on images / 255 although the model takes 0 to 255; in both formats, as candidate and as reference."""
    write_int8_onnx(Path("divided-int8.onnx"), dataset.train.images, 1 / 255)
    write_int8_onnx(Path("right-int8.onnx"), dataset.train.images)
    write_int8_tflite(inside / "divided-int8.tflite", linear, scale=1 / 255, zero_point=-128)
    candidates = ["divided-int8.onnx", "right-int8.onnx"]
    status, document = verify(capsys, *candidates, "--reference", "float.onnx", "--data", "npz:colours.npz")
    assert status == 3
    divided, right = document["candidates"]
    assert divided["verdict"] == "drift"
    assert divided["reasons"][0].startswith("Its input holds 0 to 1 (int8, scale 0.00392, zero point -128), but it is")
    assert "is fed 0 to 255: 9" in divided["reasons"][0]
    assert "Does the model expect 0..1? Then add --input-range 0..1. Else it was cal" in divided["reasons"][0]
    assert "another model" not in " ".join(divided["reasons"])
    assert not any("Its input" in reason for reason in right["reasons"])
    common = ["--data", "npz:colours.npz", "--reference"]
    err = refused(capsys, "float.onnx", *common, "divided-int8.tflite")
    assert (
        "The reference divided-int8.tflite seems to be quantized wrongly, or to get wrong input. Its input holds 0 to 1"
        in err
    )
    assert "--reference-input-range 0..1" in err
    assert edgekit(["diagnose", "divided-int8.onnx", *common, "float.onnx", "--json"]) == 0
    [report] = json.loads(capsys.readouterr().out)["reports"]
    assert report["input_fault"][:70] == divided["reasons"][0][:70]
    assert report["advice"].startswith(report["input_fault"])
    assert edgekit(["diagnose", "divided-int8.onnx", *common, "float.onnx"]) == 0
    assert capsys.readouterr().out.startswith("divided-int8.onnx: Its input holds 0 to 1")


def test_a_runtime_without_a_kernel_is_not_compared_and_costs_no_exit_status(
    inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    elu = (111, 1)
    write_int8_tflite(inside / "elu.tflite", linear, scale=1.0, zero_point=-128, ends_in=elu)
    command = ["verify", "elu.tflite", "--reference", "elu.tflite", "--data", "npz:colours.npz", "--json"]
    assert edgekit([*command, "--runtime", "litert-builtin", "--runtime", "litert-reference"]) == 0
    builtin, reference = json.loads(capsys.readouterr().out)["candidates"]
    assert (builtin["verdict"], reference["verdict"]) == ("pass", "not-compared")
    assert reference["reasons"] == ["This runtime has no kernel for ELU (version 1), so elu.tflite was not run in it."]
    assert edgekit([*command, "--runtime", "litert-reference"]) == 1, (
        "nothing was compared, which does not count as a pass"
    )


def test_an_int8_reference_is_called_so_in_json_on_the_page_and_on_the_terminal(
    inside: Path, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    write_int8_onnx(Path("mine-int8.onnx"), dataset.test.images)
    arguments = ["float.onnx", "--reference", "mine-int8.onnx", "--data", "npz:colours.npz"]
    status, document = verify(capsys, *arguments, "--html", "int8.html")
    assert status in (0, 3)
    assert document["reference"]["precision"] == "int8"
    precision, external = document["reference"]["remarks"]
    assert precision.startswith("The reference itself is int8: its own loss against the float model is not measured")
    assert external.startswith("edgekit did not train this model, so these test images may have been among")
    page = unescape(Path("int8.html").read_text())
    assert precision in page
    assert external in page
    assert "Compared with the int8 reference in onnxruntime" in page
    assert "the float model in" not in page
    assert edgekit(["verify", *arguments, *ONNX]) == status
    out, err = capsys.readouterr()
    assert "Compared with the int8 reference in onnxruntime" in " ".join(out.split())
    assert precision in err


def test_a_file_of_scores_has_no_precision_and_no_warning(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, document = verify(capsys, "float.onnx", "--reference", "scores.npy", "--data", "npz:colours.npz")
    assert document["reference"]["precision"] is None
    assert document["reference"]["remarks"] == []


def test_a_mistake_that_reference_and_candidate_share_does_not_pass(
    inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    write_onnx(inside / "undivided.onnx", wanting(linear, scale=1 / 255))
    shared = ["undivided.onnx", "--reference", "undivided.onnx", "--data", "npz:colours.npz"]
    assert "did you mean --input-range 0..1?" in refused(capsys, *shared)
    status, document = verify(capsys, *shared, "--input-range", "0..1")
    assert (status, document["candidates"][0]["agreement"]) == (0, 1.0), "what is suggested fits the command"
    status, document = verify(capsys, *shared, "--no-input-check")
    assert status == 0
    assert document["candidates"][0]["remarks"] == []


def test_exchanged_labels_of_the_data_set_are_found(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_colours(inside / "exchanged.npz", swap=(1, 3))
    err = refused(capsys, "float.onnx", "--reference", "float.onnx", "--data", data)
    assert "labels of the data set are exchanged" in err
    assert "'green' as 'dark', 'dark' as 'green'" in err


def test_without_training_images_the_row_says_that_nothing_was_checked(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_colours(inside / "test-only.npz", with_training=False)
    status, document = verify(capsys, "float.onnx", "--reference", "scores.npy", "--data", data)
    assert status == 0
    assert "was not checked" in document["candidates"][0]["remarks"][0]


def test_a_training_image_that_cannot_be_read_is_named_where_nothing_was_checked(
    inside: Path, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    for split, images in {"train": dataset.train, "test": dataset.test}.items():
        for index in range(40):
            path = Path("photos") / split / f"{images.labels[index]}" / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(images.images[index]).save(path)
    broken = next(Path("photos/train/2").iterdir())
    broken.write_bytes(broken.read_bytes()[:50])
    status, document = verify(capsys, "float.onnx", "--data", "folder:photos", "--reference", "float.onnx")
    remark = document["candidates"][0]["remarks"][0]
    assert status == 0
    assert "was not checked" in remark
    assert f"The image {broken} cannot be read" in remark
    assert "no training images" not in remark


def test_an_artifact_of_another_run_says_so_and_is_drift(
    inside: Path, dataset: Dataset, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    other = reordered(linear, [0, 1, 2, 3])[0].copy(), linear[1] + np.float32(0.05) * np.arange(4, dtype=np.float32)
    for name, weights in (("one", linear), ("two", other)):
        run = RunFolder.create(inside / name, {"dataset": {"name": "npz", "sha256": dataset.sha256}})
        scores = scores_of(*weights, dataset.test.images)
        Reference(
            scores=scores,
            labels=dataset.test.labels,
            dataset_sha256=dataset.sha256,
            class_names=dataset.class_names,
        ).save(run.reference_path)
        (run.path / "onnx").mkdir()
        run.record(run.reference_path, write_onnx(run.path / "onnx" / "model-float32.onnx", weights))
    arguments = ["two/onnx/model-float32.onnx", "--reference", "one", "--data", "npz:colours.npz"]
    status, document = verify(capsys, *arguments)
    assert status == 3
    assert (
        "artifact of the run 'two'; the reference belongs to the run 'one'" in document["candidates"][0]["remarks"][0]
    )
    assert "--input-range has no effect here" in refused(capsys, *arguments, "--input-range", "0..1")


def test_a_float32_file_may_differ_from_a_run_by_what_its_network_differs_from_itself(
    inside: Path, dataset: Dataset, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = {"max_abs_score_difference": 0.002, "batch_sizes": [64, 1], "num_images": 32}
    entry = {"name": "npz", "sha256": dataset.sha256}
    run = RunFolder.create(inside / "deep", {"dataset": entry, "own_noise": noise})
    Reference(
        scores=scores_of(*linear, dataset.test.images),
        labels=dataset.test.labels,
        dataset_sha256=dataset.sha256,
        class_names=dataset.class_names,
    ).save(run.reference_path)
    run.record(run.reference_path)
    rounded = linear[0], linear[1] + np.float32(0.01) * np.array([0, 1, 0, 0], np.float32)
    arguments = [str(write_onnx(inside / "rounded.onnx", rounded)), "--reference", "deep", "--data", "npz:colours.npz"]
    status, document = verify(capsys, *arguments)
    [row] = document["candidates"]
    assert 1e-4 < row["max_abs_score_difference"] < 0.006
    assert (status, row["verdict"]) == (0, "pass"), row["reasons"]
    assert document["reference"]["own_noise"] == noise
    assert document["reference"]["remarks"][-1] == (
        "The float network differs from itself by up to 0.002 when Keras runs 64 images at a time or 1 (n = 32). So "
        "scores of float32 files may differ from it by 0.006."
    )
    assert document["tolerance"]["float32"]["max_score_difference"] == pytest.approx(0.006)
    assert document["tolerance_origin"]["float32"]["max_score_difference"] == "network's own noise"
    assert verify(capsys, *arguments, "--max-score-difference", "1e-4")[0] == 3, "what the user says counts"


def test_scores_with_names_are_brought_into_order_and_checked(
    inside: Path, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    scores, labels = np.load("scores.npy"), dataset.test.labels
    backwards = {"scores": scores[:, ::-1], "class_names": np.array(CLASSES[::-1])}
    np.savez("named.npz", **backwards, labels=3 - labels)
    arguments = ["float.onnx", "--data", "npz:colours.npz", "--reference"]
    assert verify(capsys, *arguments, "named.npz")[0] == 0
    exchanged = labels.copy()
    exchanged[[4, 5]] = exchanged[[5, 4]]
    np.savez("exchanged-labels.npz", scores=scores, labels=exchanged)
    err = refused(capsys, *arguments, "exchanged-labels.npz")
    assert "2 of 120 differ" in err
    assert "image 4 first" in err
    np.savez("other-names.npz", scores=scores, class_names=np.array(["red", "green", "blue", "night"]))
    assert "'night'" in refused(capsys, *arguments, "other-names.npz")
    np.save("fewer.npy", scores[:100])
    assert "(100, 4)" in refused(capsys, *arguments, "fewer.npy")
    np.save("mixed.npy", scores[np.random.default_rng(0).permutation(len(scores))])
    assert "no more than guessing" in refused(capsys, *arguments, "mixed.npy")
    broken = scores.copy()
    broken[7, 1] = np.nan
    np.save("nan.npy", broken)
    assert "image 7" in refused(capsys, *arguments, "nan.npy")
    np.savez("empty.npz", other=scores)
    assert "is not a reference" in refused(capsys, *arguments, "empty.npz")
    np.save("objects.npy", np.array([{}], object), allow_pickle=True)
    assert "not a file of scores" in refused(capsys, *arguments, "objects.npy")
    Path("nothing.onnx").touch()
    assert "nothing.onnx is empty (0 bytes)" in refused(capsys, *arguments, "nothing.onnx")


def test_what_cannot_be_meant_costs_a_sentence(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = ["float.onnx", "--data", "npz:colours.npz"]
    assert "--reference float.onnx" in refused(capsys, *model)
    assert "no file nothing.h5" in refused(capsys, *model, "--reference", "nothing.h5")
    assert "not a reference" in refused(capsys, *model, "--reference", "colours.npz")
    Path("three.txt").write_text("red\ngreen\nblau\n")
    err = refused(capsys, *model, "--reference", "scores.npy", "--labels", "three.txt")
    assert "missing: 'blue', 'dark'" in err
    assert "'blau'" in err
    Path("broken.onnx").write_bytes(b"nothing")
    assert "could not be run in onnxruntime" in refused(capsys, *model, "--reference", "broken.onnx")
    nothing_said = ["--reference", "scores.npy", "--reference-input-range", "0,1"]
    assert "0..1" in refused(capsys, *model, *nothing_said)
    assert "--data" in refused(capsys, "float.onnx", "--reference", "scores.npy")


def test_a_single_sigmoid_output_is_named_as_candidate_and_as_reference(
    inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, biases = linear
    write_onnx(inside / "sigmoid.onnx", (weights[:, :1], biases[:1]), batch="N")
    said = "gives 1 score per image. Expected 4, one for each class"
    status, report = verify(capsys, "sigmoid.onnx", "--reference", "scores.npy", "--data", "npz:colours.npz")
    [row] = report["candidates"]
    assert (status, row["verdict"]) == (1, "error")
    assert said in row["reasons"][0]
    assert "single sigmoid output" in row["reasons"][0]
    err = refused(capsys, "float.onnx", "--reference", "sigmoid.onnx", "--data", "npz:colours.npz")
    assert "gives 1 score per image. Expected 4" in err
    assert "single sigmoid output" in err


@pytest.mark.parametrize("num_classes", [2, 100])
def test_two_and_a_hundred_classes_with_a_batch_of_any_name(
    inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str], num_classes: int
) -> None:
    """More classes are shades of the four colours, so most are guessed; a ruined one is named all the same."""
    rng = np.random.default_rng(num_classes)
    images = rng.integers(0, 256, (400, 8, 8, 3)).astype(np.uint8)
    weights = (rng.normal(0, 0.02, (192, num_classes)) / 8).astype(np.float32)
    biases = -weights.sum(axis=0) * 127
    scores = scores_of(weights, biases, images)
    np.save(inside / "many.npy", scores)
    np.savez(
        inside / "many.npz", x_test=images, y_test=scores.argmax(axis=1), class_names=np.arange(num_classes).astype(str)
    )
    write_onnx(inside / "many-float32.onnx", (weights, biases), batch="N")
    ruined = biases.copy()
    ruined[1] -= 5
    write_onnx(inside / "ruined-int8.onnx", (weights, ruined), batch="N")
    files = ("many-float32.onnx", "ruined-int8.onnx")
    limit = ("--max-f1-drop", "2")  # the content is float32, which has no limit on F1 of its own
    status, report = verify(capsys, *files, "--reference", "many.npy", "--data", "npz:many.npz", *limit)
    sound, broken = report["candidates"]
    assert (status, sound["verdict"], broken["verdict"]) == (3, "pass", "drift")
    assert "F1 of class '1' fell" in " ".join(broken["reasons"])


def test_a_keras_reference_without_keras_names_the_extra(
    inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("model.keras").write_bytes(b"PK\x03\x04")
    monkeypatch.setitem(sys.modules, "keras", None)
    err = refused(capsys, "float.onnx", "--reference", "model.keras", "--data", "npz:colours.npz")
    assert "edgekit-toolkit[train]" in err


LEGACY = """
import sys, numpy, tf_keras
weights, biases = numpy.load(sys.argv[1]).values()
pixels = tf_keras.Input((8, 8, 3))
dense = tf_keras.layers.Dense(4, activation="softmax")
identity = tf_keras.layers.DepthwiseConv2D(1, depthwise_initializer="ones", use_bias=False)
model = tf_keras.Model(pixels, dense(tf_keras.layers.Flatten()(identity(pixels / 255.0))))
dense.set_weights([weights, biases])
model.save("legacy.h5")
tf_keras.Sequential([tf_keras.layers.Lambda(lambda x: x, input_shape=(8, 8, 3))]).save("code.h5")
"""
"""A file that Keras 3 cannot read: an operation on tensors, and a DepthwiseConv2D of Keras 2."""


@pytest.mark.slow
def test_a_legacy_h5_is_a_reference_and_verify_loads_no_tensorflow(
    inside: Path, linear: Linear, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez("weights.npz", *wanting(linear, scale=1 / 255))
    subprocess.run([sys.executable, "-c", LEGACY, "weights.npz"], check=True, capture_output=True)
    loaded = "tensorflow" in sys.modules
    arguments = ["float.onnx", "--data", "npz:colours.npz", "--reference"]
    status, document = verify(capsys, *arguments, "legacy.h5")
    assert status == 0, document["candidates"]
    assert document["reference"]["runtime"] == "keras"
    noise = document["reference"]["own_noise"]
    assert (noise["batch_sizes"], noise["num_images"]) == ([64, 1], 32)
    assert 0 <= noise["max_abs_score_difference"] < 1e-5
    assert document["candidates"][0]["agreement"] == 1.0
    assert "carries code (Lambda" in refused(capsys, *arguments, "code.h5", "--no-input-check")
    assert ("tensorflow" in sys.modules) == loaded
