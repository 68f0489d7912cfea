import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.files.tflite_files import run as answers
from support.helpers import EdgekitCommand

from edgekit.artifact import Format, Precision
from edgekit.datasets import Dataset, Split
from edgekit.exporting.formats import ExportOptions, OnnxOptions, TFLiteOptions
from edgekit.exporting.report import ExportReport
from edgekit.exporting.session import export
from edgekit.exporting.tflite.exporter import TFLiteExporter
from edgekit.foundation.errors import CalibrationError, ExportError, RunFolderError, UsageError
from edgekit.runs.folder import RunFolder

NewRun = Callable[[], RunFolder]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def digits() -> Dataset:
    from support import keras_models

    return keras_models.digits()


@pytest.fixture(scope="module")
def exported(pristine_run: Path, digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> ExportReport:
    """Everything, once."""
    import shutil

    run = RunFolder(Path(shutil.copytree(pristine_run, tmp_path_factory.mktemp("exported") / "run")))
    return export(run, dataset=digits, calibration_images=60)


def test_a_run_is_exported_to_everything(exported: ExportReport) -> None:
    run = RunFolder(exported.run.path)
    assert [path.relative_to(run.path).as_posix() for path in (each.path for each in run.artifacts())] == [
        "tflite/model-float32.tflite",
        "tflite/model-float16.tflite",
        "tflite/model-dynamic.tflite",
        "tflite/model-int8.tflite",
        "tflite/model-int16x8.tflite",
        "onnx/model-float32.onnx",
        "onnx/model-float16.onnx",
        "onnx/model-dynamic.onnx",
        "onnx/model-int8.onnx",
    ]
    assert exported.skipped == ("onnx int16x8: skipped, not supported yet.",)
    for each in exported.files:
        assert each.check is not None
        assert each.check.num_images == 32
        assert each.check.agreement == 1.0
    assert json.loads(json.dumps(exported.to_dict()))["files"][3]["artifact"] == "tflite/model-int8.tflite"


def test_the_manifest_says_how_each_file_was_made(exported: ExportReport) -> None:
    entry = RunFolder(exported.run.path).manifest["exports"]["tflite/model-int8.tflite"]
    assert {key: entry[key] for key in ("io", "batch", "input_range", "allow_flex")} == {
        "io": "uint8",
        "batch": 1,
        "input_range": "0..255",
        "allow_flex": False,
    }
    assert entry["check"]["runtime"] == "litert-xnnpack"
    assert entry["calibration"]["sha256"] == json.loads(exported.run.calibration_path.read_text())["sha256"]
    assert "calibration" not in RunFolder(exported.run.path).manifest["exports"]["tflite/model-float32.tflite"]


def add_reference(run: RunFolder, digits: Dataset) -> None:
    """Store what the trained network answers, as a training does."""
    from support import keras_models

    from edgekit.runs.reference import Reference

    scores = np.asarray(keras_models.trained().predict(digits.test.images.astype(np.float32), verbose=0))
    sha256, names = digits.sha256, digits.class_names
    Reference(scores=scores, labels=digits.test.labels, dataset_sha256=sha256, class_names=names).save(
        run.reference_path
    )
    run.record(run.reference_path)


def test_every_onnx_precision_is_verified_in_either_layout(
    new_run: NewRun, digits: Dataset, edgekit_command: EdgekitCommand
) -> None:
    run = new_run()
    turned = ExportOptions(onnx=OnnxOptions(layout="nchw", activations="int8"))
    choices = [ExportOptions(), turned]
    export(run, formats=[Format.ONNX], dataset=digits, options=choices, calibration_images=60)
    add_reference(run, digits)
    result = edgekit_command("verify", run.path, "--runtime", "onnxruntime", "--json", "--max-f1-drop", "20")
    assert result.returncode == 0, result.stderr
    agreement = {row["artifact"]: row["agreement"] for row in json.loads(result.stdout)["candidates"]}
    assert agreement.keys() == {
        f"onnx/model-{words}.onnx"
        for words in (
            *("float32", "float16", "dynamic", "int8"),
            *("nchw-float32", "nchw-float16", "nchw-dynamic", "nchw-signed-int8"),
        )
    }
    assert agreement["onnx/model-nchw-float32.onnx"] == agreement["onnx/model-float32.onnx"] == 1.0
    assert min(agreement.values()) > 0.95


def test_logits_lie_beside_probabilities_and_are_verified_as_such(
    new_run: NewRun, digits: Dataset, edgekit_command: EdgekitCommand
) -> None:
    run = new_run()
    choices = [ExportOptions(), ExportOptions(output="logits")]
    wanted = [Precision.FLOAT32, Precision.INT8]
    report = export(run, precisions=wanted, dataset=digits, options=choices, calibration_images=60)
    assert [each.artifact.path.name for each in report.files if each.artifact.format is Format.TFLITE] == [
        "model-float32.tflite",
        "model-logits-float32.tflite",
        "model-int8.tflite",
        "model-logits-int8.tflite",
    ]
    assert len(report.files) == 8
    assert run.manifest["exports"]["tflite/model-logits-int8.tflite"]["output"] == "logits"
    add_reference(run, digits)
    arguments = ["--runtime", "litert-xnnpack", "--runtime", "onnxruntime", "--json", "--max-f1-drop", "20"]
    result = edgekit_command("verify", run.path, *arguments)
    assert result.returncode == 0, result.stderr
    rows = {row["artifact"]: row for row in json.loads(result.stdout)["candidates"]}
    assert len(rows) == 8
    for name, row in rows.items():
        assert row["agreement"] > 0.95, name
        assert any("logits" in remark for remark in row["remarks"]) == ("logits" in name)
    assert rows["tflite/model-logits-int8.tflite"]["ties"] <= rows["tflite/model-int8.tflite"]["ties"]


def test_calibration_images_are_recorded(exported: ExportReport, digits: Dataset) -> None:
    exported.run.check_file(Path("calibration.json"))
    document = json.loads(exported.run.calibration_path.read_text())
    assert document["num_images"] == 60
    assert document["per_class"] == dict.fromkeys(digits.class_names, 6)
    assert document["train_sha256"] == digits.train.sha256


def test_another_process_makes_the_same_bytes(
    exported: ExportReport, new_run: NewRun, edgekit_command: EdgekitCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "4321")
    run = new_run()
    result = edgekit_command("export", run.path, "--calibration-images", "60", "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert {each["artifact"]: each["sha256"] for each in document["files"]} == {
        each.artifact.path.relative_to(exported.run.path).as_posix(): each.artifact.sha256 for each in exported.files
    }
    assert (run.calibration_path).read_bytes() == exported.run.calibration_path.read_bytes()
    assert "WARNING" not in result.stderr
    assert "INFO" not in result.stderr


def test_no_calibration_file_without_int8_and_no_data_needed(new_run: NewRun) -> None:
    run = new_run()
    export(run, precisions=[Precision.FLOAT32], formats=[Format.ONNX])
    assert not run.calibration_path.exists()
    with pytest.raises(CalibrationError, match="--data"):
        export(run, precisions=[Precision.INT8], formats=[Format.ONNX])


def test_a_conversion_that_lost_its_weights_never_reaches_the_disk(
    new_run: NewRun, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from support import keras_models

    run = new_run()
    export(run, precisions=[Precision.FLOAT32], formats=[Format.TFLITE], dataset=digits)
    before = files_of(run.path)
    empty = keras_models.flatten_network()
    empty.set_weights([np.zeros_like(each) for each in empty.get_weights()])
    hollow = TFLiteExporter(empty, ExportOptions()).convert(Precision.FLOAT32, None)
    monkeypatch.setattr(TFLiteExporter, "convert", lambda *_: hollow)
    for precision in (Precision.FLOAT32, Precision.DYNAMIC):
        with pytest.raises(ExportError, match="same scores for every image"):
            export(run, precisions=[precision], formats=[Format.TFLITE], dataset=digits)
    assert files_of(run.path) == before


def test_a_file_in_doubt_is_kept_where_it_is_asked_for_and_goes_when_a_good_one_is_made(
    new_run: NewRun, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from support import keras_models

    run = new_run()
    other = keras_models.train(keras_models.flatten_network(seed=3), epochs=1)
    other.set_weights([*other.get_weights()[:-1], np.arange(10, dtype=np.float32)])
    wrong = TFLiteExporter(other, ExportOptions()).convert(Precision.FLOAT32, None)
    with monkeypatch.context() as patch:
        patch.setattr(TFLiteExporter, "convert", lambda *_: wrong)
        with pytest.raises(ExportError, match=r"does not behave like the Keras model.*add --keep-doubtful"):
            export(run, precisions=[Precision.FLOAT16], formats=[Format.TFLITE], dataset=digits)
        report = export(
            run, precisions=[Precision.FLOAT16], formats=[Format.TFLITE], dataset=digits, keep_doubtful=True
        )
    assert report.exit_status == 1
    name = "tflite/model-doubtful-float16.tflite"
    assert [each.artifact.path.relative_to(run.path).as_posix() for each in report.files] == [name]
    assert "it agrees on" in RunFolder(run.path).manifest["exports"][name]["check"]["doubt"]
    images = digits.test.images[:8]
    np.testing.assert_array_equal(answers((run.path / name).read_bytes(), images), answers(wrong, images))
    export(run, precisions=[Precision.FLOAT16], formats=[Format.TFLITE], dataset=digits)
    listed = RunFolder(run.path).manifest
    assert name not in listed["files"]
    assert name not in listed["exports"]
    assert [path.name for path in (run.path / "tflite").glob("model*")] == ["model-float16.tflite"]


def test_an_error_and_an_interruption_leave_the_old_files(
    new_run: NewRun, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    export(run, precisions=[Precision.FLOAT32], formats=[Format.TFLITE], dataset=digits)
    before = files_of(run.path)
    convert = TFLiteExporter.convert
    for error in (KeyboardInterrupt, ExportError("cannot")):

        def stop(self: Any, precision: Precision, calibration: Any, error: Any = error) -> bytes:
            if precision is Precision.FLOAT16:
                raise error
            return convert(self, precision, calibration)

        monkeypatch.setattr(TFLiteExporter, "convert", stop)
        with pytest.raises((KeyboardInterrupt, ExportError)):
            export(
                run,
                precisions=[Precision.FLOAT32, Precision.FLOAT16],
                formats=[Format.TFLITE],
                dataset=digits,
                options=ExportOptions(tflite=TFLiteOptions(batch=2)),
            )
        assert files_of(run.path) == before


def test_other_data_are_refused(new_run: NewRun, digits: Dataset) -> None:
    from dataclasses import replace

    half = replace(digits, test=Split(images=digits.test.images[:50], labels=digits.test.labels[:50]))
    with pytest.raises(ExportError, match=f"expected 'digits' with SHA-256 {digits.sha256[:12]}.*{half.sha256[:12]}"):
        export(new_run(), dataset=half)


def test_a_run_that_is_not_whole_is_refused(new_run: NewRun, digits: Dataset) -> None:
    run = new_run()
    run.model_path.write_bytes(run.model_path.read_bytes() + b"x")
    with pytest.raises(RunFolderError, match="was changed"):
        export(run, dataset=digits)
    run.model_path.unlink()
    with pytest.raises(RunFolderError, match="training has not finished"):
        export(run, dataset=digits)


def test_out_is_not_for_a_run(new_run: NewRun, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--out"):
        export(new_run(), out=tmp_path / "elsewhere", precisions=[Precision.FLOAT32])


def test_int16x8_is_left_out_with_a_reason_where_it_cannot_be_had_and_was_not_named(
    new_run: NewRun, digits: Dataset
) -> None:
    from dataclasses import replace

    from support.keras_models import plain_network

    from edgekit.exporting.source import load_source

    network = plain_network(middle=hard_swish())
    run = new_run()
    source = replace(load_source(run), model=network)
    report = export(source, formats=[Format.TFLITE], dataset=digits, calibration_images=20)
    assert [each.artifact.precision for each in report.files] == ["float32", "float16", "dynamic", "int8"]
    assert any("int16x8: skipped" in line and "HARD_SWISH" in line for line in report.skipped)
    before = files_of(run.path)
    with pytest.raises(ExportError, match="HARD_SWISH"):
        export(source, precisions=[Precision.INT16X8], formats=[Format.TFLITE], dataset=digits, calibration_images=20)
    assert files_of(run.path) == before


def test_what_cannot_be_made_is_said_and_costs_no_other_file(new_run: NewRun, digits: Dataset) -> None:
    """A weight beyond float16 and an operator that int8 is not to hold in float, where nobody named a precision."""
    from dataclasses import replace

    from support.keras_models import import_keras, plain_network

    from edgekit.exporting.source import load_source

    run = new_run()
    network = plain_network(middle=import_keras().layers.ELU(name="soft"))
    kernel, bias = network.layers[-1].get_weights()
    bias[0] = -1e5
    network.layers[-1].set_weights([kernel, bias])
    source = replace(load_source(run), model=network)
    strict = ExportOptions(tflite=TFLiteOptions(strict_int8=True))
    report = export(source, dataset=digits, options=strict, calibration_images=20)
    made = {each.artifact.path.relative_to(run.path).as_posix() for each in report.files}
    assert {"tflite/model-float32.tflite", "tflite/model-dynamic.tflite", "onnx/model-float32.onnx"} <= made
    failed = {each.title: each.reason for each in report.failed}
    assert "ELU would lose its meaning in 256 steps, or has no integer form (layer soft)" in failed["tflite int8"]
    assert "the largest float16 is 65,504" in failed["onnx float16"]
    assert report.exit_status == 1
    assert {each["title"] for each in report.to_dict()["failed"]} == set(failed)
    listed = {name for name in RunFolder(run.path).manifest["files"] if "/" in name}
    labels = {"tflite/labels.txt", "onnx/labels.txt"}
    assert listed == made | labels == {path for path in files_of(run.path) if "/" in path}

    before = files_of(run.path)
    with pytest.raises(ExportError, match="the largest float16 is"):
        export(source, precisions=[Precision.FLOAT16, Precision.FLOAT32], formats=[Format.ONNX], dataset=digits)
    assert files_of(run.path) == before


def test_nothing_is_kept_where_nothing_can_be_made(new_run: NewRun, digits: Dataset) -> None:
    from dataclasses import replace

    from support.keras_models import plain_network

    from edgekit.exporting.source import load_source

    run = new_run()
    network = plain_network()
    kernel, bias = network.layers[-1].get_weights()
    network.layers[-1].set_weights([kernel, bias * float("nan")])
    before = files_of(run.path)
    with pytest.raises(ExportError, match="NaN"):
        export(replace(load_source(run), model=network), formats=[Format.ONNX], dataset=digits, calibration_images=20)
    assert files_of(run.path) == before


def test_where_no_file_can_be_made_each_format_says_why(new_run: NewRun, digits: Dataset) -> None:
    from dataclasses import replace

    from support.keras_models import import_keras, plain_network

    from edgekit.exporting.source import load_source

    run = new_run()
    source = replace(load_source(run), model=plain_network(middle=import_keras().ops.erfinv))
    before = files_of(run.path)
    with pytest.raises(ExportError, match=r"^No file .* tflite float32: .*Erfinv.* onnx float32: .*Erfinv"):
        export(source, dataset=digits, calibration_images=20)
    assert files_of(run.path) == before


def hard_swish() -> Any:
    from support.keras_models import import_keras

    return import_keras().layers.Activation("hard_silu")


def test_the_graph_is_traced_once_for_all_precisions_and_schemes(
    new_run: NewRun, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edgekit.exporting.tflite import exporter as tflite

    traces, write = [], tflite._write_saved_model
    monkeypatch.setattr(tflite, "_write_saved_model", lambda *a: (traces.append(1), write(*a))[1])
    choices = [ExportOptions(tflite=TFLiteOptions(quantizer=name)) for name in ("tensorflow", "ai-edge")]
    report = export(new_run(), formats=[Format.TFLITE], dataset=digits, options=choices, calibration_images=20)
    assert len(report.files) == 8
    assert len(traces) == 1


def test_files_say_who_made_them_or_nothing(new_run: NewRun, digits: Dataset) -> None:
    from dataclasses import replace as changed

    from edgekit.exporting.description import Authorship
    from edgekit.exporting.formats import ExportOptions
    from edgekit.inspection.model_file import inspect_file

    run, plain = new_run(), ExportOptions()
    named = changed(plain, authorship=Authorship(author="Ada", license="MIT", version="2"))
    paths = [run.path / kind / f"model-float32.{kind}" for kind in ("tflite", "onnx")]
    export(run, precisions=[Precision.FLOAT32], dataset=digits, options=named)
    assert inspect_file(paths[0]).metadata["metadata author"] == "Ada"
    assert inspect_file(paths[1]).metadata["edgekit.license"] == "MIT"
    assert (run.path / "tflite" / "labels.txt").read_text().splitlines() == list(digits.class_names)
    export(run, precisions=[Precision.FLOAT32], dataset=digits, options=changed(plain, authorship=None))
    assert "metadata author" not in inspect_file(paths[0]).metadata
    assert "edgekit.license" not in inspect_file(paths[1]).metadata
