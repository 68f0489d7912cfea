"""`edgekit diagnose` on a real run, and what it refuses."""

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from support.helpers import ROOT
from support.models.drifting_models import SIDE, write
from support.tiny_models import endless_onnx, some_images

from edgekit.cli import run_command as edgekit


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("data") / "gradients.npz"
    images, labels = some_images(20), np.arange(20) % 5
    np.savez(path, x_train=images, y_train=labels, x_test=images[:5] // 2, y_test=labels[:5])
    return f"npz:{path}"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Images of 32 x 32 for the run that is committed."""
    path = tmp_path_factory.mktemp("data") / "photos.npz"
    images, labels = some_images(40, side=32), np.arange(40) % 10
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return f"npz:{path}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "resnet8"
    shutil.copytree(ROOT / "exported" / "resnet8", path)
    return path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert edgekit(["diagnose", *map(str, arguments)]) in (1, 2)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


def test_both_formats_of_a_run(run: Path, photos: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert edgekit(["diagnose", str(run), "--data", photos, "--images", "4", "--top", "3"]) == 0
    out, err = capsys.readouterr()
    assert "tflite/model-int8.tflite beside model-float32.tflite" in out
    assert "onnx/model-int8.onnx beside model-float32.onnx" in out
    assert "4 train images" in " ".join(out.split())
    assert "more add less: --top N shows them" in out
    assert "adds most" in out
    assert max(map(len, out.splitlines())) <= 100
    for name in ("layers-int8-tflite.png", "layers-int8-onnx.png"):
        assert (run / "figures" / name).read_bytes().startswith(b"\x89PNG")
        assert name in err


def test_without_matplotlib_there_is_a_table_and_no_picture(
    run: Path, photos: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert edgekit(["diagnose", str(run), "--data", photos, "--images", "2", "--format", "onnx"]) == 0
    out, err = capsys.readouterr()
    assert "adds most" in out
    assert "No picture: The figure needs 'matplotlib'" in err


@pytest.mark.parametrize("kind", ["tflite", "onnx"])
@pytest.mark.parametrize("precision", ["float16", "dynamic"])
def test_other_precisions_have_counterparts_too(
    precision: str, kind: str, run: Path, photos: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["diagnose", str(run), "--data", photos, "--images", "2", "--precision", precision, "--json"]
    assert edgekit([*command, "--format", kind]) == 0
    [report] = json.loads(capsys.readouterr().out)["reports"]
    assert len(report["layers"]) > 12
    assert report["unmatched"] == []
    assert all(layer["scale"] is None for layer in report["layers"])
    assert any(layer["own_noise"] > 0 for layer in report["layers"])
    assert "steps of 1/256" not in report["advice"]


def test_single_files_as_json_and_a_figure_where_it_is_asked_for(
    tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    candidate, reference = write(tmp_path, "onnx", "spoiled", int8=True), write(tmp_path, "onnx")
    arguments = [str(candidate), "--reference", str(reference), "--data", data, "--figure", str(tmp_path / "a.png")]
    assert edgekit(["diagnose", *arguments, "--json"]) == 0
    [report] = json.loads(capsys.readouterr().out)["reports"]
    assert report["ranked"][0] == "relu2"
    assert "'relu2' (Conv) adds most" in report["advice"]
    assert (report["split"], report["num_images"]) == ("train", 15)
    assert report["layers"][0]["depth"] == 0
    assert {"own_noise", "own_sqnr_db", "sqnr_db", "cosine", "rmse_in_steps", "saturated"} <= set(report["layers"][0])
    assert (tmp_path / "a.png").stat().st_size > 5000


def test_a_tensor_that_becomes_infinite_is_a_finding(
    tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    candidate, reference = write(tmp_path, "tflite", "exploding"), write(tmp_path, "tflite", "exponential")
    arguments = [str(candidate), "--reference", str(reference), "--data", data, "--images", "2", "--json"]
    assert edgekit(["diagnose", *arguments]) == 0
    out, err = capsys.readouterr()
    [report] = json.loads(out)["reports"]
    assert next(layer["operator"] for layer in report["layers"] if layer["inherited_infinite"]) == "EXP"
    assert report["advice"].startswith("'exponential' (EXP) becomes infinite or NaN in")
    assert "'batch_norm' (MUL) adds most" in report["advice"]
    assert "math domain error" not in out + err


def test_a_file_that_never_ends_costs_a_sentence(tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]) -> None:
    files = [endless_onnx(tmp_path / "endless.onnx"), write(tmp_path, "onnx")]
    for candidate, reference in (files, files[::-1]):
        err = refused(capsys, candidate, "--reference", reference, "--data", data, "--timeout", "2")
        assert f"The layers of {candidate} beside {reference} were not measured." in err
        assert "did not end within the time limit of 2 s." in err
    assert "above 0 seconds" in refused(capsys, *files[:1], "--reference", files[1], "--data", data, "--timeout", "0")


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the worker in /proc")
def test_a_worker_that_crashes_costs_a_sentence(tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of hundreds of damaged files none crashed LiteRT or ONNX Runtime, so the worker itself is."""
    endless, reference = endless_onnx(tmp_path / "endless.onnx"), write(tmp_path, "onnx")
    with crashing_worker("edgekit.layer_drift.worker"):
        err = refused(capsys, endless, "--reference", reference, "--data", data, "--timeout", "60")
    assert f"The layers of {endless} beside {reference} were not measured." in err
    assert "crashed with SIGSEGV" in err


def test_all_files_of_a_run_are_compared_with_its_keras_model_where_no_float_file_was_exported(
    run: Path, photos: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Path(shutil.copytree(run, tmp_path / "own"))
    (own / "tflite" / "model-float32.tflite").unlink()
    shutil.copy(own / "tflite" / "model-int8.tflite", own / "tflite" / "model-percentile-int8.tflite")
    manifest = json.loads((own / "manifest.json").read_text())
    del manifest["files"]["tflite/model-float32.tflite"]
    for name in ("files", "exports"):
        entry = manifest[name]["tflite/model-int8.tflite"]
        manifest[name]["tflite/model-percentile-int8.tflite"] = {**entry, "calibration_method": "percentile"}
    (own / "manifest.json").write_text(json.dumps(manifest))
    command = ["diagnose", str(own), "--data", photos, "--images", "2", "--format", "tflite", "--json"]
    assert edgekit(command) == 0
    reports = json.loads(capsys.readouterr().out)["reports"]
    assert [report["candidate"] for report in reports] == [
        "tflite/model-int8.tflite",
        "tflite/model-percentile-int8.tflite",
    ]
    for report in reports:
        assert report["reference"] == "model.keras"
        assert report["unmatched"] == []
        assert ["conv2d_1", "re_lu_1", "batch_normalization_1"] in [layer["keras_layers"] for layer in report["layers"]]
        assert report["accumulation"].startswith("Noise adds up: ")
    assert {path.name for path in (own / "figures").glob("layers-*tflite.png")} >= {"layers-percentile-int8-tflite.png"}


@contextmanager
def crashing_worker(module: str) -> Iterator[None]:
    """While the block runs, the first process of ours that runs `module` gets a SIGSEGV as soon as it is there."""
    is_over = threading.Event()

    def crash() -> None:
        while not is_over.wait(0.1):
            if workers := [pid for pid in children_of(os.getpid()) if module.encode() in command_line(pid)]:
                os.kill(workers[0], signal.SIGSEGV)
                return

    watcher = threading.Thread(target=crash)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def children_of(parent: int) -> list[int]:
    tasks = Path(f"/proc/{parent}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_what_cannot_be_meant_costs_a_sentence(
    tmp_path: Path, data: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candidate, reference = write(tmp_path, "onnx", int8=True), write(tmp_path, "onnx")
    assert "--reference FILE" in refused(capsys, candidate, "--data", data)
    assert "--data NAME" in refused(capsys, candidate, "--reference", reference)
    tflite = write(tmp_path, "tflite")
    assert "different formats" in refused(capsys, candidate, "--reference", tflite, "--data", data)
    assert "at least 1" in refused(capsys, candidate, "--reference", reference, "--data", data, "--images", "0")
    assert "There is no file" in refused(capsys, "nothing.onnx", "--reference", reference, "--data", data)
    assert "There is no file" in refused(capsys, "nothing.onnx"), "of more use than that it has no reference"
    assert "compared with" in refused(capsys, run, "--precision", "float32")
    assert "Did you mean 'tflite'?" in refused(capsys, run, "--format", "tflit")
    assert "no int16x8 artifact" in refused(capsys, run, "--precision", "int16x8", "--format", "onnx")
    (tmp_path / "broken.onnx").write_bytes(b"\x08\x08\x12\x00")
    assert "broken.onnx" in refused(capsys, tmp_path / "broken.onnx", "--reference", reference, "--data", data)
    images = np.zeros((5, SIDE, SIDE, 3), np.uint8)
    np.savez(tmp_path / "test-only.npz", x_test=images, y_test=np.arange(5))
    only = f"npz:{tmp_path / 'test-only.npz'}"
    assert "no training and no validation" in refused(capsys, candidate, "--reference", reference, "--data", only)
    own = Path(shutil.copytree(run, tmp_path / "own"))
    manifest = json.loads((own / "manifest.json").read_text())
    manifest["dataset"] |= {"name": "folder", "sha256": "0" * 64}  # data that nobody here has loaded
    (own / "manifest.json").write_text(json.dumps(manifest))
    assert "a run does not record where that is on this machine: --data folder:PATH" in refused(capsys, own)
