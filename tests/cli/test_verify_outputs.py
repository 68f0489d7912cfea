"""`edgekit verify` on third-party files of one score, of several outputs, and of more classes, in real workers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.linear_run import scores_of
from support.models.external_models import (
    CLASSES,
    Linear,
    classifier,
    colours,
    one_logit,
    two_colours,
    write_colours,
    write_int8_tflite,
    write_onnx,
)
from support.verify_command import refused_verify, verify_json

from edgekit.datasets import Dataset
from edgekit.metrics.class_columns import OTHER_CLASS
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference

UNCHECKED = "--no-input-check"
QUICK = ("--runtime", "onnxruntime", "--runtime", "litert-xnnpack")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two data sets and right models on them: `two.onnx` of two scores, `four.onnx` of four."""
    made = tmp_path_factory.mktemp("outputs")
    write_onnx(made / "two.onnx", classifier(two_colours(made / "two.npz")))
    write_colours(made / "four.npz")
    write_onnx(made / "four.onnx", classifier(colours(made / "four.npz")))
    return made


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="module")
def pair(folder: Path) -> Dataset:
    return two_colours(folder / "two.npz")


@pytest.fixture(scope="module")
def four(folder: Path) -> Dataset:
    return colours(folder / "four.npz")


def verify(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    return verify_json(capsys, *arguments, *QUICK)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    return refused_verify(capsys, *arguments, *QUICK)


def test_one_probability_and_one_logit_are_two_classes(
    inside: Path, pair: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    linear = classifier(pair)
    write_onnx(inside / "sigmoid.onnx", one_logit(linear), sigmoid=True)
    write_onnx(inside / "logit.onnx", one_logit(linear), softmax=False)
    files = ["sigmoid.onnx", "logit.onnx", "--data", "npz:two.npz"]
    for reference in ("two.onnx", "logit.onnx"):
        status, document = verify(capsys, *files, "--reference", reference, UNCHECKED)
        assert status == 0, [row["reasons"] for row in document["candidates"]]
        assert document["dataset"]["class_names"] == ["red", "dark"]
        for row in document["candidates"]:
            assert row["agreement"] == 1
            assert row["max_abs_score_difference"] < 1e-5
    sigmoid, logit = document["candidates"]
    said = "It gives one score, of class 'dark', which is read as a probability of each class."
    assert said in sigmoid["remarks"]
    assert f"{said} It is a logit: a sigmoid makes the probability." in logit["remarks"]
    assert said.replace("It", "The reference", 1) in document["reference"]["remarks"]
    assert verify(capsys, *files[1:], "--reference", "two.onnx", UNCHECKED, "--sequential")[0] == 0


def test_the_wrong_positive_class_is_drift_with_a_question_and_the_right_one_passes(
    inside: Path, pair: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    write_onnx(inside / "of-red.onnx", one_logit(classifier(pair), positive=0), sigmoid=True)
    arguments = ["of-red.onnx", "--reference", "two.onnx", "--data", "npz:two.npz"]
    status, document = verify(capsys, *arguments)
    assert status == 3
    assert "--positive-class red" in document["candidates"][0]["reasons"][0]
    status, document = verify(capsys, *arguments, "--positive-class", "red")
    assert status == 0


def test_the_threshold_counts_for_reference_and_files(
    inside: Path, pair: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    linear = classifier(pair)
    dark = scores_of(*linear, pair.test.images)[:, 1]
    threshold = float(np.quantile(dark[pair.test.labels == 1], 0.5))  # half of the dark ones are lost
    write_onnx(inside / "sigmoid.onnx", one_logit(linear), sigmoid=True)
    arguments = ["sigmoid.onnx", "--reference", "two.onnx", "--data", "npz:two.npz"]
    status, document = verify(capsys, *arguments, "--threshold", f"{threshold}", UNCHECKED)
    row = document["candidates"][0]
    assert status == 0, row["reasons"]
    expected = float(((dark > threshold) == (pair.test.labels == 1)).mean())
    assert row["accuracy"] == pytest.approx(expected, abs=1 / len(dark))
    assert document["reference"]["accuracy"] == pytest.approx(expected, abs=1 / len(dark))
    assert row["per_class"][1]["recall"] == pytest.approx(0.5, abs=0.02)
    assert any("'dark' is predicted above a probability of" in one for one in document["reference"]["remarks"])
    of_four = ["four.onnx", "--reference", "four.onnx", "--data", "npz:four.npz"]
    assert "--threshold is for data sets of two classes" in refused(capsys, *of_four, "--threshold", "0.3")
    assert "between 0 and 1" in refused(capsys, *arguments, "--threshold", "1")


def test_of_several_outputs_the_one_that_fits_or_the_named_one_is_used(
    inside: Path, four: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    linear = classifier(four)
    write_onnx(inside / "features.onnx", linear, more_outputs={"flat": 192})
    write_int8_tflite(inside / "real.tflite", linear, scale=1.0, zero_point=-128, outputs=("real", "scores"))
    write_int8_tflite(inside / "both.tflite", linear, scale=1.0, zero_point=-128, outputs=("logits", "scores"))
    arguments = ["--reference", "features.onnx", "--data", "npz:four.npz", UNCHECKED]
    status, document = verify(capsys, "features.onnx", "real.tflite", *arguments)
    assert status == 0, [row["reasons"] for row in document["candidates"]]
    features, real = ([one for one in row["remarks"] if "outputs" in one] for row in document["candidates"])
    assert features == [
        "Of 2 outputs ('flat' (any, 192), 'scores' (any, 4)), 'scores' is used, the only one that gives 4 scores."
    ]
    assert "'scores' is used" in real[0]
    status, document = verify(capsys, "both.tflite", *arguments)
    assert (status, document["candidates"][0]["verdict"]) == (1, "error")
    assert "Expected exactly one of shape (batch, 4)" in document["candidates"][0]["reasons"][0]
    named = ["--output-name", "logits", "--reference-output-name", "scores"]
    status, document = verify(capsys, "both.tflite", *arguments, *named)
    assert status == 0, document["candidates"][0]["reasons"]
    assert "Its scores are logits; they are compared after a softmax." in document["candidates"][0]["remarks"]
    _, document = verify(
        capsys, "both.tflite", *arguments, "--output-name", "score", "--reference-output-name", "scores"
    )
    assert "Unknown output 'score'. Did you mean 'scores'?" in document["candidates"][0]["reasons"][0]


def with_background(linear: Linear, images: np.ndarray[Any, Any], share: float) -> Linear:
    """The classifier with one more class before the others, whose score is highest on that share of the images."""
    weights, biases = linear
    logits = images.reshape(len(images), -1).astype(np.float64) @ weights + biases
    level = np.quantile(logits.max(axis=1), share)
    return (
        np.concatenate([np.zeros((len(weights), 1)), weights], axis=1).astype(np.float32),
        np.concatenate([[level], biases]).astype(np.float32),
    )


def test_a_background_class_is_other_class_for_all_and_a_run_with_one_is_verified(
    inside: Path, four: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    linear = with_background(classifier(four), four.test.images, 0.1)
    write_onnx(inside / "background.onnx", linear)
    Path("labels.txt").write_text("\n".join(("background", *CLASSES)))
    Path("four.txt").write_text("\n".join(CLASSES))
    data = ["--data", "npz:four.npz", UNCHECKED]
    limits = ["--max-accuracy-drop", "30", "--min-agreement", "70", "--max-score-difference", "2"]
    labels = ["--labels", "labels.txt", "--reference-labels", "four.txt"]
    status, document = verify(capsys, "background.onnx", "--reference", "four.onnx", *data, *labels, *limits)
    row = document["candidates"][0]
    assert status in (0, 3)
    assert row["verdict"] in ("pass", "drift"), row["reasons"]
    assert document["dataset"]["class_names"] == [*CLASSES, OTHER_CLASS]
    assert row["agreement"] == pytest.approx(0.9, abs=0.02)
    assert sum(flip["num_images"] for flip in row["class_flips"] if flip["candidate_class"] == 4) == 12
    assert any("1 class that the data set lacks" in one for one in row["remarks"])
    run = RunFolder.create(
        inside / "run",
        {
            "dataset": {"name": "npz", "sha256": four.sha256},
            "reading": {"labels": ["background", *CLASSES]},
        },
    )
    all_scores = scores_of(*linear, four.test.images)
    Reference(
        scores=all_scores[:, [1, 2, 3, 4, 0]],
        labels=four.test.labels,
        dataset_sha256=four.sha256,
        class_names=(*CLASSES, OTHER_CLASS),
    ).save(run.reference_path)
    (run.path / "onnx").mkdir()
    run.record(run.reference_path, write_onnx(run.path / "onnx" / "model-float32.onnx", linear))
    status, document = verify(capsys, "run", *data)
    assert status == 0, document["candidates"][0]["reasons"]
    assert document["candidates"][0]["agreement"] == 1
    page = (run.path / "verification.html").read_text()
    assert OTHER_CLASS in page


def test_a_file_of_scores_of_the_data_sets_classes_needs_no_labels_beside_a_model_that_knows_more(
    inside: Path, four: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    linear = classifier(four)
    np.save("four.npy", scores_of(*linear, four.test.images).astype(np.float32))
    write_onnx(inside / "background.onnx", with_background(linear, four.test.images, 0.1))
    Path("labels.txt").write_text("\n".join(("background", *CLASSES)))
    arguments = ["--data", "npz:four.npz", UNCHECKED, "--labels", "labels.txt", "--max-score-difference", "2"]
    _, document = verify(capsys, "background.onnx", "--reference", "four.npy", *arguments)
    assert document["candidates"][0]["agreement"] == pytest.approx(0.9, abs=0.02)
    assert document["reference"]["input"] == ""
    np.save("wide.npy", np.full((len(four.test), 6), 1 / 6, np.float32))
    said = refused_verify(capsys, "background.onnx", "--reference", "wide.npy", *arguments)
    assert f"shape ({len(four.test)}, 6). Expected floats of shape ({len(four.test)}, 5)" in said


def test_labels_for_another_number_of_scores_and_none_at_all_cost_a_sentence(
    inside: Path, four: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    write_onnx(inside / "background.onnx", with_background(classifier(four), four.test.images, 0.1))
    arguments = ["background.onnx", "--reference", "four.onnx", "--data", "npz:four.npz", UNCHECKED]
    _, document = verify(capsys, *arguments)
    assert "gives 5 scores per image. Expected 4" in document["candidates"][0]["reasons"][0]
    assert "--labels FILE" in document["candidates"][0]["reasons"][0]
    Path("more.txt").write_text("\n".join(("a", "b", *CLASSES)))
    Path("four.txt").write_text("\n".join(CLASSES))
    _, document = verify(capsys, *arguments, "--labels", "more.txt", "--reference-labels", "four.txt")
    assert "The labels name 6 classes; the model gives 5 scores" in document["candidates"][0]["reasons"][0]


def test_custom_objects_are_for_a_keras_reference(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.py").write_text("raise SystemExit('never executed')")
    arguments = ["four.onnx", "--reference", "four.onnx", "--data", "npz:four.npz", "--custom-objects", "mine.py"]
    assert "--custom-objects has no effect here" in refused(capsys, *arguments)
