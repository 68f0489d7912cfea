"""A multiplication after a convolution goes into the kernel, as TensorFlow's own optimizer has it.

    conv(x, W) * c  ->  conv(x, W * c)        where c is a constant per channel and nobody else reads conv(x, W)

This is what is left of a batch normalization. TensorFlow does it (MulConvPushDown in its constant_folding.cc) if W
is a constant, so it has to be done here for the weights that are placeholders. The new convolution has the name of the
multiplication there too.
"""

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


CONVOLUTIONS = frozenset({"Conv2D", "Conv3D"})


def scale_kernels(graph: Any, carried: "dict[str, NDArray[Any]]") -> None:
    """Make this change to a GraphDef wherever it applies.

    Args:
        graph: After TensorFlow's optimizer.
        carried: The weights that are placeholders in it, by name; a scaled kernel is added under a new name.
    """
    nodes = {node.name: node for node in graph.node}
    readers = Counter(_name(source) for node in graph.node for source in node.input)
    for product in list(graph.node):
        if (found := _match(product, nodes, readers, carried)) is None:
            continue
        convolution, kernel, factor = found
        scaled = _placeholder(graph, f"{convolution.name}/scaled_kernel", nodes[kernel])
        carried[scaled] = carried[kernel] * factor.reshape(-1)
        convolution.input[1] = scaled
        for node in (product, convolution):
            del nodes[node.name]
        graph.node.remove(product)
        convolution.name = product.name
        nodes[convolution.name] = convolution


def _match(
    product: Any, nodes: dict[str, Any], readers: Counter[str], carried: "dict[str, NDArray[Any]]"
) -> "tuple[Any, str, NDArray[Any]] | None":
    """The convolution, the name of its kernel and the factor of a multiplication; None if it is something else."""
    import tensorflow as tf

    if product.op != "Mul":
        return None
    operands = [nodes.get(_name(each)) for each in product.input[:2]]
    for convolution, constant in (operands, operands[::-1]):
        if convolution is None or constant is None or convolution.op not in CONVOLUTIONS or constant.op != "Const":
            continue
        kernel = _origin(_name(convolution.input[1]), nodes)
        is_alone = readers[convolution.name] == 1
        factor = tf.make_ndarray(constant.attr["value"].tensor)
        if is_alone and kernel in carried and factor.size in (1, carried[kernel].shape[-1]):
            is_last = factor.size == 1 or factor.shape[-1] == factor.size
            return (convolution, kernel, factor) if is_last and _is_channels_last(convolution) else None
    return None


def _is_channels_last(convolution: Any) -> bool:
    return convolution.attr["data_format"].s in (b"NHWC", b"NDHWC", b"")


def _origin(name: str, nodes: dict[str, Any]) -> str:
    """What a chain of Identity nodes passes on."""
    while name in nodes and nodes[name].op == "Identity":
        name = _name(nodes[name].input[0])
    return name


def _name(source: str) -> str:
    """The node of "node", "node:0" and "^node"."""
    return source.removeprefix("^").partition(":")[0]


def _placeholder(graph: Any, name: str, like: Any) -> str:
    """Add a placeholder beside `like`, of the same type and shape; its name."""
    node = graph.node.add()
    node.CopyFrom(like)
    node.name = name
    return name
