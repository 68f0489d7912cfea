from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.helpers import Listening

from edgekit.artifact import Format, Precision
from edgekit.exporting.formats import ExportOptions, OnnxOptions
from edgekit.exporting.keras.batchnorm_folding import Folding
from edgekit.exporting.keras.folding_check import MAX_DIFFERENCE, proven_folding
from edgekit.exporting.onnx.targets import OrtTarget
from edgekit.exporting.session import export
from edgekit.input_range import RAW
from edgekit.runs.folder import RunFolder

NewRun = Callable[[], RunFolder]


def operators(path: Any) -> Counter[str]:
    from edgekit.inspection.model_file import inspect_file

    return Counter({each.name: each.count for each in inspect_file(path).operators})


def test_the_operators_that_a_report_says_are_saved_are_gone_in_both_formats(new_run: NewRun) -> None:
    run = new_run()
    choices = [ExportOptions(), ExportOptions(fold=False)]
    report = export(run, precisions=[Precision.FLOAT32], options=choices)
    assert report.folding is not None
    assert (len(report.folding.removed), len(report.folding.shifts)) == (1, 1)
    for artifact_format, adds, muls in ((Format.TFLITE, "ADD", "MUL"), (Format.ONNX, "Add", "Mul")):
        folded, unfolded = (
            operators(run.artifact_path(artifact_format, Precision.FLOAT32, variant)) for variant in ("", "unfolded")
        )
        saved = unfolded - folded
        assert saved[adds] + saved[muls] == sum(saved.values()) == report.folding.num_operators_saved == 3
    entries = run.manifest["exports"]
    assert entries["onnx/model-float32.onnx"]["folding"]["num_operators_saved"] == 3
    assert "folding" not in entries["onnx/model-unfolded-float32.onnx"]


def test_folding_is_proven_on_images_or_left_out(digits_images: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from support import keras_models

    from edgekit.exporting.keras import folding_check as folding
    from edgekit.exporting.keras.scores import KerasScorer

    model, notes = keras_models.trained(), Listening()
    reference = KerasScorer(model, RAW)(digits_images)
    good = proven_folding(model, RAW, digits_images, reference, notes)
    assert good.model is not model
    assert np.abs(KerasScorer(good.model, RAW)(digits_images) - reference).max() <= MAX_DIFFERENCE
    assert notes.notes == []
    spoiled = keras_models.flatten_network()
    monkeypatch.setattr(folding, "fold_batchnorm", lambda _: Folding(model=spoiled, removed=("batch_normalization",)))
    kept = proven_folding(model, RAW, digits_images, reference, notes)
    assert (kept.model, kept.num_operators_saved) == (model, 0)
    assert "Batch normalization was not folded: a score changed by" in notes.notes[0]


@pytest.fixture(scope="module")
def digits_images() -> Any:
    from support import keras_models

    return keras_models.digits().test.images[:64]


def test_layouts_and_targets_lie_side_by_side_and_say_what_they_are(new_run: NewRun) -> None:
    run = new_run()
    old = OnnxOptions(layout="nchw", target=OrtTarget.parse("1.8"))
    export(
        run,
        precisions=[Precision.FLOAT32],
        formats=[Format.ONNX],
        options=[ExportOptions(), ExportOptions(onnx=old)],
    )
    entries = run.manifest["exports"]
    assert {name: (entry["layout"], entry["ort_target"]) for name, entry in entries.items()} == {
        "onnx/model-float32.onnx": ("nhwc", "1.16"),
        "onnx/model-nchw-float32.onnx": ("nchw", "1.8"),
    }
    assert operators(run.path / "onnx/model-nchw-float32.onnx")["Transpose"] == 0
