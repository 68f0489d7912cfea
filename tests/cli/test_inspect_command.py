import json
from pathlib import Path

import pytest
from support.helpers import EdgekitCommand
from support.tiny_models import onnx_model


@pytest.fixture
def onnx_file(tmp_path: Path) -> Path:
    path = tmp_path / "means.onnx"
    path.write_bytes(onnx_model().SerializeToString())
    return path


def test_inspect_shows_the_model_in_100_columns(edgekit_command: EdgekitCommand, onnx_file: Path) -> None:
    done = edgekit_command("inspect", onnx_file)
    assert done.returncode == 0, done.stderr
    for word in ("float32", "pixels", "any x 16 x 16 x 3", "ReduceMean", "ai.onnx 18", "15 numbers"):
        assert word in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_inspect_as_json(edgekit_command: EdgekitCommand, onnx_file: Path) -> None:
    document = json.loads(edgekit_command("inspect", onnx_file, "--json").stdout)
    assert document["format"] == "onnx"
    assert document["quantization"]["verdict"] == "float32"
    assert document["inputs"][0]["shape"] == [None, 16, 16, 3]


def test_inspect_of_a_broken_file_is_a_sentence_on_stderr(edgekit_command: EdgekitCommand, tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_text("<html>")
    done = edgekit_command("inspect", tmp_path / "m.tflite")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert "HTML" in done.stderr
    assert "Traceback" not in done.stderr
