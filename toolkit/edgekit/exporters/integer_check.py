"""Reads an int8 `.tflite` back: is it integer from end to end, and are its input and output what was asked for?

Also looks for activations that no integer range can hold, before TensorFlow's quantizer, which ends the
whole process on them. Knows nothing of how the file was made.
"""

from typing import Any

from edgekit.errors import CalibrationError, ExportError
from edgekit.exporters.options import TFLiteOptions

LARGEST_ACTIVATION = 1e30
"""Beyond this, the step of a range of 256 values comes close to overflowing float32."""

_BOUNDARY = {"QUANTIZE", "DEQUANTIZE"}


def check_integer(content: bytes, options: TFLiteOptions) -> None:
    """Raise ExportError unless every operator is an integer one and the input takes pixels as they are.

    Args:
        content: The file.
        options: `io`: with "uint8" or "int8" a pixel's step must be exactly 1.0 and its zero point the
            smallest value of the type. `allow_flex`: TensorFlow's own operators may stay in float.
    """
    graph, codes = _parse(content)
    floats = [operator for operator in graph.operators if _computes_in_float(graph, operator, codes)]
    names = [_name(operator, codes) for operator in floats]
    if options.allow_flex:
        names = [name for name in names if not name.startswith("Flex")]
    if names:
        produced = [graph.tensors[operator.outputs[0]].name.decode() for operator in floats]
        raise ExportError(
            f"No int8 file can be made: LiteRT has no integer form of {', '.join(sorted(set(names)))} "
            f"({'; '.join(produced[:3])}). It would be computed in float between integer layers. Replace the "
            f"layer (ReLU for ELU, BatchNormalization for LayerNormalization), or export float16 or dynamic."
        )
    if options.io != "float32":
        _check_input(graph, options.io)


def _check_input(graph: Any, io: str) -> None:
    import numpy as np

    tensor = graph.tensors[graph.inputs[0]]
    limits = np.iinfo(io)
    scale, zero_point = float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])
    if (scale, zero_point) != (1.0, limits.min):
        raise ExportError(
            f"The int8 file's input came out with scale {scale} and zero point {zero_point}. Expected exactly 1.0 and "
            f"{limits.min}, so that a camera's bytes go straight in. The layer behind the input forces another range; "
            f"use --io float32."
        )


def holds_flex(content: bytes) -> bool:
    """Whether a `.tflite` holds operators that only TensorFlow has."""
    graph, codes = _parse(content)
    return any(_name(operator, codes).startswith("Flex") for operator in graph.operators)


def check_finite_ranges(calibrated: bytes) -> None:
    """Raise CalibrationError, naming the tensor, where an activation overflowed on a calibration image.

    Args:
        calibrated: A float32 file in which TensorFlow's calibrator noted smallest and largest values.
    """
    graph, _ = _parse(calibrated)
    for tensor in graph.tensors:
        ranges = tensor.quantization
        if ranges is None or ranges.min is None or ranges.max is None:
            continue
        smallest, largest = float(ranges.min[0]), float(ranges.max[0])
        if not -LARGEST_ACTIVATION < smallest <= largest < LARGEST_ACTIVATION:
            raise CalibrationError(
                f"'{tensor.name.decode()}' reaches values from {smallest:.3g} to {largest:.3g} on the calibration "
                f"images; no int8 range can hold that. Expected finite values. Check --input-range (does the model "
                f"want 0..1?), or replace the activation, or leave int8 out."
            )


def _computes_in_float(graph: Any, operator: Any, codes: list[Any]) -> bool:
    from ai_edge_litert.schema_py_generated import TensorType

    floats = {TensorType.FLOAT32, TensorType.FLOAT16}
    return _name(operator, codes) not in _BOUNDARY and any(graph.tensors[i].type in floats for i in operator.outputs)


def _parse(content: bytes) -> tuple[Any, list[Any]]:
    from ai_edge_litert.schema_py_generated import Model, ModelT

    model = ModelT.InitFromObj(Model.GetRootAs(content, 0))
    return model.subgraphs[0], model.operatorCodes


def _name(operator: Any, codes: list[Any]) -> str:
    from ai_edge_litert.schema_py_generated import BuiltinOperator

    code = codes[operator.opcodeIndex]
    if code.customCode:
        return str(code.customCode.decode())
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    return next(name for name, value in vars(BuiltinOperator).items() if value == number)
