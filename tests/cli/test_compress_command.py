"""What a user sees of `edgekit compress`; the work itself is tested in tests/compression."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from support.helpers import EdgekitCommand

from edgekit.cli import run_command as run
from edgekit.runs.folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder that holds a model of nobody and a run that was compressed already."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.keras").write_bytes(b"PK\x03\x04")
    entry = {"methods": ["qat"], "original": {"run": "first"}}
    RunFolder.create(tmp_path / "small", {"compression": entry, "settings": {"seed": 0}})
    RunFolder.create(tmp_path / "plain", {"settings": {"seed": 0}, "dataset": {"name": "digits"}})
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "Choose a method: --prune SPARSITY, --cluster N, --qat"),
        (["plain", "--prune", "1.5"], 2, "both excluded. Received 1.5"),
        (["plain", "--prune", "half"], 2, "--prune is written like 0.5 or 50%. Received 'half'."),
        (["plain", "--cluster", "1"], 2, "2 to 256. Received 1"),
        (["plain", "--qat", "--epochs", "0"], 2, "x>=1"),
        (["plain", "--qat", "--learning-rate", "-1"], 2, "Received -1"),
        (["plain", "--qat", "--recipe", "resnet"], 2, "Did you mean 'resnet8'"),
        (["plain", "--qat", "--out", "small"], 1, "already holds a finished run"),
        (["plain", "--qat", "--resume"], 1, "no unfinished training of 'plain-qat'"),
        (["small", "--prune", "0.5"], 1, "compressed already (qat). Start from its original run 'first'"),
        (["model.keras", "--qat"], 1, "a model without a run"),
        (["nowhere", "--qat"], 1, "no run folder nowhere"),
        (["--qat"], 1, "no run under"),
    ],
)
def test_a_wrong_command_is_a_sentence_and_needs_no_tensorflow(folder, arguments, status, message, capsys):
    before, loaded = sorted(folder.rglob("*")), set(sys.modules)
    assert run(["compress", *arguments]) == status
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert sorted(folder.rglob("*")) == before
    assert not {"tensorflow", "tf_keras", "tensorflow_model_optimization"} & (set(sys.modules) - loaded)


@pytest.mark.parametrize("library", ["tf_keras", "tensorflow_model_optimization"])
def test_a_missing_library_is_a_sentence(folder, library, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, library, None)
    assert run(["compress", "plain", "--qat"]) == 1
    error = capsys.readouterr().err
    assert f"edgekit compress needs '{library}', which is not installed here" in error
    assert "edgekit-toolkit[train]" in error


@pytest.mark.slow
def test_compressed_exported_and_verified(finished_run: Path, tmp_path: Path, edgekit_command: EdgekitCommand) -> None:
    original = shutil.copytree(finished_run, tmp_path / "exported" / "first")
    done = edgekit_command("compress", original, "--qat", "--epochs", "1", "--batch-size", "32", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Training images get the augmentation of recipe 'resnet8', shifted by up to 4 pixels" in done.stderr
    document = json.loads(done.stdout)
    assert document["run"] == "exported/first-qat"
    assert document["compression"]["methods"] == ["qat"]
    assert document["report"]["num_images"] == document["dataset"]["num_test"]
    exported = edgekit_command("export", "exported/first-qat", "--int8", "--float32", cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr
    assert "of its weights are zero" in exported.stdout
    verified = edgekit_command("verify", "exported/first-qat", "--runtime", "litert-xnnpack", cwd=tmp_path)
    assert verified.returncode in (0, 3), verified.stderr
    against = edgekit_command(
        "verify", "exported/first-qat", "--reference", original, "--runtime", "litert-xnnpack", cwd=tmp_path
    )
    assert against.returncode in (0, 3), against.stderr
