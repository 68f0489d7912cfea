"""The logits are not rounded to 256 steps, which made ties.

    softmax(dequantize(quantize(x)))  ->  softmax(x)        dequantize(quantize(x))  ->  x

if that is what the graph gives. The last layer adds up in integers anyway.
"""

from typing import TYPE_CHECKING

from edgekit.exporting.onnx.graph import graph_of, is_last_softmax, source_of
from edgekit.exporting.onnx.rewrites.base import Rewrite

if TYPE_CHECKING:
    import onnx_ir as ir


class FloatLogits(Rewrite["ir.Node"]):
    """Begins at the DequantizeLinear that the last softmax reads, or that the graph ends in; matches QuantizeLinear."""

    def match(self, node: "ir.Node") -> "ir.Node | None":
        """See `Rewrite.match`."""
        if node.op_type != "DequantizeLinear" or not _is_last(node):
            return None
        quantize = source_of(node).producer()
        return quantize if quantize is not None and quantize.op_type == "QuantizeLinear" else None

    def rewrite(self, node: "ir.Node", match: "ir.Node") -> None:
        """See `Rewrite.rewrite`."""
        exact, rounded, graph = source_of(match), node.outputs[0], graph_of(node)
        if rounded.is_graph_output():
            exact.name, exact.shape, exact.type = rounded.name, rounded.shape, rounded.type
        rounded.replace_all_uses_with(exact, replace_graph_outputs=True)
        graph.remove([node, match], safe=True)
        for name in [name for name, constant in graph.initializers.items() if not constant.uses()]:
            del graph.initializers[name]


def _is_last(node: "ir.Node") -> bool:
    """Whether what `node` gives are the logits."""
    value = node.outputs[0]
    return value.is_graph_output() or any(is_last_softmax(reader) for reader in value.consumers())
