import json
from pathlib import Path

import pytest
from support.helpers import EdgekitCommand
from support.run_folders import make_run

from edgekit.artifact import Precision
from edgekit.exporting.job import ExportRequest, export_request
from edgekit.foundation.errors import UsageError


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--io", "int4"], 2, "Unknown input/output type 'int4'"),
        (["--batch", "many"], 2, "a whole number or 'dynamic'"),
        (["--batch", "0"], 2, "at least 1"),
        (["--batch", "9" * 9], 2, "at most 65,536"),
        (["--batch", "9" * 5000], 2, "a whole number or 'dynamic'"),
        (["--seed", "-1"], 2, "0<=x<=4294967295"),
        (["--calibration-images", "0"], 2, "x>=1"),
        (["--format", ""], 2, "Unknown format ''"),
        (["--input-range", ""], 2, "is not understood"),
        (["--format", "tflit"], 2, "Did you mean 'tflite'?"),
        (["--ort-target", "0.9"], 2, "older than the oldest supported ONNX Runtime. Supported: 1.3 to"),
        (["--ort-target", "new"], 2, "must be a version of ONNX Runtime"),
        (["--int8", "--ort-target", "1.3"], 2, "needs operator set 13, which ONNX Runtime reads since 1.6"),
        (["--layout", "chwn"], 2, "Unknown layout 'chwn'"),
        (["--onnx-activations", "int4"], 2, "Unknown type of activations 'int4'"),
        (["--input-range", "low..high"], 2, "is not understood"),
        (["--output", "logit"], 2, "Did you mean 'logits'?"),
        (["--quantizer", "ai-edg"], 2, "Did you mean 'ai-edge'?"),
        (["--calibration", "max"], 2, "Known: entropy, minmax, mse, percentile"),
        (["--percentile", "99"], 2, "is for calibration by percentile"),
        (["--calibration", "percentile", "--percentile", "20"], 2, "above 50 and at most 100"),
        (["--float16", "--per-tensor"], 2, "--per-tensor has no effect on the files that are exported"),
        (["--int16x8", "--float-head"], 2, "--float-head is not supported for tflite float-head int16x8 files"),
        (["nowhere"], 1, "no run folder nowhere"),
        (["nowhere.keras", "--data", "digits"], 1, "no file nowhere.keras"),
        (["model.keras"], 2, "--data"),
        (["model.tflite"], 1, "not a Keras model"),
        (["random.keras", "--data", "digits"], 1, "not what its name says"),
        ([], 1, "no run under"),
    ],
)
def test_wrong_usage_is_a_sentence_and_needs_no_tensorflow(
    arguments: list[str], status: int, message: str, tmp_path: Path, edgekit_command: EdgekitCommand
) -> None:
    (tmp_path / "model.tflite").write_bytes(b"TFL3")
    (tmp_path / "model.keras").write_bytes(b"PK\x03\x04")
    (tmp_path / "random.keras").write_bytes(bytes(range(100)))
    before = sorted(tmp_path.rglob("*"))
    result = edgekit_command("export", *arguments, cwd=tmp_path)
    assert result.returncode == status, result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert sorted(tmp_path.rglob("*")) == before


def test_a_model_from_elsewhere_by_command(tmp_path: Path, edgekit_command: EdgekitCommand) -> None:
    from support import keras_models

    keras_models.trained().save(tmp_path / "mine.h5")
    arguments = ("export", "mine.h5", "--data", "digits", "--dynamic", "--batch", "dynamic")
    result = edgekit_command(*arguments, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "tflite/model-dynamic.tflite" in result.stdout
    assert "exported/mine" in result.stdout
    manifest = json.loads((tmp_path / "exported" / "mine" / "manifest.json").read_text())
    assert manifest["exports"]["tflite/model-dynamic.tflite"]["batch"] == "dynamic"
    assert (tmp_path / "exported" / "mine" / "model.keras").is_file()


def test_a_folder_for_the_files_of_a_run_is_refused_before_the_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "run")
    monkeypatch.setattr("edgekit.exporting.job.load_source", None)
    with pytest.raises(UsageError, match="the files of a run go into the run itself"):
        export_request(ExportRequest(target=run.path, precisions=[Precision.FLOAT32], out=tmp_path / "other"))
