"""`edgekit predict` on pictures whose answer is known: test images of the digits, written as PNG."""

import json
from pathlib import Path

import pytest
from PIL import Image
from support.linear_run import digits, make_run, nearest_mean, scores_of, write_onnx

import edgekit
from edgekit.cli import run_command

CLASSES = (0, 1, 4)
"""Of the pictures, which are called after them; one file swaps the first two."""


def places() -> list[int]:
    """The first test image of each of these classes."""
    return [int((digits().test.labels == label).argmax()) for label in CLASSES]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose manifest names its classes, with a faithful file and one that swaps two classes."""
    made = make_run(tmp_path_factory.mktemp("predict") / "made")
    weights, biases = nearest_mean(digits())
    swapped = [1, 0, *range(2, 10)]
    path = write_onnx(made.path / "onnx" / "model-int8.onnx", weights[:, swapped], biases[swapped])
    entry = {**made.manifest["dataset"], "class_names": list(digits().class_names)}
    made.record(path, dataset=entry)
    return made.path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for label, place in zip(CLASSES, places(), strict=True):
        Image.fromarray(digits().test.images[place]).save(folder / f"{label}.png")
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_label_and_score_are_those_of_the_model(run: Path, pictures: Path) -> None:
    report = edgekit.predict(run / "onnx" / "model-float32.onnx", [pictures / f"{label}.png" for label in CLASSES])
    expected = scores_of(*nearest_mean(digits()), digits().test.images[places()])
    for found, scores in zip(report.predictions, expected, strict=True):
        assert found.label == digits().class_names[scores.argmax()]
        assert found.score == pytest.approx(scores.max(), abs=1e-5)
        assert [score for _, score in found.top(3)] == sorted(found.scores.values(), reverse=True)[:3]
    assert report.exit_status == 0


def test_all_files_of_a_run_stand_side_by_side(run: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["predict", str(run), str(pictures), "--json", "--top", "2"]) == 0
    rows = json.loads(capsys.readouterr().out)["predictions"]
    assert [Path(row["image"]).name for row in rows] == ["0.png", "0.png", "1.png", "1.png", "4.png", "4.png"]
    assert [row["artifact"] for row in rows[:2]] == ["onnx/model-float32.onnx", "onnx/model-int8.onnx"]
    assert all(len(row["scores"]) == 2 for row in rows)
    assert run_command(["predict", str(run), str(pictures)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"The files give different labels for {pictures / '0.png'}, {pictures / '1.png'}." in out
    assert run_command(["predict", str(run), str(pictures / "0.png"), "--float32"]) == 0
    assert "onnx/model-float32.onnx in onnxruntime" in capsys.readouterr().out


def test_mistakes_are_sentences(run: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(run / "onnx" / "model-float32.onnx")
    (tmp_path / "empty").mkdir()
    for arguments, message in (
        ([file, str(pictures / "none.png")], "There is no picture"),
        ([file, str(pictures / "notes.txt")], "cannot be decoded: it is no PNG, JPEG"),
        ([file, str(tmp_path / "empty")], "holds no picture"),
        ([str(tmp_path / "none.onnx"), str(pictures)], "There is no file"),
        ([str(run), str(pictures), "--precision", "float16"], "holds no float16 file. Export it first: edgekit export"),
    ):
        assert run_command(["predict", *arguments]) in (1, 2)
        assert message in capsys.readouterr().err


def test_an_external_model_names_its_classes_by_a_file(run: Path, pictures: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.onnx"
    alone.write_bytes((run / "onnx" / "model-float32.onnx").read_bytes())
    assert edgekit.predict(alone, pictures / "0.png").predictions[0].label.startswith("class ")
    (tmp_path / "labels.txt").write_text("\n".join(f"digit-{name}" for name in digits().class_names))
    named = edgekit.predict(alone, pictures / "0.png", labels=tmp_path / "labels.txt").predictions[0]
    assert named.label == f"digit-{edgekit.predict(run, pictures / '0.png', precisions='float32').predictions[0].label}"
