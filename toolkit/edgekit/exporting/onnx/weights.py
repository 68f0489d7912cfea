"""ONNX files with smaller weights: float16, and int8 weights that are computed with in float32. Calibrates nothing.

`dynamic` stores int8 weights, and beside each a Cast and a Mul that make them float32 again. ONNX Runtime does that
once, when it loads the file, so that it runs as fast as the float32 file. `onnxruntime.quantization.quantize_dynamic`
is not used: its ranges are those of a whole batch, so that the scores of an image depend on its neighbours, and it
writes ConvInteger, which the small mobile packages lack and which is no faster than float32 on a processor.
"""

from typing import TYPE_CHECKING

from edgekit.exporting.onnx.graph import constants_of, is_last_softmax, product_axis
from edgekit.foundation.errors import ExportError

if TYPE_CHECKING:
    import numpy as np
    import onnx
    from numpy.typing import NDArray

MIN_NUMBERS = 1024
"""Smaller weights stay in float32, as they do in TFLite: they would save nothing and cost accuracy."""
LARGEST = 127
"""Of the symmetric int8 range."""


def in_half_precision(model: "onnx.ModelProto") -> "onnx.ModelProto":
    """A copy of `model` with weights and arithmetic in float16, input and output in float32.

    The softmax at the end stays in float32: scores in float16 would tie.

    Raises:
        ExportError: A weight is too large for float16.
    """
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    _check_fits_half(model)
    body = onnx.ModelProto()
    body.CopyFrom(model)
    softmax = body.graph.node[-1] if is_last_softmax(body.graph, body.graph.node[-1]) else None
    if softmax is not None:
        softmax = onnx.NodeProto.FromString(softmax.SerializeToString())
        del body.graph.node[-1]
        body.graph.output[0].name = softmax.input[0]
    result = convert_float_to_float16(body, keep_io_types=True)
    if softmax is not None:
        result.graph.node.append(softmax)
        result.graph.output[0].name = softmax.output[0]
    return result


def with_integer_weights(model: "onnx.ModelProto", *, is_per_channel: bool) -> "onnx.ModelProto":
    """A copy of `model` whose kernels are stored as int8, `weight = int8 * scale`.

    Args:
        model: A float32 graph.
        is_per_channel: One scale for each output channel, else one for each kernel.
    """
    import numpy as np
    import onnx

    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    constants, nodes, done = constants_of(graph), [], set()
    for node in graph.node:
        axis = product_axis(node)
        weights = None if axis is None else constants.get(node.input[1])
        if weights is not None and axis is not None and weights.size >= MIN_NUMBERS and node.input[1] not in done:
            scale = _scales(weights, axis if is_per_channel else None)
            stored = np.clip(np.rint(weights / scale), -LARGEST, LARGEST).astype(np.int8)
            nodes.extend(_restored(graph, node.input[1], stored, scale))
            done.add(node.input[1])
        nodes.append(onnx.NodeProto.FromString(node.SerializeToString()))
    kept = [onnx.TensorProto.FromString(e.SerializeToString()) for e in graph.initializer if e.name not in done]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    return result


def _restored(
    graph: "onnx.GraphProto", name: str, stored: "NDArray[np.int8]", scale: "NDArray[np.float32]"
) -> "list[onnx.NodeProto]":
    """The nodes that make the tensor called `name` of what is stored."""
    import onnx

    graph.initializer.append(onnx.numpy_helper.from_array(stored, f"{name}.int8"))
    graph.initializer.append(onnx.numpy_helper.from_array(scale, f"{name}.scale"))
    return [
        onnx.helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float32"], to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node("Mul", [f"{name}.float32", f"{name}.scale"], [name]),
    ]


def _scales(weights: "NDArray[np.float32]", axis: int | None) -> "NDArray[np.float32]":
    """The largest absolute value over LARGEST, float32, of `weights.ndim` dimensions; 1 where all weights are 0."""
    import numpy as np

    others = tuple(each for each in range(weights.ndim) if each != axis)
    largest = np.abs(weights).max(axis=others, keepdims=True)
    return np.where(largest > 0, largest / LARGEST, 1).astype(np.float32)


def _check_fits_half(model: "onnx.ModelProto") -> None:
    import numpy as np

    limit = float(np.finfo(np.float16).max)
    for name, values in constants_of(model.graph).items():
        if values.dtype == np.float32 and values.size and float(np.abs(values).max()) > limit:
            raise ExportError(
                f"No float16 file can be made: '{name}' holds {float(np.abs(values).max()):.4g}, and float16 ends at "
                f"{limit:,.0f}. Leave --float16 out for ONNX, or scale the layer."
            )
