"""Fewer Transpose nodes: ONNX convolves (N, C, H, W), Keras (N, H, W, C). Changes the order of weights, no arithmetic.

A plain network needs one Transpose, behind the pixels, or none if it takes (N, 3, H, W). tf2onnx leaves another one
before every Flatten; here the rows of the dense layer behind it change places instead.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.classifier import INPUT_NAME

if TYPE_CHECKING:
    import numpy as np
    import onnx
    from numpy.typing import NDArray

TO_LAST = (0, 2, 3, 1)
"""Transposes (N, C, H, W) to (N, H, W, C)."""

_ONE_BY_ONE = {"Clip", "Elu", "HardSigmoid", "HardSwish", "LeakyRelu", "Relu", "Selu", "Sigmoid", "Softplus", "Tanh"}
"""Operators that treat every number alike; what they have besides one tensor are scalars."""
_WITH_CONSTANT = {"Add", "Div", "Mul", "Sub"}
_PRODUCTS = {"Gemm", "MatMul"}


def without_needless_transposes(model: "onnx.ModelProto") -> "onnx.ModelProto":
    """A copy of `model` in which Transpose nodes cancel each other, or vanish into the dense layer behind a Flatten.

    Args:
        model: In the form of `edgekit.exporting.onnx.canonical_form.in_canonical_form`.
    """
    graph = _Graph(model)
    for node in [each for each in graph.proto.node if each.op_type == "Transpose"]:
        _remove(graph, node)
    return graph.model


def with_channels_first(model: "onnx.ModelProto") -> "onnx.ModelProto":
    """A copy of `model` whose input is (N, 3, H, W) instead of (N, H, W, 3), with no Transpose where that can be."""
    import onnx

    graph = _Graph(model)
    dims = graph.proto.input[0].type.tensor_type.shape.dim
    height, width, channels = (dims[axis].dim_value for axis in (1, 2, 3))
    for axis, size in ((1, channels), (2, height), (3, width)):
        dims[axis].dim_value = size
    as_before = f"{INPUT_NAME}/channels_last"
    for node in graph.proto.node:
        node.input[:] = [as_before if name == INPUT_NAME else name for name in node.input]
    back = onnx.helper.make_node("Transpose", [INPUT_NAME], [as_before], name=as_before, perm=TO_LAST)
    graph.proto.node.insert(0, back)
    return without_needless_transposes(graph.model)


class _Graph:
    """A copy of one model, with what stands before and behind each tensor looked up in it."""

    def __init__(self, model: "onnx.ModelProto") -> None:
        import onnx

        self.model = onnx.ModelProto()
        self.model.CopyFrom(model)
        self.proto = self.model.graph
        self.shapes = {
            value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            for value in (
                *onnx.shape_inference.infer_shapes(model).graph.value_info,
                *model.graph.input,
                *model.graph.output,
            )
        }

    def readers(self, name: str) -> "list[onnx.NodeProto]":
        """The nodes that read the tensor called `name`."""
        return [node for node in self.proto.node if name in node.input]

    def only_reader(self, name: str) -> "onnx.NodeProto | None":
        """The one node that reads a tensor; None where there are several, or the graph gives it as its output."""
        readers = self.readers(name)
        return readers[0] if len(readers) == 1 and name != self.proto.output[0].name else None

    def constant(self, name: str) -> "NDArray[np.float32] | None":
        """The values of a constant; None for a tensor that is computed."""
        import onnx

        found = next((each for each in self.proto.initializer if each.name == name), None)
        return None if found is None else onnx.numpy_helper.to_array(found)

    def set_constant(self, node: "onnx.NodeProto", at: int, values: "NDArray[Any]") -> None:
        """Give `node` a constant of its own as input number `at`; others may go on using the old one."""
        import numpy as np
        import onnx

        name = f"{node.output[0]}.reordered{at}"
        self.proto.initializer.append(onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        node.input[at] = name

    def bypass(self, node: "onnx.NodeProto") -> None:
        """Take `node` out; its readers read its first input."""
        for reader in self.readers(node.output[0]):
            reader.input[:] = [node.input[0] if name == node.output[0] else name for name in reader.input]
        self.proto.node.remove(node)


Change = Callable[[], None]


def _remove(graph: _Graph, transpose: "onnx.NodeProto") -> None:
    """Follow what `transpose` gives to where its order no longer matters; change everything on the way, or nothing."""
    order = _order_of(transpose)
    changes: list[Change] = []
    name = transpose.output[0]
    while True:
        node = graph.only_reader(name)
        if node is None:
            return
        if node.op_type == "Transpose" and [order[axis] for axis in _order_of(node)] == list(range(len(order))):
            changes.append(partial(graph.bypass, node))
            break
        if node.op_type == "Reshape" and order == list(TO_LAST):
            flattened = list(_behind_flatten(graph, node, name))
            if not flattened:
                return
            changes.extend(flattened)
            break
        change = _elementwise(graph, node, name, order)
        if change is None:
            return
        changes.append(change)
        name = node.output[0]
    for change in changes:
        change()
    graph.bypass(transpose)


def _elementwise(graph: _Graph, node: "onnx.NodeProto", name: str, order: list[int]) -> Change | None:
    """What makes an operator of single numbers do the same before the Transpose; None where it is another operator."""
    if node.op_type in _ONE_BY_ONE:
        return lambda: None
    if node.op_type not in _WITH_CONSTANT:
        return None
    at = 1 if node.input[0] == name else 0
    values = graph.constant(node.input[at])
    if values is None or values.ndim > len(order):
        return None
    if values.size == 1:
        return lambda: None
    whole = values.reshape([1] * (len(order) - values.ndim) + list(values.shape))
    back = [order.index(axis) for axis in range(len(order))]
    return lambda: graph.set_constant(node, at, whole.transpose(back))


def _behind_flatten(graph: _Graph, reshape: "onnx.NodeProto", name: str) -> Iterator[Change]:
    """What reorders everything between a Flatten of (N, H, W, C) and the next dense layer; nothing where that fails.

    A dense layer at every place of an image is reshaped too, to (N * H * W, C): that is no Flatten.
    """
    places = graph.shapes.get(name, [])[1:]
    size = graph.shapes.get(reshape.output[0], [])[1:]
    if len(places) != 3 or 0 in places or size != [_size(places)]:
        return
    changes: list[Change] = []
    name = reshape.output[0]
    while (node := graph.only_reader(name)) is not None:
        if node.op_type in _PRODUCTS:
            if (change := _product(graph, node, name, places)) is not None:
                yield from (*changes, change)
            return
        if (change := _vector(graph, node, name, places)) is None:
            return
        changes.append(change)
        name = node.output[0]


def _vector(graph: _Graph, node: "onnx.NodeProto", name: str, places: list[int]) -> Change | None:
    if node.op_type in _ONE_BY_ONE:
        return lambda: None
    at = 1 if node.input[0] == name else 0
    values = graph.constant(node.input[at]) if node.op_type in _WITH_CONSTANT else None
    if values is None:
        return None
    if values.size == 1:
        return lambda: None
    if values.shape[-1] != _size(places) or values.size != values.shape[-1]:
        return None
    return lambda: graph.set_constant(node, at, _channels_first(values.reshape(-1), places, axis=0))


def _product(graph: _Graph, node: "onnx.NodeProto", name: str, places: list[int]) -> Change | None:
    options = {each.name: each for each in node.attribute}
    weights = graph.constant(node.input[1])
    if node.input[0] != name or weights is None or weights.ndim != 2 or ("transA" in options and options["transA"].i):
        return None
    axis = 1 if "transB" in options and options["transB"].i else 0
    return lambda: graph.set_constant(node, 1, _channels_first(weights, places, axis))


def _channels_first(values: "NDArray[Any]", places: list[int], axis: int) -> "NDArray[Any]":
    """Put the numbers along `axis`, one for each of (H, W, C), into the order of (C, H, W)."""
    import numpy as np

    order = np.arange(_size(places)).reshape(places).transpose(2, 0, 1).reshape(-1)
    return np.take(values, order, axis=axis)


def _size(places: list[int]) -> int:
    return places[0] * places[1] * places[2]


def _order_of(transpose: "onnx.NodeProto") -> list[int]:
    return list(transpose.attribute[0].ints) if transpose.attribute else []
