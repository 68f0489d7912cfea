"""Removes the large kernels of a graph for a tool that does not read their numbers, and puts them back.

ONNX Runtime's tools copy every weight several times, in memory and on the disk. Here a kernel becomes an input of the
graph, of the same name, type and shape, and a constant again after the tool.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.exporting.onnx.graph import only_reader

if TYPE_CHECKING:
    import onnx_ir as ir

MIN_BYTES = 2**16
"""Smaller weights stay: they cost little."""

READERS = frozenset({"Conv", "Gemm", "MatMul"})
"""Operators of which input 1 is a kernel."""

_ARITHMETIC = frozenset({"Add", "BatchNormalization", "Div", "Mul", "Sub"})
"""What ONNX Runtime may fold into the kernel of the operator before it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Apart:
    """A graph and its kernels.

    Attributes:
        model: The graph, with an input instead of each kernel.
        kernels: By name.
    """

    model: "ir.Model"
    kernels: "dict[str, ir.TensorProtocol]"


def kernels_apart(model: "ir.Model", *, to_fold: bool = False) -> Apart:
    """`model` without its large kernels; itself unchanged.

    Args:
        model: Shares its weights with what comes out.
        to_fold: Keep the kernels in which the arithmetic after them may vanish.
    """
    result = model.clone()
    graph = result.graph
    kernels = {}
    for name, value in list(graph.initializers.items()):
        tensor = value.const_value
        if tensor is None or tensor.nbytes < MIN_BYTES or not _is_kernel(value, to_fold=to_fold):
            continue
        kernels[name] = tensor
        graph.initializers.pop(name)
        value.const_value = None
        graph.inputs.append(value)
    return Apart(model=result, kernels=kernels)


def with_kernels(model: "ir.Model", kernels: "dict[str, ir.TensorProtocol]") -> "ir.Model":
    """`model` itself, with constants instead of the inputs that are called as `kernels`."""
    import onnx_ir as ir

    graph = model.graph
    for value in [each for each in graph.inputs if each.name in kernels]:
        graph.inputs.remove(value)
        tensor = kernels[value.name or ""]
        value.const_value, value.type = tensor, ir.TensorType(tensor.dtype)
        graph.register_initializer(value)
    return model


def _is_kernel(value: "ir.Value", *, to_fold: bool) -> bool:
    reader = only_reader(value)
    if reader is None or reader.op_type not in READERS or list(reader.inputs).index(value) != 1:
        return False
    return not (to_fold and _may_be_folded(reader))


def _may_be_folded(reader: "ir.Node") -> bool:
    """Whether arithmetic follows that may go into the kernel; that of a dense layer's bias goes beside it."""
    behind = [node for node, _ in reader.outputs[0].uses() if node.op_type in _ARITHMETIC]
    if reader.op_type == "MatMul":
        biases = [node for node in behind if node.op_type == "Add"]
        after = [node for each in biases for node, _ in each.outputs[0].uses()]
        return any(node.op_type == "BatchNormalization" for node in [*behind, *after])
    return any(node.op_type == "BatchNormalization" or _has_constant(node) for node in behind)


def _has_constant(node: "ir.Node") -> bool:
    return any(value is not None and value.const_value is not None for value in node.inputs)
