"""What a rewrite at one node is: `match` looks and changes nothing, `rewrite` changes the graph. Knows no rewrite."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from edgekit.exporting.onnx.graph import graph_of, source_of

if TYPE_CHECKING:
    import onnx_ir as ir
    from numpy.typing import NDArray

Match = TypeVar("Match")
"""What `match` finds and `rewrite` needs."""


class Rewrite(ABC, Generic[Match]):
    """One change, wherever in a graph it applies."""

    @abstractmethod
    def match(self, node: "ir.Node") -> Match | None:
        """What the change needs to know where it begins at `node`; None if it does not."""

    @abstractmethod
    def rewrite(self, node: "ir.Node", match: Match) -> None:
        """Carry it out."""

    def apply(self, graph: "ir.Graph") -> int:
        """Try every node once, in the graph's order; how often the change was made."""
        count = 0
        for node in tuple(graph):
            if node.graph is graph and (match := self.match(node)) is not None:  # else an earlier change took it out
                self.rewrite(node, match)
                count += 1
        return count


def bypass(node: "ir.Node") -> None:
    """Remove `node`; the consumers of its output, which is not an output of the graph, read its first input."""
    node.outputs[0].replace_all_uses_with(source_of(node))
    graph_of(node).remove(node, safe=True)


def new_constant(graph: "ir.Graph", name: str, values: "NDArray[Any]") -> "ir.Value":
    """A constant of `graph`, called `name` or, if there is such a constant already, something longer."""
    import onnx_ir as ir

    while name in graph.initializers:
        name += "'"
    tensor = ir.tensor(values, name=name)
    value = ir.Value(name=name, shape=ir.Shape(values.shape), type=ir.TensorType(tensor.dtype), const_value=tensor)
    graph.register_initializer(value)
    return value
