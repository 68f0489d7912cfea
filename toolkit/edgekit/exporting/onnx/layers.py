"""Which nodes of an ONNX graph a Keras layer became. Knows no file.

Most nodes say it in their names. A convolution into which batch normalization was folded has lost its own: it is
known by its weights, which differ from the layer's only by a factor for each output channel.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.layer_names import ROOT, LayerNames
from edgekit.exporting.onnx.graph import constant_of, product_axis
from edgekit.exporting.onnx.rewrites.settled_names import MOVERS
from edgekit.quantization.sensitivity import CHANNEL_AXES, kernels_of

if TYPE_CHECKING:
    import keras
    import numpy as np
    import onnx_ir as ir
    from numpy.typing import NDArray

TOLERANCE = 1e-4
"""Of a weight, in parts of its channel's root of the sum of squares; folding rounds to float32."""


def nodes_of_layers(
    graph: "ir.Graph", layers: Sequence[str], model: "keras.Model", names: LayerNames
) -> dict[str, frozenset[str]]:
    """For each of `layers` the names of its nodes; empty for a layer without any.

    Args:
        graph: A float32 graph in canonical form.
        layers: Names of layers of `model`.
        model: What the graph was made of.
        names: Of its layers.
    """
    computing = (node.name or "" for node in graph if node.op_type not in MOVERS)
    by_name = {name: names.of(path_of(name, names)) for name in computing}
    profiles = _profiles_of_nodes(graph)
    found = {layer: {node for node, owners in by_name.items() if layer in owners} for layer in layers}
    for layer in model._flatten_layers(include_self=False):
        if layer.name in found:
            kernels = [_profile_of_layer(layer, kernel) for kernel in kernels_of(layer)]
            same = (name for name, profile in profiles.items() if any(_is_same(each, profile) for each in kernels))
            found[layer.name].update(same)
    return {layer: frozenset(nodes) for layer, nodes in found.items()}


def path_of(name: str, names: LayerNames) -> str:
    """The path that a node's name was before the exporter's own root was taken off: numbered as the model's name is."""
    return f"{ROOT}/{name}" if name.partition("/")[0] == names.model_name else f"{ROOT}_1/{name}"


def _profiles_of_nodes(graph: "ir.Graph") -> "dict[str, NDArray[np.float32]]":
    found = {}
    for node in graph:
        axis = 1 if node.op_type == "ConvTranspose" else product_axis(node)
        if axis is not None and (weights := constant_of(node.inputs[1])) is not None:
            found[node.name or ""] = _profile(weights, (axis,))
    return found


def _profile_of_layer(layer: Any, kernel: Any) -> "NDArray[np.float32]":
    import numpy as np

    is_depthwise = kernel is getattr(layer, "depthwise_kernel", None)
    axes = (-2, -1) if is_depthwise else CHANNEL_AXES.get(type(layer).__name__, (-1,))
    return _profile(np.asarray(kernel), axes)


def _profile(weights: "NDArray[Any]", channel_axes: tuple[int, ...]) -> "NDArray[np.float32]":
    """What stays when channels are multiplied and layouts turned: float32 (channels, weights of one), each row rising.

    |w| / sqrt(sum w^2) of each output channel, sorted; 0 throughout for a channel of zeros.
    """
    import numpy as np

    axes = sorted(axis % weights.ndim for axis in channel_axes)
    num_channels = int(np.prod([weights.shape[axis] for axis in axes]))
    rows = np.moveaxis(weights, axes, range(len(axes))).reshape(num_channels, -1).astype(np.float64)
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.sort(np.abs(rows) / np.where(lengths > 0, lengths, 1), axis=1).astype(np.float32)


def _is_same(layer: "NDArray[np.float32]", node: "NDArray[np.float32]") -> bool:
    """Whether two profiles are of the same weights; a channel that folding has multiplied by 0 may have been any."""
    if layer.shape != node.shape:
        return False
    kept = node.any(axis=1)
    return bool(kept.any() and (abs(layer - node)[kept] <= TOLERANCE).all())
