"""Swift for iOS: LiteRT (the pod TensorFlowLiteSwift), MediaPipe Tasks, and a test with the golden vectors."""

import re
from collections.abc import Mapping

from edgekit.artifact import Format
from edgekit.bundle.code.facts import facts_of
from edgekit.bundle.code.templating import render
from edgekit.bundle.model import BundledModel
from edgekit.foundation.grammar import listed
from edgekit.verification.verdict.targets import Target

ELEMENTS = {"float32": ("Float", "float32"), "uint8": ("UInt8", "uInt8")}
"""numpy's name of an element type -> the type of Swift, and how TensorFlowLiteSwift calls it; int8 it does not know."""


def swift_code(model: BundledModel) -> Mapping[str, bytes]:
    """`swift/*.swift` for `.tflite` files that go to iOS; the file for MediaPipe if MediaPipe takes the model."""
    if not _is_wanted(model) or why_no_swift(model):
        return {}
    names = ["Preprocessing.swift", "Pictures.swift", "LiteRtClassifier.swift", "GoldenTests.swift"]
    if model.is_for_mediapipe:
        names.append("MediaPipeClassifier.swift")
    facts = facts_of(model) | {
        "type": "".join(word[:1].upper() + word[1:] for word in re.findall("[A-Za-z0-9]+", model.key)),
        "resource": model.file.rpartition("/")[2].removesuffix(".tflite"),
        "input_element": ELEMENTS[model.input.dtype][0],
        "output_element": ELEMENTS[model.output.dtype][0],
        "data_type": ELEMENTS[model.input.dtype][1],
        "is_open": model.input.shape[0] is None,
    }
    return {f"swift/{name}": render(f"swift/{name}", facts) for name in names}


def why_no_swift(model: BundledModel) -> str:
    """Why a `.tflite` for iOS has no Swift code; "" if it has, or is for something else."""
    if _is_wanted(model) and (others := sorted(model.end_types - ELEMENTS.keys())):
        return f"TensorFlowLiteSwift has no code for {listed(others)} tensors. Export with --io uint8, the default."
    return ""


def _is_wanted(model: BundledModel) -> bool:
    return model.format is Format.TFLITE and Target.IOS in model.targets
