"""From a run to the folder: which files it holds, what the page says, and what is refused."""

import json
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from support.bundles import RESNET8
from support.linear_run import digits

import edgekit
from edgekit.artifact import Format, Precision
from edgekit.cli import run_command
from edgekit.datasets.images.rule import ImageRule


def document(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "demo.json").read_text())
    return found


def test_a_run_becomes_a_folder_that_lists_itself(verified_run: Path, node_modules: Path, tmp_path: Path) -> None:
    page = edgekit.demo_page(verified_run, node_modules=node_modules, out=tmp_path / "page")
    assert page.models == ("onnx/model-float32.onnx",)
    assert page.problems == ()
    made = document(page.path)
    there = {path.relative_to(page.path).as_posix() for path in page.path.rglob("*") if path.is_file()}
    assert there == set(made["files"])
    assert (page.path / "onnx" / "model-float32.onnx").read_bytes() == (
        verified_run / "onnx" / "model-float32.onnx"
    ).read_bytes()
    assert {each["label"] for each in made["images"]} == set(digits().class_names)
    assert page.size_bytes == sum((page.path / name).stat().st_size for name in there)
    assert str(tmp_path) not in (page.path / "index.html").read_text() + (page.path / "demo.json").read_text()


def test_photos_are_resized_as_predict_does_where_training_resized_none(
    verified_run: Path, node_modules: Path, tmp_path: Path
) -> None:
    page = edgekit.demo_page(verified_run, node_modules=node_modules, out=tmp_path / "page")
    assert document(page.path)["is_rule_of_training"] is False
    code = (page.path / "code" / "onnx-model-float32" / "classifier.mjs").read_text()
    assert f"Rule: {ImageRule()}." in code
    assert "Photos are resized as edgekit predict does it" in (page.path / "index.html").read_text()


def test_a_run_that_is_not_verified_says_so(verified_run: Path, node_modules: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(verified_run, tmp_path / "a <b> run"))
    (run / "verification.json").unlink()
    page = edgekit.demo_page(run, no_images=True, node_modules=node_modules, out=tmp_path / "page")
    assert page.problems == ("The model files were never verified.",)
    shown = (page.path / "index.html").read_text()
    assert "Not verified: The model files were never verified." in shown
    assert "<h1>a &lt;b&gt; run</h1>" in shown
    assert "Not verified" in (page.path / "README.txt").read_text()


def test_precisions_are_float32_and_int8_unless_others_are_chosen(node_modules: Path, tmp_path: Path) -> None:
    page = edgekit.demo_page(RESNET8, no_images=True, node_modules=node_modules, out=tmp_path / "page")
    assert {each["precision"] for each in document(page.path)["models"]} == {"float32", "int8"}
    chosen = [Precision.FLOAT16]
    page = edgekit.demo_page(RESNET8, no_images=True, node_modules=node_modules, precisions=chosen, out=page.path)
    assert [each["file"] for each in document(page.path)["models"]] == [
        f"{kind}/model-float16.{kind}" for kind in Format
    ]


def test_a_file_that_no_browser_runs_is_refused(node_modules: Path, tmp_path: Path) -> None:
    with pytest.raises(edgekit.BundleError, match=r"No browser runs tflite/model-int16x8\.tflite\. Export"):
        edgekit.demo_page(
            RESNET8, precisions="int16x8", no_images=True, node_modules=node_modules, out=tmp_path / "page"
        )
    assert not (tmp_path / "page").exists()


def test_the_command_prints_the_folder_and_json(
    verified_run: Path, node_modules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["demo-page", str(verified_run), "--node-modules", str(node_modules)]
    assert run_command(line) == 0
    assert capsys.readouterr().out == (
        "Page: made-demo (1 file, 32 test images)\n"
        "Open it: cd made-demo && python -m http.server 8000, then http://localhost:8000/\n"
    )
    assert run_command([*line, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["models"] == ["onnx/model-float32.onnx"]
    (tmp_path / "made-demo" / "mine.txt").write_text("")
    assert run_command(line) == 2
    assert "holds mine.txt" in capsys.readouterr().err
    assert run_command([*line, "--no-images", "--data", "digits"]) == 2


def test_serve_shows_the_page_until_it_is_interrupted(verified_run: Path, node_modules: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edgekit", "demo-page", str(verified_run), "--node-modules", str(node_modules)]
    with subprocess.Popen([*command, "--serve"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        address = process.stdout.readline().split()[1]
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert b"<h1>made</h1>" in answer.read()
        process.send_signal(2)
        assert process.wait(timeout=20) == 0
