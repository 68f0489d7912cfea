"""Two commands at once on one run folder: each waits for the other, and what both wrote is listed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.helpers import ROOT
from support.linear_run import make_run

from edgekit.artifact import sha256_of
from edgekit.cli import run_command as edgekit


def start(*arguments: str, cwd: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "edgekit", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def both(first: list[str], second: list[str], cwd: Path) -> str:
    """Run two commands at once to their ends; what both said on stderr."""
    processes = [start(*arguments, cwd=cwd) for arguments in (first, second)]
    errors = [process.communicate(timeout=500)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    return "".join(errors)


def check_run(run: Path) -> dict[str, str]:
    """Every listed file is what the manifest says, and every model file is listed; file -> digest."""
    files = json.loads((run / "manifest.json").read_text())["files"]
    assert {name: sha256_of(run / name) for name in files} == {name: entry["sha256"] for name, entry in files.items()}
    there = {path.relative_to(run).as_posix() for kind in ("tflite", "onnx") for path in run.glob(f"{kind}/*.{kind}")}
    assert there <= set(files)
    return {name: entry["sha256"] for name, entry in files.items()}


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    """A trained run without exports."""
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    manifest = json.loads((run / "manifest.json").read_text())
    for name in [name for name in manifest["files"] if name.startswith(("tflite/", "onnx/"))]:
        del manifest["files"][name]
    manifest.pop("exports", None)
    (run / "manifest.json").write_text(json.dumps(manifest))
    for name in ("tflite", "onnx"):
        shutil.rmtree(run / name)
    return run


@pytest.mark.slow
def test_two_exports_lose_no_file(run: Path, tmp_path: Path) -> None:
    base = ["export", "run", "--float32", "--format"]
    said = both([*base, "tflite"], [*base, "onnx"], tmp_path)
    files = check_run(run)
    assert {"tflite/model-float32.tflite", "onnx/model-float32.onnx"} <= set(files)
    assert set(json.loads((run / "manifest.json").read_text())["exports"]) == {
        "tflite/model-float32.tflite",
        "onnx/model-float32.onnx",
    }
    assert "Another edgekit command is writing into run; waiting for it to end." in said


@pytest.mark.slow
def test_two_exports_of_one_file_leave_one_of_them_whole(run: Path, tmp_path: Path) -> None:
    base = ["export", "run", "--int8", "--format", "tflite", "--calibration-images"]
    both([*base, "20", "--seed", "1"], [*base, "200", "--seed", "2"], tmp_path)
    check_run(run)
    entry = json.loads((run / "manifest.json").read_text())["exports"]["tflite/model-int8.tflite"]
    calibration = json.loads((run / "calibration.json").read_text())
    assert entry["calibration"]["sha256"] == calibration["sha256"]
    assert entry["calibration"]["num_images"] == calibration["num_images"]


def test_verify_names_model_files_that_the_manifest_does_not_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run = make_run(tmp_path / "run")
    shutil.copy(run.path / "onnx" / "model-float32.onnx", run.path / "onnx" / "model-int8.onnx")
    assert edgekit(["verify", "run", "--runtime", "onnxruntime"]) == 0
    said = capsys.readouterr()
    assert "Not verified: onnx/model-int8.onnx. The run's manifest does not list it" in said.err
    document = json.loads(run.verification_path.read_text())
    assert document["unlisted_files"] == ["onnx/model-int8.onnx"]
