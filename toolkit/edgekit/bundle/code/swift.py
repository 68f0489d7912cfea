"""Swift for iOS: LiteRT (the pod TensorFlowLiteSwift), MediaPipe Tasks, and a test with the golden vectors."""

import re
from collections.abc import Mapping

from edgekit.artifact import Format
from edgekit.bundle.code.facts import facts_of
from edgekit.bundle.code.templating import render
from edgekit.bundle.model import BundledModel
from edgekit.verification.verdict.targets import Target

ELEMENTS = {"float32": ("Float", "float32"), "uint8": ("UInt8", "uInt8")}
"""numpy's name of an element type -> the type of Swift, and how TensorFlowLiteSwift calls it; int8 it does not know."""


def swift_code(model: BundledModel) -> Mapping[str, bytes]:
    """`swift/*.swift` for `.tflite` files that go to iOS; the file for MediaPipe if MediaPipe takes the model."""
    ends = {model.input.dtype, model.output.dtype}
    if model.format is not Format.TFLITE or Target.IOS not in model.targets or not ends <= ELEMENTS.keys():
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
