import json
from pathlib import Path

import numpy as np
import pytest

from edgekit.artifact import Format, Precision
from edgekit.datasets import Dataset
from edgekit.exporting.checking.check import run_file
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.session import export
from edgekit.foundation.errors import ExportError, RunFolderError, UnknownNameError, UsageError
from edgekit.input_range import InputRange
from edgekit.metrics.drift import accuracy
from edgekit.quantization.scheme import QuantizationScheme
from edgekit.runs.folder import RunFolder

CENTERED = ExportOptions(input_range=InputRange.parse("-1..1"))


@pytest.fixture(scope="module")
def digits() -> Dataset:
    from support import keras_models

    return keras_models.digits()


@pytest.fixture(scope="module")
def centered_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model from elsewhere that wants -1 to 1."""
    from support import keras_models

    path = tmp_path_factory.mktemp("elsewhere") / "centered.keras"
    keras_models.trained_centered().save(path)
    return path


def test_a_file_from_elsewhere_becomes_a_run(centered_file: Path, digits: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    report = export(centered_file, dataset=digits, out=out, options=CENTERED, formats=[Format.ONNX])
    run = RunFolder(out)
    reference = run.reference()
    assert report.run.path == out
    assert run.model_path.read_bytes() == centered_file.read_bytes()
    assert run.manifest["input_range"] == "-1..1"
    assert run.manifest["dataset"]["sha256"] == reference.dataset_sha256 == digits.sha256
    assert accuracy(reference.scores, reference.labels) > 0.7
    assert json.loads(run.report_path.read_text())
    scores, _ = run_file(report.files[0].artifact.path, Format.ONNX, digits.test.images)
    assert np.abs(scores - reference.scores).max() < 1e-3
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_second_export_of_the_same_file_adds_to_the_run(centered_file: Path, digits: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    for precision in (Precision.FLOAT32, Precision.FLOAT16):
        export(
            centered_file, dataset=digits, out=out, options=CENTERED, formats=[Format.TFLITE], precisions=[precision]
        )
    assert len(RunFolder(out).artifacts()) == 2
    again = export(RunFolder(out), precisions=[Precision.DYNAMIC], dataset=digits)
    assert RunFolder(out).manifest["exports"]["tflite/model-dynamic.tflite"]["input_range"] == "-1..1"
    assert again.files[0].check is not None
    options = ExportOptions(input_range=InputRange.parse("0..1"))
    with pytest.raises(ExportError, match=r"another input range: -1\.\.1 there, 0\.\.1 now"):
        export(centered_file, dataset=digits, out=out, options=options, precisions=[Precision.FLOAT32])


def test_the_wanted_range_is_found_and_named(centered_file: Path, digits: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"on 500 training images .* with -1\.\.1: use --input-range -1\.\.1"):
        export(centered_file, dataset=digits, out=tmp_path / "mine", precisions=[Precision.FLOAT32])
    assert not list(tmp_path.iterdir())


def test_of_several_options_all_name_one_range(centered_file: Path, digits: Dataset, tmp_path: Path) -> None:
    other = ExportOptions(input_range=InputRange.parse("0..1"))
    with pytest.raises(UsageError, match=r"pixels of one range\. Received options with -1\.\.1 and 0\.\.1"):
        export(centered_file, dataset=digits, out=tmp_path / "mine", options=[CENTERED, other])
    plain = [ExportOptions(), CENTERED]  # the second one's holds for both
    made = export(centered_file, dataset=digits, out=tmp_path / "mine", options=plain, precisions=[Precision.FLOAT32])
    assert made.run.manifest["input_range"] == "-1..1"


def test_logits_become_probabilities_everywhere(digits: Dataset, tmp_path: Path) -> None:
    from support import keras_models

    path = tmp_path / "logits.keras"
    keras_models.trained_logits().save(path)
    report = export(path, dataset=digits, out=tmp_path / "mine", precisions=[Precision.FLOAT32])
    assert report.run.manifest["adds_softmax"]
    for scores in (
        report.run.reference().scores,
        *(run_file(each.artifact.path, each.artifact.format, digits.test.images[:8])[0] for each in report.files),
    ):
        assert np.allclose(scores.sum(axis=1), 1, atol=1e-4)
        assert scores.min() >= 0


def test_a_folder_that_holds_something_else_stays(centered_file: Path, digits: Dataset, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match="not empty and is not a run folder"):
        export(centered_file, dataset=digits, out=tmp_path, options=CENTERED, precisions=[Precision.FLOAT32])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(ExportError, match="is a file"):
        export(
            centered_file, dataset=digits, out=tmp_path / "notes.txt", options=CENTERED, precisions=[Precision.FLOAT32]
        )
    trained = RunFolder.create(tmp_path / "trained", {})
    with pytest.raises(ExportError, match="already holds a run that edgekit trained"):
        export(centered_file, dataset=digits, out=trained.path, options=CENTERED, precisions=[Precision.FLOAT32])


def test_a_saved_model_is_exported_in_every_precision_and_lies_in_its_run(digits: Dataset, tmp_path: Path) -> None:
    from support import keras_models

    folder = tmp_path / "mine"
    keras_models.trained().export(folder, verbose=False)
    report = export(folder, dataset=digits, out=tmp_path / "run", calibration_images=60)
    made = {(each.artifact.format, each.artifact.precision) for each in report.files}
    assert {(each, precision) for each in Format for precision in (Precision.FLOAT32, Precision.INT8)} <= made
    assert not report.failed
    reference = report.run.reference()
    assert np.array_equal(
        reference.scores.argmax(1), keras_models.trained()(digits.test.images.astype("f4")).numpy().argmax(1)
    )
    again = export(RunFolder(tmp_path / "run"), dataset=digits, precisions=[Precision.FLOAT16], formats=[Format.TFLITE])
    assert again.files[0].check is not None
    options = ExportOptions(scheme=QuantizationScheme(float_layers=("dense",)))
    with pytest.raises(UnknownNameError, match="layer"):
        export(report.run, dataset=digits, precisions=[Precision.INT8], formats=[Format.TFLITE], options=options)
    (tmp_path / "run" / "saved_model" / "fingerprint.pb").write_bytes(b"changed")
    with pytest.raises(RunFolderError, match="was changed after"):
        export(RunFolder(tmp_path / "run"), dataset=digits, precisions=[Precision.FLOAT16])


def test_data_must_be_named(centered_file: Path) -> None:
    with pytest.raises(UsageError, match="--data"):
        export(centered_file)


@pytest.mark.slow
def test_a_network_of_keras_applications(digits: Dataset, tmp_path: Path) -> None:
    from support.keras_models import import_keras

    network = import_keras().applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=10)
    path = tmp_path / "mobilenet.keras"
    network.save(path)
    report = export(path, dataset=digits, out=tmp_path / "mine", precisions=[Precision.INT8], calibration_images=20)
    assert [each.artifact.format for each in report.files] == [Format.TFLITE, Format.ONNX]
    assert all(each.artifact.size_bytes < 700_000 for each in report.files)
