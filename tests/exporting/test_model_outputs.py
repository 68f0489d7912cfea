"""Exports of models whose output is not one score for each class of the data set, in its order."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.helpers import Listening
from support.models import output_kinds

from edgekit.artifact import Precision
from edgekit.datasets import Dataset
from edgekit.exporting.checking.check import run_file
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.keras.preparing.reading import OutputReading
from edgekit.exporting.report import ExportReport
from edgekit.exporting.session import export
from edgekit.foundation.errors import ExportError, UnknownNameError, UsageError
from edgekit.input_range import RAW
from edgekit.metrics.class_columns import OTHER_CLASS
from edgekit.metrics.drift import accuracy
from edgekit.runs.folder import RunFolder

SHUFFLED = (7, 2, 0, 9, 4, 1, 3, 8, 6, 5)
WITH_BACKGROUND = (None, *range(10))


@pytest.fixture(scope="module")
def digits() -> Dataset:
    from support import keras_models

    return keras_models.digits()


def saved(model: Any, folder: Path) -> Path:
    path = folder / "model.keras"
    model.save(path)
    return path


def exported(model: Any, dataset: Dataset, folder: Path, **options: Any) -> ExportReport:
    chosen = {"precisions": [Precision.FLOAT32, Precision.INT8], "calibration_images": 100, **options}
    return export(saved(model, folder), dataset=dataset, out=folder / "run", **chosen)


def scores_of(report: ExportReport, dataset: Dataset) -> dict[str, Any]:
    return {
        f"{each.artifact.format} {each.artifact.precision}": run_file(
            each.artifact.path, each.artifact.format, dataset.test.images
        )[0]
        for each in report.files
    }


@pytest.mark.parametrize(("activation", "kind"), [("sigmoid", "probability"), (None, "logit")])
def test_one_score_becomes_two_in_every_file(tmp_path: Path, activation: str | None, kind: str) -> None:
    dataset, model, listener = output_kinds.two_digits(), output_kinds.one_score(activation), Listening()
    report = exported(model, dataset, tmp_path, progress=listener)
    score = np.asarray(model(dataset.test.images.astype(np.float32)))[:, 0]
    positive = 1 / (1 + np.exp(-score)) if activation is None else score
    for name, scores in scores_of(report, dataset).items():
        limit = 1e-4 if "float32" in name else 0.1
        assert np.abs(scores - np.stack([1 - positive, positive], axis=1)).mean() < limit, name
        assert accuracy(scores, dataset.test.labels) > 0.93, name
    reference = RunFolder(tmp_path / "run").reference()
    assert reference.class_names == ("three", "eight")
    assert np.abs(reference.scores[:, 1] - positive).max() < 1e-6
    assert f"The model gives one score, a {kind}, of class 'eight': the files give two" in " ".join(listener.notes)


def test_the_wrong_positive_class_is_reported_and_the_right_one_is_kept(tmp_path: Path) -> None:
    dataset, model = output_kinds.two_digits(), output_kinds.one_score(positive=0)
    with pytest.raises(ExportError, match=r"seems to be of class 'three'.*--positive-class three\. To export it as"):
        exported(model, dataset, tmp_path)
    assert not (tmp_path / "run").exists()
    reading = OutputReading(positive_class="three")
    report = exported(model, dataset, tmp_path, reading=reading, precisions=[Precision.FLOAT32])
    assert report.run.manifest["reading"] == {"positive_class": "three"}
    again = export(report.run, dataset=dataset, precisions=[Precision.FLOAT16])
    for scores in (*scores_of(report, dataset).values(), *scores_of(again, dataset).values()):
        assert accuracy(scores, dataset.test.labels) > 0.93
    with pytest.raises(ExportError, match=r"another output: positive class 'three' there, positive class 'eight' now"):
        export(
            tmp_path / "model.keras",
            dataset=dataset,
            out=tmp_path / "run",
            reading=OutputReading(positive_class="eight"),
        )
    with pytest.raises(UsageError, match=r"read positive class 'three', as its manifest says.*positive class 'eight'"):
        export(report.run, dataset=dataset, reading=OutputReading(positive_class="eight"))


def test_what_is_said_of_one_score_must_fit(tmp_path: Path, digits: Dataset) -> None:
    model = output_kinds.one_score()
    with pytest.raises(ExportError, match=r"gives 1 score; the data set has 10 classes\. One score is for two classes"):
        exported(model, digits, tmp_path)
    with pytest.raises(UnknownNameError, match=r"Unknown class 'ate'\. Known: eight, three"):
        exported(model, output_kinds.two_digits(), tmp_path, reading=OutputReading(positive_class="ate"))
    with pytest.raises(UsageError, match=r"--positive-class is for a model that gives one score.*gives 10 scores"):
        exported(output_kinds.ordered(SHUFFLED), digits, tmp_path, reading=OutputReading(positive_class="1"))


def test_another_order_is_reported_first_and_labels_put_it_right(tmp_path: Path, digits: Dataset) -> None:
    model = output_kinds.ordered(SHUFFLED)
    for options in ({}, {"options": ExportOptions(input_range=RAW)}):
        with pytest.raises(ExportError) as raised:
            exported(model, digits, tmp_path, **options)
        assert "The classes of the model are in another order" in str(raised.value)
        assert "printf '%s\\n' 7 2 0 9 4 1 3 8 6 5 > labels.txt" in str(raised.value)
        assert "--input-range" not in str(raised.value)
    report = exported(model, digits, tmp_path, reading=OutputReading(labels=tuple(map(str, SHUFFLED))))
    for name, scores in scores_of(report, digits).items():
        assert accuracy(scores, digits.test.labels) > 0.75, name
    assert report.run.reference().class_names == digits.class_names
    assert "class_names" not in next(iter(report.run.manifest["exports"].values()))


def test_classes_that_the_data_set_lacks_are_kept_and_counted_as_other(tmp_path: Path, digits: Dataset) -> None:
    model = output_kinds.ordered(WITH_BACKGROUND)
    with pytest.raises(ExportError, match=r"gives 11 scores; the data set has 10 classes\. .*--labels FILE"):
        exported(model, digits, tmp_path)
    labels = ("background", *digits.class_names)
    report = exported(model, digits, tmp_path, reading=OutputReading(labels=labels))
    reference = report.run.reference()
    assert reference.class_names == (*digits.class_names, OTHER_CLASS)
    assert accuracy(reference.scores, digits.test.labels) > 0.75
    entries = report.run.manifest["exports"]
    for each in report.files:
        scores, _ = run_file(each.artifact.path, each.artifact.format, digits.test.images[:40])
        assert scores.shape == (40, 11)
        assert entries[each.artifact.path.relative_to(report.run.path).as_posix()]["class_names"] == list(labels)
    with pytest.raises(UsageError, match=r"--labels names 12 classes; the model gives 11 scores"):
        exported(model, digits, tmp_path, reading=OutputReading(labels=("a", *labels)))


def test_of_several_outputs_the_one_with_the_scores_is_exported(tmp_path: Path, digits: Dataset) -> None:
    model, listener = output_kinds.ordered(tuple(range(10)), with_features=True), Listening()
    report = exported(model, digits, tmp_path, precisions=[Precision.FLOAT32], progress=listener)
    assert all(accuracy(each, digits.test.labels) > 0.75 for each in scores_of(report, digits).values())
    assert "Of 2 outputs ('features' (None, 768), 'scores' (None, 10)), 'scores' is exported" in " ".join(
        listener.notes
    )
    with pytest.raises(UnknownNameError, match=r"Unknown output 'score'\. Did you mean 'scores'"):
        exported(model, digits, tmp_path, reading=OutputReading(output_name="score"))
    with pytest.raises(ExportError, match=r"gives 768 scores; the data set has 10"):
        exported(model, digits, tmp_path, reading=OutputReading(output_name="features"))


def test_two_outputs_that_fit_must_be_told_apart(tmp_path: Path, digits: Dataset) -> None:
    import keras

    good = output_kinds.ordered(tuple(range(10)))
    pixels = keras.Input((32, 32, 3))
    early = keras.layers.Dense(10, activation="softmax", name="early")(keras.layers.GlobalAveragePooling2D()(pixels))
    model = keras.Model(pixels, [early, good(pixels)])
    with pytest.raises(ExportError, match=r"2 outputs: 'early' \(None, 10\), .*--output-name early"):
        exported(model, digits, tmp_path)
    name = good.name
    report = exported(model, digits, tmp_path, precisions=[Precision.FLOAT32], reading=OutputReading(output_name=name))
    assert report.run.manifest["reading"] == {"output_name": name}
    assert all(accuracy(each, digits.test.labels) > 0.75 for each in scores_of(report, digits).values())
