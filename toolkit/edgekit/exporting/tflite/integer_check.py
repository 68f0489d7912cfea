"""Reads an int8 `.tflite` and checks that it is integer where it should be, with the requested input.

Knows nothing of how the file was made.
"""

from collections.abc import Sequence

from edgekit.exporting.tflite.float_islands import Island, kinds_in_words
from edgekit.exporting.tflite.graph import Graph
from edgekit.foundation.errors import ExportError


def check_strict(islands: Sequence[Island], title: str) -> None:
    """Raise ExportError, naming what the layers compute, if there is an operator in float: none was to be.

    Args:
        islands: What stays in float.
        title: What cannot be made: "int8".
    """
    if islands:
        raise ExportError(
            f"No {title} file without float operators can be made: {kinds_in_words(islands)} would lose its meaning in "
            f"256 steps, or has no integer form ({_where(islands)}). Replace it ({_REPLACEMENTS}), or omit "
            f"--strict-int8: the file then computes this part in float, and the export says so."
        )


def check_16_bits(islands: Sequence[Island]) -> None:
    """Raise ExportError, naming what the layers compute, if there are `islands`: 16 bits are too few for them."""
    if islands:
        raise ExportError(
            f"No int16x8 file can be made: {kinds_in_words(islands)} would lose its meaning in 16 bits too "
            f"({_where(islands)}), and TensorFlow's quantizer keeps no part of an int16x8 file in float. Replace it "
            f"({_REPLACEMENTS}), export int8, which keeps it in float, or try --quantizer ai-edge."
        )


def check_islands(islands: Sequence[Island], title: str) -> None:
    """Raise ExportError, naming operator and layer, if there is an operator in float that were not asked for.

    Args:
        islands: Those that were not asked for.
        title: What cannot be made: "int8".
    """
    if not islands:
        return
    operators = ", ".join(sorted({each.operator for each in islands}))
    layers = list(dict.fromkeys(layer for each in islands for layer in each.layers))
    raise ExportError(
        f"No {title} file can be made: LiteRT has no integer form of {operators} ({_where(islands)}). It would be "
        f"computed in float between integer layers. Replace the layer ({_REPLACEMENTS}), keep it in float with "
        f"--float-layers {','.join(layers) or 'LAYER'}, or export float16 or dynamic."
    )


_REPLACEMENTS = "ReLU for ELU, softplus and mish, BatchNormalization for LayerNormalization"


def _where(islands: Sequence[Island]) -> str:
    """The layers, the first five of them; the tensors if none is known."""
    layers = list(dict.fromkeys(layer for each in islands for layer in each.layers))
    more = f" and {len(layers) - 5} more" * (len(layers) > 5)
    return f"layer {', '.join(layers[:5])}{more}" if layers else "; ".join(each.output for each in islands[:3])


def check_no_loops(loops: Sequence[Island], title: str) -> None:
    """Raise ExportError, naming the layers, if there are `loops`: TensorFlow's int16x8 quantizer ends the process.

    Its int8 quantizer computes a loop in float, also if the layer is not named as one that stays in float, and
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
            f"{limits.min}, so that a camera's bytes go straight in. The layer after the input forces another range; "
            f"use --io float32."
        )


def holds_flex(content: bytes) -> bool:
    """Whether a `.tflite` holds operators that only TensorFlow has."""
    return any(operator.name.startswith("Flex") for operator in Graph(content).operators)
