"""Planted equality: the float model of a run, exported anew by Keras itself in both formats, passes."""

import json
from pathlib import Path

from support.helpers import EdgekitCommand

from edgekit.foundation.keras_setup import import_keras

RUNTIMES = ("litert-xnnpack", "litert-builtin", "onnxruntime")


def exported_anew(model: Path, folder: Path) -> list[Path]:
    """The weights of `model`, written by the exporters of Keras, which share no line with edgekit's."""
    keras = import_keras("the tests", backend="tensorflow")
    network = keras.models.load_model(model)
    network.export(folder / "anew.tflite", format="litert", verbose=False)
    network.export(folder / "anew.onnx", format="onnx", verbose=False)
    return [folder / "anew.tflite", folder / "anew.onnx"]


def test_a_float_model_that_keras_exports_anew_passes_in_both_formats(
    finished_run: Path, tmp_path: Path, edgekit_command: EdgekitCommand
) -> None:
    files = exported_anew(finished_run / "model.keras", tmp_path)
    originals = [finished_run / kind / f"model-float32.{kind}" for kind in ("tflite", "onnx")]
    assert not {file.read_bytes() for file in files} & {file.read_bytes() for file in originals}, "files of their own"
    chosen = [word for runtime in RUNTIMES for word in ("--runtime", runtime)]
    done = edgekit_command("verify", *files, "--reference", finished_run, *chosen, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(done.stdout)["candidates"]
    assert {(row["artifact"], row["runtime"]) for row in rows} == {
        ("anew.tflite", "litert-xnnpack"),
        ("anew.tflite", "litert-builtin"),
        ("anew.onnx", "onnxruntime"),
    }
    for row in rows:
        assert row["verdict"] == "pass"
        assert row["agreement"] == 1.0
        assert set(row["flips"].values()) == {0}
        assert row["max_abs_score_difference"] < 1e-4
