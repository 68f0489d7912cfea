"""A verdict belongs to bytes: a report is read beside the files that it speaks of."""

import json
import shutil
from pathlib import Path

import pytest
from support.linear_run import make_run, nearest_mean, write_onnx

from edgekit.cli import run_command as edgekit
from edgekit.datasets import load_dataset
from edgekit.rendering.stored_report import load_stored_report
from edgekit.runs.folder import RunFolder
from edgekit.verification.verdict.report import Verdict

NAME = "onnx/model-float32.onnx"


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A verified run of one file."""
    run = make_run(tmp_path_factory.mktemp("stored") / "run").path
    assert edgekit(["verify", str(run), "--runtime", "onnxruntime"]) == 0
    return run


@pytest.fixture
def run(verified: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.chdir(tmp_path)
    return RunFolder(shutil.copytree(verified, Path("run")))


def export_again(run: RunFolder) -> None:
    """Other bytes in the same place, as an export with other calibration images leaves them."""
    weights, biases = nearest_mean(load_dataset("digits"))
    run.record(write_onnx(run.path / NAME, -weights, biases))


def test_a_report_of_the_files_that_are_there_is_as_it_was_written(run: RunFolder) -> None:
    assert load_stored_report(run.path).candidates[0].verdict is Verdict.PASS
    assert load_stored_report(run.verification_path) == load_stored_report(run.path)


def test_a_file_that_was_exported_again_has_no_verdict(run: RunFolder) -> None:
    digest = run.manifest["files"][NAME]["sha256"]
    export_again(run)
    (row,) = load_stored_report(run.path).candidates
    assert row.verdict is Verdict.OUTDATED
    assert row.measurement is row.performance is None
    assert row.reasons[0].startswith("Not verified since it was exported")
    assert digest[:12] in row.reasons[0]
    assert RunFolder(run.path).manifest["files"][NAME]["sha256"][:12] in row.reasons[0]


def test_a_file_that_is_gone_has_none_either(run: RunFolder) -> None:
    (run.path / NAME).unlink()
    (row,) = load_stored_report(run.path).candidates
    assert row.verdict is Verdict.OUTDATED
    assert "it is not there any more" in row.reasons[0]


@pytest.mark.parametrize("name", ["../outside.onnx", "/etc/hostname", ""])
def test_a_file_outside_the_run_is_not_read(run: RunFolder, name: str) -> None:
    document = json.loads(run.verification_path.read_text())
    document["candidates"][0]["artifact"] = name
    run.verification_path.write_text(json.dumps(document))
    assert load_stored_report(run.path).candidates[0].verdict is Verdict.OUTDATED


def test_a_report_without_a_run_is_taken_as_it_is(run: RunFolder, tmp_path: Path) -> None:
    export_again(run)
    shutil.copy(run.verification_path, tmp_path / "old.json")
    assert load_stored_report(tmp_path / "old.json").candidates[0].verdict is Verdict.PASS


def test_the_page_of_the_run_shows_no_verdict_of_a_file_that_is_gone(run: RunFolder) -> None:
    export_again(run)
    assert edgekit(["report", "run"]) == 0
    text = (run.path / "model-report.html").read_text()
    start = text.index(NAME)
    assert "not verified since it was exported" in text[start : start + 200]
    assert "Not verified since it was exported" in text
    assert ">pass<" not in text[start : start + 200]


def test_the_gate_fails_where_the_new_report_is_of_other_bytes(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(run.verification_path, tmp_path / "old.json")
    assert edgekit(["compare-reports", "old.json", "run"]) == 0
    export_again(run)
    capsys.readouterr()
    assert edgekit(["compare-reports", "old.json", "run"]) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "pass -> outdated" in said
    assert "Not verified since it was exported" in said
    assert edgekit(["compare-reports", "old.json", "run/verification.json"]) == 3
    assert edgekit(["compare-reports", "run", "old.json"]) == 0
    assert "In the old report: Not verified since it was exported" in " ".join(capsys.readouterr().out.split())


def test_verify_records_the_reference(run: RunFolder) -> None:
    reference = json.loads(run.verification_path.read_text())["reference"]
    assert (reference["precision"], reference["runtime"]) == (None, "keras")
    assert edgekit(["verify", "run", "--runtime", "onnxruntime", "--reference", f"run/{NAME}"]) == 0
    reference = json.loads(run.verification_path.read_text())["reference"]
    assert reference["file"] == "model-float32.onnx"
    assert reference["sha256"] == run.manifest["files"][NAME]["sha256"]
    assert reference["runtime"] == "onnxruntime"


def test_the_reference_cannot_be_exchanged_for_the_candidate(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_onnx(tmp_path / "other.onnx", *nearest_mean(load_dataset("digits")))
    arguments = ["verify", "run", "--runtime", "onnxruntime", "--reference"]
    assert edgekit([*arguments, f"run/{NAME}"]) == 0
    shutil.copy(run.verification_path, tmp_path / "old.json")
    content = bytearray(other.read_bytes())
    other.write_bytes(content + b"\x32\x03abc")  # a doc_string: the same answers, another file
    assert edgekit([*arguments, "other.onnx", "--max-accuracy-drop", "90", "--no-input-check"]) == 0
    capsys.readouterr()
    assert edgekit(["compare-reports", "old.json", "run"]) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "The reference is another file: it was model-float32.onnx" in said
    assert "The limit max_accuracy_drop for float32" not in said  # there was none before
    assert "If that is intended: --allow-reference-change." in said
    assert edgekit(["compare-reports", "old.json", "run", "--allow-reference-change"]) == 0
    assert "The reference is another file" in capsys.readouterr().out
