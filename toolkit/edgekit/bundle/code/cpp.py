"""C++ for LiteRT for microcontrollers: the model as an array, the operators that it needs, and its golden test."""

from collections.abc import Mapping

from edgekit.artifact import Format, Precision
from edgekit.bundle.code.facts import facts_of
from edgekit.bundle.code.templating import render
from edgekit.bundle.model import BundledModel
from edgekit.verification.verdict.targets import Target

RUNTIME = "litert-reference"
"""What LiteRT for microcontrollers computes like: kernels of its own, from the same source."""
BYTES_PER_LINE = 16
_NAMES = {
    "CONV_2D": "Conv2D",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "AVERAGE_POOL_2D": "AveragePool2D",
    "MAX_POOL_2D": "MaxPool2D",
    "L2_POOL_2D": "L2Pool2D",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTM",
    "ADD_N": "AddN",
    "SELECT_V2": "SelectV2",
    "PADV2": "PadV2",
}
"""Operators whose method in `MicroMutableOpResolver` is not simply their name in camel case."""


def cpp_code(model: BundledModel) -> Mapping[str, bytes]:
    """`cpp/` with the model, its preprocessing, a classifier and a test, for int8 `.tflite` files that go to an MCU."""
    if not model.is_for_microcontrollers:
        return {}
    tolerance, num_images = model.golden.other_tolerances.get(
        RUNTIME, (model.golden.tolerance, len(model.golden.inputs))
    )
    facts = facts_of(model) | {
        "input_type": _TYPES[model.input.dtype],
        "output_type": _TYPES[model.output.dtype],
        "methods": [f"Add{method_of(name)}" for name in model.operators],
        "tolerance": int(tolerance),
        "inputs": model.golden.inputs[:num_images],
        "lines": _lines(model.path.read_bytes()),
    }
    names = ("model.h", "model.cc", "preprocessing.h", "classifier.h", "golden_test.cc")
    return {f"cpp/{name}": render(f"cpp/{name}", facts) for name in names}


_TYPES = {"uint8": "uint8_t", "int8": "int8_t"}


def why_no_cpp(model: BundledModel) -> str:
    """Why an int8 `.tflite` for microcontrollers has no C++; "" if it has, or is for something else."""
    is_int8 = model.format is Format.TFLITE and model.precision is Precision.INT8 and Target.MCU in model.targets
    if not is_int8 or model.is_for_microcontrollers:
        return ""
    return "LiteRT for microcontrollers gets integers in and out. Export with --io uint8, the default, or --io int8."


def method_of(operator: str) -> str:
    """The name of an operator in `tflite::MicroMutableOpResolver`: RESIZE_BILINEAR -> ResizeBilinear.

    Source: micro_mutable_op_resolver.h of tflite-micro.
    """
    return _NAMES.get(operator) or "".join(word.capitalize() for word in operator.split("_"))


def _lines(content: bytes) -> list[str]:
    starts = range(0, len(content), BYTES_PER_LINE)
    return [", ".join(f"0x{byte:02x}" for byte in content[start : start + BYTES_PER_LINE]) + "," for start in starts]
