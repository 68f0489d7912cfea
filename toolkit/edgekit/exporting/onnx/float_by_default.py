"""The nodes of a float ONNX graph that stay in float in its int8 file by default. Makes no file.

ONNX Runtime's quantizer leaves roots, divisions, exponentials and means in float by itself, but not the sums and
products beside them. The rules are those of `.tflite` files (`edgekit.exporting.tflite.float_by_default`):

- All nodes without weights of a layer that normalizes stay in float together.
- A normalization magnifies what is small in its input. So the sums that it reads stay in float, and so does the first
  layer with weights if nothing but sums lies between: a transformer's stream of sums is in float from end to end.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from edgekit.exporting.onnx.graph import product_axis
from edgekit.exporting.onnx.rewrites.settled_names import MOVERS

if TYPE_CHECKING:
    import onnx_ir as ir

NORMALIZING = frozenset({"GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"})
"""Layers of Keras that divide by a deviation, of which 256 steps make 0 if it is small."""
_DIVIDING = frozenset({"Div", "Pow", "Reciprocal", "Sqrt"})
_POOLING = frozenset({"GlobalAveragePool", "ReduceMean", "ReduceSum"})
_SUMS = frozenset({"Add", "Sub"})
_PASSED = MOVERS | {"Pad", "Flatten", "Expand", "Tile", "Split"}
"""Operators that hand numbers on as they are."""


def nodes_in_float(
    graph: "ir.Graph", owners: Callable[[str], Sequence[str]], normalizing: Collection[str]
) -> frozenset[str]:
    """The names of these nodes; empty for a network of convolutions and ReLU.

    Args:
        graph: A float32 graph in canonical form.
        owners: For a node's name the layers that it comes from.
        normalizing: Names of the nodes of layers that are known to normalize.
    """
    found = frozenset(normalizing) | frozenset(_of_own_normalizations(graph, owners))
    read = [value for node in graph if node.name in found for value in node.inputs if value is not None]
    return found | {node.name or "" for node in _summed_before(read, found)}


def _of_own_normalizations(graph: "ir.Graph", owners: Callable[[str], Sequence[str]]) -> Iterator[str]:
    """The nodes without weights of layers of a user's own that divide by something that they have averaged."""
    by_layer: dict[str, list[ir.Node]] = {}
    for node in graph:
        for layer in owners(node.name or ""):
            by_layer.setdefault(layer, []).append(node)
    for nodes in by_layer.values():
        kinds = {node.op_type for node in nodes}
        if kinds & _DIVIDING and kinds & _POOLING:
            yield from (node.name or "" for node in nodes if not _has_weights(node))


def _summed_before(read: "Iterable[ir.Value]", found: frozenset[str]) -> "Iterator[ir.Node]":
    """The sums that make the tensors `read`, and the first layer with weights if only sums lie between."""
    waiting, seen = list(read), set[str]()
    while waiting:
        maker = waiting.pop().producer()
        if maker is None or maker.name in seen or maker.name in found:
            continue
        seen.add(maker.name or "")
        if maker.op_type in _SUMS | _PASSED:
            waiting += [value for value in maker.inputs if value is not None]
            yield maker
        elif _has_weights(maker) and _reads_pixels(maker):
            yield maker


def _reads_pixels(node: "ir.Node") -> bool:
    """Whether no node with weights lies between the input of the graph and `node`."""
    waiting, seen = [value for value in node.inputs if value is not None], set[str]()
    while waiting:
        maker = waiting.pop().producer()
        if maker is None or maker.name in seen:
            continue
        if _has_weights(maker):
            return False
        seen.add(maker.name or "")
        waiting += [value for value in maker.inputs if value is not None]
    return True


def _has_weights(node: "ir.Node") -> bool:
    """Whether a node multiplies and adds up: where the time of a network is."""
    return node.op_type == "ConvTranspose" or product_axis(node) is not None
