"""What `edgekit inspect` shows of one model file."""

from typing import TYPE_CHECKING

from edgekit.clients.onnxruntime_mobile import VERSION, missing_in_mobile
from edgekit.rendering.terminal.kernels_table import print_kernels
from edgekit.rendering.terminal.tables import Column, make_console, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from edgekit.artifact import TensorSpec
    from edgekit.inspection.info import ModelInfo, OperatorCount

FORMAT_NAMES = {"tflite": "LiteRT (TensorFlow Lite)", "onnx": "ONNX"}
MAX_CLASSES = 20
"""Class names that are shown; `--json` has all."""
KINDS = {
    "builtin": "",
    "flex": "needs TensorFlow's Flex kernels",
    "custom": "custom: needs the application's own kernel",
}


def print_model_info(info: "ModelInfo", console: "Console | None" = None) -> None:
    """Print `info` to stdout, or to `console`."""
    console = console or make_console()
    quantization = info.quantization
    facts = [
        ("file", f"{info.file}, {FORMAT_NAMES[info.format]}, {info.size_bytes:,} bytes"),
        ("arithmetic", quantization.verdict),
        ("", quantization.explanation),
        ("weights", _weights(info)),
        ("multiply-adds", "not known" if info.multiply_adds is None else f"{info.multiply_adds:,} per image"),
        ("conversions", _conversions(info)),
        *_arena(info),
        *_mobile(info),
        *info.metadata.items(),
        *_classes(info),
        ("SHA-256", info.sha256),
    ]
    print_table(None, [Column(name="MODEL", wrap=False), Column(name="")], facts, console=console)
    tensors = [
        *[_tensor_row("input", tensor) for tensor in info.inputs],
        *[_tensor_row("output", tensor) for tensor in info.outputs],
    ]
    columns: list[Column | str] = [
        "TENSOR",
        "name",
        "shape",
        "type",
        Column(name="scale", align="right"),
        Column(name="zero", align="right"),
    ]
    print_table(None, columns, tensors, console=console)
    operators = [_operator_row(operator, info) for operator in info.operators]
    print_table(None, ["OPERATOR", Column(name="count", align="right"), ""], operators, console=console)
    if info.kernels:
        print_kernels(info.kernels, console)


def shape_in_words(tensor: "TensorSpec") -> str:
    """`any x 32 x 32 x 3`: "any" if the file leaves a dimension open."""
    return " x ".join("any" if size is None else str(size) for size in tensor.shape) or "scalar"


def _classes(info: "ModelInfo") -> list[tuple[str, str]]:
    said = info.self_description
    if said is None or not said.class_names:
        return []
    more = f" and {len(said.class_names) - MAX_CLASSES:,} more" if len(said.class_names) > MAX_CLASSES else ""
    names = ", ".join(said.class_names[:MAX_CLASSES])
    return [("classes", f"{len(said.class_names):,} in {said.labels_source}: {names}{more}")]


def _weights(info: "ModelInfo") -> str:
    types = ", ".join(f"{dtype} {count:,}" for dtype, count in info.weights_by_dtype.items())
    channels = info.quantization.num_per_channel
    per_channel = f"; {channels} tensors with a scale for each channel" if channels else ""
    return f"{info.num_weights:,} numbers ({types}){per_channel}" if info.num_weights else "none"


def _arena(info: "ModelInfo") -> list[tuple[str, str]]:
    arena = info.arena
    return [("arena", f"{arena.num_bytes:,} bytes on a microcontroller ({arena.measured_with})")] if arena else []


def _mobile(info: "ModelInfo") -> list[tuple[str, str]]:
    """What ONNX Runtime's reduced package lacks; nothing for other formats."""
    if info.format != "onnx":
        return []
    missing = missing_in_mobile(info) or "has every operator and type of it"
    return [("onnxruntime-mobile", f"{VERSION}, a static check: {missing}")]


def _conversions(info: "ModelInfo") -> str:
    quantization = info.quantization
    return (
        f"Quantize {quantization.num_quantize}, Dequantize {quantization.num_dequantize}, "
        f"Transpose {quantization.num_transpose}"
    )


def _tensor_row(role: str, tensor: "TensorSpec") -> list[str]:
    scale = "" if tensor.scale is None else f"{tensor.scale:.6g}"
    zero_point = "" if tensor.zero_point is None else str(tensor.zero_point)
    return [role, tensor.name, shape_in_words(tensor), tensor.dtype, scale, zero_point]


def _operator_row(operator: "OperatorCount", info: "ModelInfo") -> list[str]:
    num_float = info.quantization.float_operators.get(operator.name, 0)
    computes = f"{num_float} in float" if num_float and info.quantization.num_integer else ""
    return [operator.name, str(operator.count), "; ".join(filter(None, [KINDS[operator.kind], computes]))]
