"""Weights are stored as int8 and made float32 again by two nodes.

    W  ->  float32(W8) * s        where s = max |W| / 127 and W8 = round(W / s)

The maximum is taken over each output channel, or over all weights; if all are 0, s is 1.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.exporting.onnx.graph import constant_of, graph_of, product_axis
from edgekit.exporting.onnx.rewrites.base import Rewrite, new_constant

if TYPE_CHECKING:
    import numpy as np
    import onnx_ir as ir
    from numpy.typing import NDArray

MIN_NUMBERS = 1024
"""Smaller weights stay in float32, as they do in TFLite: they would save nothing and cost accuracy."""
LARGEST = 127
"""Of the symmetric int8 range."""


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """The weights of one node.

    Attributes:
        value: Where the graph has them.
        weights: float32, of any number of dimensions.
        axis: Along which they have their output channels.
    """

    value: "ir.Value"
    weights: "NDArray[np.float32]"
    axis: int


class Int8Weights(Rewrite[Kernel]):
    """Begins at the convolution or product; weights that several nodes read are stored for the first.

    Args:
        is_per_channel: One scale for each output channel, else one for each kernel.
    """

    def __init__(self, *, is_per_channel: bool) -> None:
        self._is_per_channel = is_per_channel

    def match(self, node: "ir.Node") -> Kernel | None:
        """See `Rewrite.match`."""
        axis = product_axis(node)
        value = None if axis is None else node.inputs[1]
        weights = constant_of(value)
        if axis is None or value is None or weights is None or weights.size < MIN_NUMBERS:
            return None
        return Kernel(value=value, weights=weights, axis=axis)

    def rewrite(self, node: "ir.Node", match: Kernel) -> None:
        """See `Rewrite.rewrite`."""
        import numpy as np
        import onnx_ir as ir

        old, graph = match.value, graph_of(node)
        scale = _scale(match.weights, match.axis if self._is_per_channel else None)
        scaled = match.weights / scale
        np.clip(np.rint(scaled, out=scaled), -LARGEST, LARGEST, out=scaled)
        stored = scaled.astype(np.int8)
        graph.initializers.pop(old.name or "")
        cast = ir.node("Cast", [new_constant(graph, f"{old.name}.int8", stored)], {"to": ir.DataType.FLOAT.value})
        mul = ir.node("Mul", [cast.outputs[0], new_constant(graph, f"{old.name}.scale", scale)])
        cast.outputs[0].name, mul.outputs[0].name = f"{old.name}.float32", old.name
        old.replace_all_uses_with(mul.outputs[0])
        graph.insert_before(node, [cast, mul])


def _scale(weights: "NDArray[np.float32]", axis: int | None) -> "NDArray[np.float32]":
    """The largest absolute value over LARGEST, float32, of `weights.ndim` dimensions; 1 if all weights are 0."""
    import numpy as np

    others = tuple(each for each in range(weights.ndim) if each != axis)
    largest = np.maximum(weights.max(axis=others, keepdims=True), -weights.min(axis=others, keepdims=True))
    return np.where(largest > 0, largest / LARGEST, 1).astype(np.float32)
