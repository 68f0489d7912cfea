"""Generated code gets everything that is known of a model, and lies in the bundle under its checksum."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.bundles import RESNET8, contents

import edgekit
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
