"""ONNX files with smaller weights: float16, and int8 weights that are computed with in float32. Calibrates nothing.

`dynamic` stores int8 weights, and beside each a Cast and a Mul that make them float32 again. ONNX Runtime does that
once, when it loads the file, so that it runs as fast as the float32 file. `onnxruntime.quantization.quantize_dynamic`
is not used. Its ranges are those of a whole batch, so that the scores of an image depend on its neighbours. It also
writes ConvInteger, which the small mobile packages lack and which is no faster than float32 on a processor.
"""

from typing import TYPE_CHECKING

from edgekit.exporting.onnx.graph import as_model, as_proto, constant_of, is_last_softmax, source_of
from edgekit.exporting.onnx.kernels_apart import kernels_apart, with_kernels
from edgekit.exporting.onnx.rewrites.int8_weights import Int8Weights
from edgekit.foundation.errors import ExportError

if TYPE_CHECKING:
    import onnx
    import onnx_ir as ir

PIECE = 2**20
"""Numbers that are rounded at once."""


def in_half_precision(model: "ir.Model") -> "ir.Model":
    """A copy of `model` with weights and arithmetic in float16, input and output in float32.

    The softmax at the end stays in float32: scores in float16 would tie.

    Raises:
        ExportError: A weight is too large for float16.
    """
    from onnxruntime.transformers.float16 import convert_float_to_float16

    _check_fits_half(model)
    body = model.clone()
    softmax = body.graph[-1] if is_last_softmax(body.graph[-1]) else None
    if softmax is not None:
        body.graph.outputs[0] = source_of(softmax)
        body.graph.remove(softmax)
    apart = kernels_apart(body)
    ends = [value.name for value in (*body.graph.inputs, *body.graph.outputs)]
    result = as_model(_with_each_cast_once(convert_float_to_float16(as_proto(apart.model), keep_io_types=ends)))
    with_kernels(result, {name: _in_half(kernel) for name, kernel in apart.kernels.items()})
    result.graph.sort()  # the converter appends its Casts at the end
    if softmax is not None:
        softmax.replace_input_with(0, result.graph.outputs[0])
        result.graph.append(softmax)
        result.graph.outputs[0] = softmax.outputs[0]
    return result


def _in_half(kernel: "ir.TensorProtocol") -> "ir.TensorProtocol":
    """A float32 tensor as ONNX Runtime's converter rounds it, a piece at a time: its own needs ten times the memory."""
    import numpy as np
    import onnx_ir as ir
    from onnxruntime.transformers.float16 import convert_np_to_float16

    values = kernel.numpy().reshape(-1)
    half = np.empty(values.shape, np.float16)
    for start in range(0, len(values), PIECE):
        half[start : start + PIECE] = convert_np_to_float16(values[start : start + PIECE])
    return ir.Tensor(half.reshape(kernel.shape.numpy()), name=kernel.name)


def _with_each_cast_once(proto: "onnx.ModelProto") -> "onnx.ModelProto":
    """`proto` without repeated Casts.

    Operators that ONNX Runtime's converter leaves in float32, as Max and Min, get a Cast in front. A tensor that
    several of them read gets several, which all write one name.
    """
    seen: set[str] = set()
    kept = []
    for node in proto.graph.node:
        if not seen.issuperset(node.output):
            kept.append(node)
        seen.update(node.output)
    del proto.graph.node[:]
    proto.graph.node.extend(kept)
    return proto


def with_integer_weights(model: "ir.Model", *, is_per_channel: bool) -> "ir.Model":
    """A copy of `model` whose kernels are stored as int8, `weight = int8 * scale`.

    Args:
        model: A float32 graph.
        is_per_channel: One scale for each output channel, else one for each kernel.
    """
    result = model.clone()
    Int8Weights(is_per_channel=is_per_channel).apply(result.graph)
    return result


def _check_fits_half(model: "ir.Model") -> None:
    import numpy as np

    limit = float(np.finfo(np.float16).max)
    for constant in model.graph.initializers.values():
        values = constant_of(constant)
        if values is None or values.dtype != np.float32 or not values.size:
            continue
        if (largest := max(float(values.max()), -float(values.min()))) > limit:
            raise ExportError(
                f"No float16 file can be made: '{constant.name}' holds {largest:.4g}, and the largest float16 is "
                f"{limit:,.0f}. Omit --float16 for ONNX, or scale the layer."
            )
