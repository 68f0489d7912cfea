"""The kernels in a model file: zeros, distinct values, and what zipping makes of the whole file.

A kernel is the constant that a convolution or a dense layer multiplies with. Counts are of the numbers as they
are stored: int8 values in an int8 file. Reads files that `inspect_file` reads, and runs nothing.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Format
from edgekit.foundation.errors import ArtifactError, first_line_of
from edgekit.inspection.info import FileKernels, Kernel
from edgekit.inspection.model_file import check_format
from edgekit.inspection.tflite import model_object

__all__ = ["FileKernels", "Kernel", "inspect_kernels"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Found = tuple[str, NDArray[np.generic], int]
    """Name of a kernel, its stored values, the axis of its output channels."""


def inspect_kernels(path: Path) -> FileKernels:
    """Look at the kernels of the file at `path`; raises ArtifactError for what is not a model."""
    read = {Format.TFLITE: _in_tflite, Format.ONNX: _in_onnx}[check_format(path)]
    content = path.read_bytes()
    try:
        kernels = tuple(_describe(*found) for found in read(content))
    except Exception as error:  # the file is a stranger's: what the libraries raise on a damaged one is anybody's guess
        raise ArtifactError(
            f"The weights in {path} cannot be read: {first_line_of(error)}. Export the model again."
        ) from error
    return FileKernels(size_bytes=len(content), zipped_bytes=len(gzip.compress(content, 9, mtime=0)), kernels=kernels)


def _describe(name: str, values: "NDArray[np.generic]", axis: int) -> Kernel:
    import numpy as np

    channels = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
    return Kernel(
        name=name,
        dtype=str(values.dtype),
        num_weights=int(values.size),
        num_zeros=int((values == 0).sum()),
        num_distinct=len(np.unique(values)),
        num_distinct_in_a_channel=max(len(np.unique(channel)) for channel in channels),
    )


_TFLITE_AXES = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0, "TRANSPOSE_CONV": 0}


def _in_tflite(content: bytes) -> "Iterator[Found]":
    import numpy as np
    from ai_edge_litert.schema_py_generated import BuiltinOperator, TensorType

    model = model_object(content)
    operators = {number: name for name, number in vars(BuiltinOperator).items() if isinstance(number, int)}
    dtypes = {TensorType.FLOAT32: np.float32, TensorType.FLOAT16: np.float16, TensorType.INT8: np.int8}
    graph = model.subgraphs[0]

    def name_of(operator: Any) -> str:
        code = model.operatorCodes[operator.opcodeIndex]
        return operators.get(max(code.builtinCode, code.deprecatedBuiltinCode), "")

    unpacked = {each.outputs[0]: each.inputs[0] for each in graph.operators if name_of(each) == "DEQUANTIZE"}
    for operator in graph.operators:
        axis = _TFLITE_AXES.get(name_of(operator))
        if axis is None:
            continue
        tensor = graph.tensors[unpacked.get(operator.inputs[1], operator.inputs[1])]
        data = model.buffers[tensor.buffer].data
        if data is not None and tensor.type in dtypes:
            values = np.frombuffer(bytes(data), dtypes[tensor.type]).reshape(tensor.shape)
            yield tensor.name.decode(errors="replace"), values, axis


_UNPACKING = frozenset({"Cast", "DequantizeLinear", "Mul"})
"""What makes float weights of stored ones; int8 weights of a dynamic file: a Cast, and a Mul by their scale."""
_MOST_UNPACKING = 3
"""Nodes one after the other; a damaged graph may go round in a circle."""


def _in_onnx(content: bytes) -> "Iterator[Found]":
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(content).graph
    constants = {each.name: each for each in graph.initializer}
    unpacked = {node.output[0]: node.input[0] for node in graph.node if node.op_type in _UNPACKING}
    for node in graph.node:
        if node.op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul") or len(node.input) < 2:
            continue
        name = node.input[1]
        for _ in range(_MOST_UNPACKING):
            name = unpacked.get(name, name)
        if name in constants:
            yield name, numpy_helper.to_array(constants[name]), _onnx_axis(node)


def _onnx_axis(node: Any) -> int:
    """The axis of the output channels of a node's kernel."""
    if node.op_type == "Gemm":
        return 0 if any(each.name == "transB" and each.i for each in node.attribute) else 1
    return {"Conv": 0, "ConvTranspose": 1, "MatMul": -1}[str(node.op_type)]
