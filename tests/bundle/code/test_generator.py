"""Generated code gets everything that is known of a model, and lies in the bundle under its checksum."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.bundles import RESNET8, bundled_model, contents

import edgekit
from edgekit.artifact import ImageInput, Precision
from edgekit.bundle.code import generator
from edgekit.bundle.model import BundledModel


def test_code_of_each_language_lies_below_the_folder_of_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[BundledModel] = []

    def generate(model: BundledModel) -> Mapping[str, bytes]:
        seen.append(model)
        return {"kotlin/Classifier.kt": f"// {model.key}\n".encode()}

    monkeypatch.setattr(generator, "GENERATORS", (*generator.GENERATORS, generate))
    out = edgekit.bundle(RESNET8, target="mcu", no_images=True, unverified=True, out=tmp_path / "out.zip").path
    files, [model] = contents(out), seen
    assert files["code/tflite-model-int8/kotlin/Classifier.kt"] == b"// tflite-model-int8\n"
    assert b"  code/tflite-model-int8/kotlin/Classifier.kt\n" in files["SHA256SUMS"]
    assert (model.input.dtype, model.input.shape, model.input.scale) == ("uint8", (1, 32, 32, 3), 1.0)
    assert (model.output.dtype, model.output.shape, model.output.zero_point) == ("uint8", (1, 10), 0)
    assert (model.color, model.image.size, model.rule, model.output_kind) == ("rgb", (32, 32), None, "probabilities")
    assert model.labels[:2] == ("airplane", "automobile")
    assert "CONV_2D" in model.operators
    assert model.targets == (edgekit.Target.MCU,)
    assert model.path.read_bytes() == files[model.file]
    vectors = model.golden
    assert len(files[vectors.expected]) == len(vectors.inputs) * 10
    assert [len(files[name]) for name in vectors.inputs] == [32 * 32 * 3] * 32
    assert vectors.tolerance == 0
    assert vectors.other_tolerances["litert-reference"][1] == 32
    assert dataclasses.replace(model, targets=()).key == "tflite-model-int8"


def changed(model: BundledModel, **changes: Any) -> BundledModel:
    """The model with other fields; `ends` is the type of input and output."""
    ends = changes.pop("ends", None)
    tensors = {name: dataclasses.replace(getattr(model, name), dtype=ends) for name in ("input", "output") if ends}
    return dataclasses.replace(model, **tensors, **changes)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, set()),
        ({"ends": "int8"}, {"Swift", "MediaPipe", "JavaScript"}),
        ({"ends": "int16"}, {"Kotlin", "Swift", "MediaPipe", "JavaScript", "C++"}),
        ({"ends": "float32"}, {"C++"}),
        ({"ends": "float32", "precision": Precision.INT16X8}, {"JavaScript"}),
        ({"ends": "float32", "precision": Precision.FLOAT32, "has_metadata": False}, {"MediaPipe"}),
        ({"image": ImageInput(height=32, width=32, channels=1)}, {"MediaPipe"}),
        ({"ends": "int8", "targets": (edgekit.Target.MCU,)}, set()),
        ({"ends": "int8", "targets": (edgekit.Target.IOS,)}, {"Swift", "MediaPipe"}),
    ],
)
def test_what_has_no_code_has_a_reason(changes: dict[str, Any], missing: set[str]) -> None:
    model = changed(bundled_model(), **changes)
    reasons = generator.missing_code(model)
    assert set(reasons) == missing
    assert all(reason.endswith(".") for reason in reasons.values())
    folders = {path.partition("/")[0] for path in generator.generated_code(model)}
    by_language = {"Kotlin": "kotlin", "Swift": "swift", "JavaScript": "javascript", "C++": "cpp"}
    assert not {by_language[name] for name in missing if name in by_language} & folders


def test_the_card_says_what_is_missing(tmp_path: Path) -> None:
    out = edgekit.bundle(
        RESNET8, target="web", precisions="int16x8", no_images=True, unverified=True, out=tmp_path / "out.zip"
    )
    card = contents(out.path)["README.md"].decode()
    assert "- No code for JavaScript: tflite/model-int16x8.tflite. LiteRT.js runs int16x8 some 19 times" in card
