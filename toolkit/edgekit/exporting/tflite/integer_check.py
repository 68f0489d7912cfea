"""Reads an int8 `.tflite` back: is it integer where it should be, and is its input what was asked for?

Knows nothing of how the file was made.
"""

from collections.abc import Sequence

from edgekit.exporting.tflite.float_islands import Island
from edgekit.exporting.tflite.graph import Graph
from edgekit.foundation.errors import ExportError


def check_islands(islands: Sequence[Island], title: str) -> None:
    """Raise ExportError, naming operator and layer, if there is an operator in float that nobody asked for.

    Args:
        islands: Those that nobody asked for.
        title: What cannot be made: "int8".
    """
    if not islands:
        return
    operators = ", ".join(sorted({each.operator for each in islands}))
    layers = list(dict.fromkeys(layer for each in islands for layer in each.layers))
    more = f" and {len(layers) - 5} more" * (len(layers) > 5)
    where = f"layer {', '.join(layers[:5])}{more}" if layers else "; ".join(each.output for each in islands[:3])
    raise ExportError(
        f"No {title} file can be made: LiteRT has no integer form of {operators} ({where}). It would be computed in "
        f"float between integer layers. Replace the layer (ReLU for ELU, BatchNormalization for LayerNormalization), "
        f"keep it in float with --float-layers {','.join(layers) or 'LAYER'}, or export float16 or dynamic."
    )


def check_no_loops(loops: Sequence[Island], title: str) -> None:
    """Raise ExportError, naming the layers, if there are `loops`: TensorFlow's int16x8 quantizer ends the process.

    Its int8 quantizer computes a loop in float, also where the layer is not named as one that stays in float, and
    ai-edge-quantizer finds no ranges in it.
    """
    if loops:
        layers = ", ".join(dict.fromkeys(layer for each in loops for layer in each.layers)) or loops[0].output
        raise ExportError(
            f"No {title} file can be made: {', '.join(sorted({each.operator for each in loops}))} (layer {layers}) is "
            f"control flow, which no quantizer takes to integers. Build the layer without a loop (unroll=True), or "
            f"export float16 or dynamic."
        )


def check_pixel_input(content: bytes, io: str) -> None:
    """Raise ExportError unless an input of type `io` ("uint8", "int8") takes a camera's bytes: steps of exactly 1."""
    import numpy as np

    tensor, limits = Graph(content).input, np.iinfo(io)
    scale, zero_point = float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])
    if (scale, zero_point) != (1.0, limits.min):
        raise ExportError(
            f"The int8 file's input came out with scale {scale} and zero point {zero_point}. Expected exactly 1.0 and "
            f"{limits.min}, so that a camera's bytes go straight in. The layer behind the input forces another range; "
            f"use --io float32."
        )


def holds_flex(content: bytes) -> bool:
    """Whether a `.tflite` holds operators that only TensorFlow has."""
    return any(operator.name.startswith("Flex") for operator in Graph(content).operators)
