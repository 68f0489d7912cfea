"""Links in a run that lead out of it are followed by no command, neither for reading nor for writing."""

import json
import os
import shutil
from pathlib import Path

import pytest
from support.linear_run import make_run

from edgekit.cli import run_command as edgekit
from edgekit.runs.folder import RunFolder

COMMANDS = (
    "verify run --sample 20",
    "report run",
    "compare run",
    "compare-reports run run",
    "diagnose run --precision float32",
    "export run --float32 --format onnx",
    "compress run --prune 0.5 --epochs 1 --out new",
    "tune run",
    "compare-schemes run",
    "bundle run",
    "demo-page run",
    "publish run --to hub:jane/flowers --dry-run",
    "train --data digits --epochs 1 --out run --resume",
    "train --data digits --epochs 1 --out run",
    "verify",
)

FILES = (
    "manifest.json", "reference.npz", "report.json", "history.csv", "classes.csv", "summary.txt", "run.html",
    "verification.json", "verification.md", "report.html", "calibration.json", "learned-ranges.json", "checkpoint.npz",
    "model.keras", "onnx/model-float32.onnx", "tuning/trials.jsonl", "figures/sample-images.png",
)  # fmt: skip
FOLDERS = ("onnx", "tflite", "figures", "tuning", "logs")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("SECRET")
    return make_run(tmp_path / "run").path


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_a_link_out_of_a_run_is_refused_by_every_command(
    run: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What lies outside is neither shown nor changed."""
    outside = run.parent / "outside"
    target = outside / "kept" if name in FOLDERS else outside / "secret"
    link = run / name
    if name in FOLDERS:
        (shutil.move if link.exists() else lambda _, to: Path(to).mkdir())(str(link), str(target))
    elif link.exists():
        target.write_bytes(link.read_bytes())
    if link.exists():
        link.unlink()
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(target)
    before = {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()}
    for command in COMMANDS:
        assert edgekit(command.split()) in (1, 2), command
        said = capsys.readouterr()
        assert "is a link that leads out of its run" in said.err or command == "verify", (command, said.err)
        assert "SECRET" not in said.out + said.err
    assert {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()} == before


def test_links_inside_a_run_are_followed(run: Path) -> None:
    (run / "onnx" / "copy.onnx").symlink_to("model-float32.onnx")
    assert RunFolder(run).unlisted_models() == ["onnx/copy.onnx"]


def test_a_run_may_itself_be_a_link(run: Path) -> None:
    (run.parent / "other").symlink_to(run)
    assert edgekit(["verify", "other", "--runtime", "onnxruntime"]) == 0


@pytest.mark.parametrize("name", ["verification.json", "history.csv"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(run: Path, name: str) -> None:
    os.mkfifo(run / name)
    if name == "history.csv":
        manifest = json.loads((run / "manifest.json").read_text())
        (run / "manifest.json").write_text(json.dumps(manifest | {"status": "training"}))
    assert edgekit(["report", "run"]) in (0, 1)
    assert edgekit(["compare-reports", "run", "run"]) == 1


def test_a_loop_of_links_ends(run: Path) -> None:
    (run / "loop").symlink_to("loop")
    (run / "up").symlink_to("onnx")
    assert RunFolder(run).path == run
