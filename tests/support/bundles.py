"""What tests of bundles share: the committed run, and reading a zip."""

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edgekit.artifact import Format, ImageInput, Precision, TensorSpec
from edgekit.bundle.model import BundledModel, GoldenVectors
from edgekit.verification.verdict.targets import Target
from support.helpers import ROOT

RESNET8 = ROOT / "exported" / "resnet8"

LABELS = (
    'a "quoted" cat',
    "it's",
    "back\\slash",
    "$dollar ${brace} #{hash}",
    "two\nlines",
    "café Ω 猫 😀",
    "*/ // /* <!-- </script>",
    "{{ braces }} {% raw %}",
    "what??/",
    "\u2028 separator",
    '"""',
)
"""Texts that break code which does not escape them."""

ZipMaker = Callable[[Mapping[str, bytes | None]], Path]


def contents(path: Path) -> dict[str, bytes]:
    """Path below the bundle's folder -> content."""
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def golden(path: Path) -> dict[str, Any]:
    """golden.json."""
    document: dict[str, Any] = json.loads(contents(path)["golden/golden.json"])
    return document


def bundled_model(labels: tuple[str, ...] = ("cat", "dog")) -> BundledModel:
    """The committed int8 file as generated code gets it, with other labels and one golden vector."""
    path = RESNET8 / "tflite" / "model-int8.tflite"
    return BundledModel(
        name="made",
        file="tflite/model-int8.tflite",
        path=path,
        size_bytes=path.stat().st_size,
        sha256="0" * 64,
        format=Format.TFLITE,
        precision=Precision.INT8,
        targets=tuple(Target),
        input=TensorSpec(name="pixels", shape=(1, 32, 32, 3), dtype="uint8", scale=1.0, zero_point=0),
        output=TensorSpec(name="scores", shape=(1, 2), dtype="uint8", scale=1 / 256, zero_point=0),
        image=ImageInput(height=32, width=32, channels=3),
        pixel_range=(0, 255),
        rule=None,
        output_kind="probabilities",
        labels=labels,
        positive_class=None,
        operators=("ADD", "CONV_2D"),
        golden=GoldenVectors(
            images=("golden/images/00.png",),
            inputs=("golden/inputs/uint8-1x32x32x3/00.bin",),
            expected="golden/expected/tflite-model-int8.bin",
            top_classes=(0,),
            runtime="litert-xnnpack",
            tolerance=0,
            other_tolerances={},
        ),
        has_metadata=True,
    )
