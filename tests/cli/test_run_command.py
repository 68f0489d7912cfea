"""`edgekit run`: the whole job in one command."""

import json
from pathlib import Path

import pytest
from support.helpers import EdgekitCommand


@pytest.mark.slow
def test_run_trains_exports_and_verifies(tmp_path: Path, edgekit_command: EdgekitCommand) -> None:
    result = edgekit_command(
        *("run", "resnet8", "--epochs", "1", "--out", "made", "--reference-kernel-images", "2", "--json"),
        *("--validation-fraction", "0.2", "--tensorboard"),
        cwd=tmp_path,
    )
    assert result.returncode in {0, 3}, result.stderr
    manifest = json.loads((tmp_path / "made" / "manifest.json").read_text())
    assert manifest["settings"]["validation_fraction"] == 0.2
    assert any((tmp_path / "made" / "logs").rglob("events*"))
    document = json.loads(result.stdout)
    assert document == json.loads((tmp_path / "made" / "verification.json").read_text())
    assert {row["precision"] for row in document["candidates"]} == {"float32", "float16", "dynamic", "int8", "int16x8"}
    assert {row["format"] for row in document["candidates"]} == {"tflite", "onnx"}
    assert all(row["verdict"] in {"pass", "inconclusive", "drift"} for row in document["candidates"])
    assert all(row["verdict"] == "pass" for row in document["candidates"] if row["precision"] == "float32")
    assert (result.returncode == 3) == any(row["verdict"] == "drift" for row in document["candidates"])


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["resnet9"], 2, "Did you mean 'resnet8'"),
        (["resnet8", "--epochs", "0"], 2, "--epochs"),
        (["nothing.py"], 1, "nothing.py"),
        (["resnet8", "--resume", "--out", "nothing-here"], 1, "no training to resume in nothing-here"),
        (["resnet8", "--validation-fraction", "1"], 2, "between 0 and 1, both excluded. Received 1.0"),
    ],
)
def test_what_is_wrong_costs_a_sentence(
    tmp_path: Path, edgekit_command: EdgekitCommand, arguments: list[str], status: int, message: str
) -> None:
    result = edgekit_command("run", *arguments, cwd=tmp_path)
    assert result.returncode == status, result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_another_backend_is_refused_before_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    from edgekit.cli import run_command

    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert run_command(["run", "resnet8", "--out", str(tmp_path / "run")]) == 2
    assert "edgekit train --backend jax && edgekit export" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
