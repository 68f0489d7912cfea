"""A trained ViT and a trained ConvNeXt: int8 files of both formats, as they are made by default, beside the network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import edgekit
from edgekit.exporting.checking.check import run_file
from edgekit.exporting.keras.scores import KerasScorer
from edgekit.input_range import RAW

LEAST_AGREEMENT = 0.97
EPOCHS = 12


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vision transformer (ViT)", "ConvNeXt"])
def test_int8_files_agree_with_the_float_network(name: str, tmp_path: Path) -> None:
    from support import keras_models
    from support.matrix.kinds import KINDS
    from support.matrix.measuring import trained

    kind = replace(next(each for each in KINDS if each.name == name), epochs=EPOCHS)
    model = trained(kind)
    model.save(tmp_path / "model.keras")
    report = edgekit.export(
        tmp_path / "model.keras",
        data=kind.data(),
        precisions=["int8"],
        input_range="0..255",
        calibration_images=100,
        out=tmp_path / "run",
    )
    whole = keras_models.digits()
    images = np.concatenate([whole.test.images, whole.validation.images])[:, ::2, ::2]
    labels = np.concatenate([whole.test.labels, whole.validation.labels])
    expected = KerasScorer(model, RAW)(images)
    assert (expected.argmax(axis=1) == labels).mean() > 0.85, "it has learned something"
    for each in report.files:
        scores, _ = run_file(each.artifact.path, each.artifact.format, images)
        assert (scores.argmax(axis=1) == expected.argmax(axis=1)).mean() >= LEAST_AGREEMENT, each
    assert [each.artifact.format.value for each in report.files] == ["tflite", "onnx"]
