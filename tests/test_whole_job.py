"""The real path, as a user types it: train on digits, export everything, verify everything."""

import json
import shutil
from pathlib import Path

from support.helpers import EdgekitCommand

EVERY_FILE = {
    "tflite/model-float32.tflite",
    "tflite/model-float16.tflite",
    "tflite/model-dynamic.tflite",
    "tflite/model-int8.tflite",
    "tflite/model-int16x8.tflite",
    "onnx/model-float32.onnx",
    "onnx/model-float16.onnx",
    "onnx/model-dynamic.onnx",
    "onnx/model-int8.onnx",
}
TFLITE_RUNTIMES = {"litert-xnnpack", "litert-builtin", "litert-reference"}


def test_train_leaves_a_whole_run_folder(finished_run: Path) -> None:
    names = {path.relative_to(finished_run).as_posix() for path in finished_run.rglob("*") if path.is_file()}
    assert {"manifest.json", "model.keras", "history.csv", "reference.npz", "report.json", "calibration.json"} <= names
    assert names >= EVERY_FILE
    assert any(name.startswith("figures/") and name.endswith(".png") for name in names)
    assert "checkpoint.npz" not in names
    manifest = json.loads((finished_run / "manifest.json").read_text())
    assert set(manifest["files"]) >= EVERY_FILE
    assert str(finished_run.parent) not in (finished_run / "manifest.json").read_text()


def test_verify_measures_every_artifact_in_every_runtime(
    finished_run: Path, tmp_path: Path, edgekit_command: EdgekitCommand
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "copied-elsewhere"))
    result = edgekit_command("verify", run, "--reference-kernel-images", "5", "--json", cwd=tmp_path)
    report = json.loads(result.stdout)
    assert result.returncode in {0, 3}, result.stderr
    assert (result.returncode == 3) == any(row["verdict"] == "drift" for row in report["candidates"])
    rows = {(Path(row["artifact"]).name, row["runtime"]): row for row in report["candidates"]}
    assert {name for name, _ in rows} == {Path(name).name for name in EVERY_FILE}
    for (name, runtime), row in rows.items():
        assert row["verdict"] in {"pass", "inconclusive", "drift"}, row
        assert row["num_images"] == (5 if runtime == "litert-reference" else report["dataset"]["num_images"])
        if "float32" in name:
            assert row["verdict"] == "pass", row
    assert {runtime for name, runtime in rows if name.endswith(".tflite")} == TFLITE_RUNTIMES
    assert any(runtime == "onnxruntime" for _, runtime in rows)
    assert json.loads((run / "verification.json").read_text()) == report


def test_a_changed_artifact_is_refused(finished_run: Path, tmp_path: Path, edgekit_command: EdgekitCommand) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    artifact = run / "tflite" / "model-int8.tflite"
    artifact.write_bytes(artifact.read_bytes()[:-1] + b"\x07")
    result = edgekit_command("verify", run)
    assert result.returncode == 1
    assert "model-int8.tflite" in result.stderr
    assert "manifest" in result.stderr
    assert "Traceback" not in result.stderr


def test_other_data_than_the_run_was_made_on_is_refused(
    finished_run: Path, edgekit_command: EdgekitCommand, tmp_path: Path
) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    path = tmp_path / "other.npz"
    np.savez(
        path,
        x_test=rng.integers(0, 256, (40, 32, 32, 3), dtype=np.uint8),
        y_test=np.arange(40) % 10,
    )
    result = edgekit_command("verify", finished_run, "--data", f"npz:{path}")
    assert result.returncode == 1
    assert "SHA-256" in result.stderr
    assert "Traceback" not in result.stderr
