"""Kotlin for Android: LiteRT's CompiledModel, MediaPipe Tasks, and tests with the golden vectors."""

import re
from collections.abc import Mapping
from typing import Any

from edgekit.artifact import Format
from edgekit.bundle.code.facts import facts_of
from edgekit.bundle.code.templating import render
from edgekit.bundle.model import BundledModel
from edgekit.foundation.grammar import listed
from edgekit.verification.verdict.targets import Target

ARRAYS = {"float32": "FloatArray", "uint8": "ByteArray", "int8": "ByteArray"}
"""numpy's name of an element type -> the array of Kotlin; LiteRT 2.3 has no calls for others that images come in."""

_CALLS = {"float32": "Float", "uint8": "Int8", "int8": "Int8"}
"""Element type -> how `TensorBuffer.writeX` and `readX` call it. There is no X for uint8."""


def kotlin_code(model: BundledModel) -> Mapping[str, bytes]:
    """`kotlin/*.kt` for `.tflite` files that go to Android; those for MediaPipe if it takes the model.

    Empty for tensors of other types than `ARRAYS`. LiteRT 2.3 gives an open batch buffers for one image.
    """
    if not _is_wanted(model) or why_no_kotlin(model):
        return {}
    names = ["Preprocessing.kt", "GoldenOnComputer.kt", "AndroidPictures.kt", "LiteRtClassifier.kt", "GoldenTest.kt"]
    if model.is_for_mediapipe:
        names += ["MediaPipeClassifier.kt", "MediaPipeGoldenTest.kt"]
    facts = _facts(model)
    return {f"kotlin/{name}": render(f"kotlin/{name}", facts) for name in names}


def why_no_kotlin(model: BundledModel) -> str:
    """Why a `.tflite` for Android has no Kotlin code; "" if it has, or is for something else."""
    if _is_wanted(model) and (others := sorted(model.end_types - ARRAYS.keys())):
        return (
            f"LiteRT's Kotlin library has no calls for {listed(others)} tensors. Export with --io uint8, the default."
        )
    return ""


def _is_wanted(model: BundledModel) -> bool:
    return model.format is Format.TFLITE and Target.ANDROID in model.targets


def _facts(model: BundledModel) -> dict[str, Any]:
    return facts_of(model) | {
        "package": f"edgekit.{re.sub('[^A-Za-z0-9]', '_', model.key)}",
        "asset": model.file.rpartition("/")[2],
        "input_array": ARRAYS[model.input.dtype],
        "output_array": ARRAYS[model.output.dtype],
        "write": f"write{_CALLS[model.input.dtype]}",
        "read": f"read{_CALLS[model.output.dtype]}",
    }
