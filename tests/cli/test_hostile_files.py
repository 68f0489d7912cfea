"""Files that were made to break their readers, from the command line: a row or a sentence, and the sound file's row."""

import json
from pathlib import Path

import pytest
from support.files.onnx_graphs import recursive_function
from support.linear_run import digits, make_run, nearest_mean, write_onnx

from edgekit.cli import run_command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run, a sound file, one whose function calls itself, a truncated and an empty one."""
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "run")
    sound = write_onnx(tmp_path / "sound.onnx", *nearest_mean(digits())).read_bytes()
    (tmp_path / "recursive.onnx").write_bytes(recursive_function(sound))
    (tmp_path / "truncated.onnx").write_bytes(sound[: len(sound) // 2])
    (tmp_path / "empty.onnx").touch()
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_each_file_has_its_row_and_the_sound_one_passes(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["recursive.onnx", "truncated.onnx", "empty.onnx", "sound.onnx"]
    options = ["--reference", "run", "--runtime", "onnxruntime", "--sample", "20", "--no-input-check", "--json"]
    assert run_command(["verify", *names, *options]) == 1
    rows = {row["artifact"]: row for row in json.loads(capsys.readouterr().out)["candidates"]}
    assert {name: rows[name]["verdict"] for name in names} == {
        "recursive.onnx": "error",
        "truncated.onnx": "error",
        "empty.onnx": "error",
        "sound.onnx": "pass",
    }
    assert "mine.Again" in " ".join(rows["recursive.onnx"]["reasons"])
    assert "is empty (0 bytes)" in " ".join(rows["empty.onnx"]["reasons"])


@pytest.mark.usefixtures("folder")
def test_inspect_and_diagnose_say_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["inspect", "recursive.onnx", "--json"]) == 0
    assert {"mine.Again"} <= {one["name"] for one in json.loads(capsys.readouterr().out)["operators"]}
    for name in ("recursive.onnx", "truncated.onnx"):
        command = ["diagnose", name, "--reference", "sound.onnx", "--data", "digits", "--images", "4"]
        assert run_command(command) == 1
        said = capsys.readouterr().err.splitlines()[-1]
        assert said.startswith("Error: ")
        assert len(said) > 40
    assert run_command(["inspect", "truncated.onnx"]) == 1
    assert "truncated or damaged" in capsys.readouterr().err
