"""Operators that treat every number alike, so that the order of the numbers may change before them or after them.

f(x) with scalars, and x + c, x - c, x * c, x / c with a constant c. If the numbers of x change places, those of c have
to change places in the same way, and nothing else does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgekit.exporting.onnx.graph import constant_of, graph_of, only_reader
from edgekit.exporting.onnx.rewrites.base import new_constant

if TYPE_CHECKING:
    import onnx_ir as ir
    from numpy.typing import NDArray

UNARY = {"Clip", "Elu", "HardSigmoid", "HardSwish", "LeakyRelu", "Relu", "Selu", "Sigmoid", "Softplus", "Tanh"}
"""What they have besides one tensor are scalars."""
WITH_CONSTANT = {"Add", "Div", "Mul", "Sub"}

Reorder = Callable[["NDArray[Any]"], "NDArray[Any] | None"]
"""Brings the numbers of a constant into the new order; None for a constant for which there is none."""


@dataclass(frozen=True, kw_only=True)
class NewConstant:
    """Other numbers for input number `index` of `node`."""

    node: "ir.Node"
    index: int
    values: "NDArray[Any]"

    def put(self) -> None:
        """Give the node a constant of its own; other nodes may go on using the old one."""
        name = f"{self.node.outputs[0].name}.reordered{self.index}"
        self.node.replace_input_with(self.index, new_constant(graph_of(self.node), name, self.values))


@dataclass(frozen=True, kw_only=True)
class Chain:
    """What is between a tensor and the first operator that is of another kind.

    Attributes:
        constants: What the operators between need in the new order.
        source: The tensor after the last of them.
        end: What reads it.
    """

    constants: tuple[NewConstant, ...]
    source: "ir.Value"
    end: "ir.Node"


def follow(value: "ir.Value", reorder: Reorder) -> Chain | None:
    """The operators after `value` that treat every number alike; None if a tensor on the way is read twice."""
    constants: list[NewConstant] = []
    while (node := only_reader(value)) is not None:
        found = _reordered(node, value, reorder)
        if found is None:
            return Chain(constants=tuple(constants), source=value, end=node)
        constants.extend(found)
        value = node.outputs[0]
    return None


def _reordered(node: "ir.Node", value: "ir.Value", reorder: Reorder) -> tuple[NewConstant, ...] | None:
    """What `node` needs in the new order, often nothing; None if it does not treat every number alike."""
    if node.op_type in UNARY:
        return ()
    if node.op_type not in WITH_CONSTANT:
        return None
    index = 1 if node.inputs[0] is value else 0
    values = constant_of(node.inputs[index])
    moved = None if values is None else reorder(values)
    if values is None or moved is None:
        return None
    return (NewConstant(node=node, index=index, values=moved),) if values.size > 1 else ()
