"""The graph takes (N, C, H, W) instead of (N, H, W, C), and a Transpose makes the one of the other.

    g(x)  ->  g(T(x'))        where T(x') = x

The Transpose is there to be taken away by `cancel_transposes`, which a network that convolves first allows.
"""

from typing import TYPE_CHECKING

from edgekit.exporting.onnx.graph import sizes_of
from edgekit.exporting.onnx.rewrites.transposes import TO_LAST

if TYPE_CHECKING:
    import onnx_ir as ir


def take_channels_first(graph: "ir.Graph") -> None:
    """Turn the only input of `graph`, and turn it back after it."""
    import onnx_ir as ir

    pixels = graph.inputs[0]
    _, height, width, channels = sizes_of(pixels)
    pixels.shape = ir.Shape([pixels.shape[0] if pixels.shape else None, channels, height, width])
    name = f"{pixels.name}/channels_last"
    back = ir.node("Transpose", [pixels], attributes={"perm": TO_LAST}, name=name)
    back.outputs[0].name = name
    for node, index in pixels.uses():
        if node is not back:
            node.replace_input_with(index, back.outputs[0])
    graph.insert_before(graph[0], back)
