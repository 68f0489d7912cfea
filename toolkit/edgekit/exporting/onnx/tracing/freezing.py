"""A traced network as TensorFlow's frozen graph, in which large weights are placeholders. Knows nothing of ONNX.

It is what `tf2onnx.tf_loader.from_function` makes, step by step, without the copies of the weights. TensorFlow's
optimizer does not see their numbers: what it would calculate of them is left to tf2onnx and ONNX Runtime.
"""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from edgekit.exporting.base import replaced

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_BYTES = 2**18
"""Of a weight that becomes a placeholder. Smaller ones, as of batch normalization, stay for TensorFlow to fold."""


def frozen(function: Any) -> "tuple[Any, dict[str, NDArray[Any]]]":
    """The GraphDef of a concrete function, and the weights that are placeholders in it, by the names of their nodes.

    The weights are not copied: they must not change while they are in use.
    """
    from tensorflow.python.framework import convert_to_constants

    converter = _converter()(func=function, lower_control_flow=False, aggressive_inlining=True)
    constants = SimpleNamespace(make_tensor_proto=_proto_of)
    with replaced(convert_to_constants, "tensor_util", constants):
        graph, _ = convert_to_constants._replace_variables_by_constants(converter_data=converter)
    for node in graph.node:
        if node.name in converter.carried:
            _as_placeholder(node)
    return graph, converter.carried


def as_constants(graph: Any, names: "set[str]") -> None:
    """Make the placeholders that are called so constants again, of the same shape and without numbers."""
    for node in graph.node:
        if node.name in names:
            shape, kind = node.attr["shape"].shape, node.attr["dtype"].type
            node.op = "Const"
            node.attr["value"].tensor.dtype = kind
            node.attr["value"].tensor.tensor_shape.CopyFrom(shape)
            del node.attr["shape"]


def _as_placeholder(node: Any) -> None:
    node.op = "Placeholder"
    node.attr["shape"].shape.CopyFrom(node.attr["value"].tensor.tensor_shape)
    del node.attr["value"]


def _converter() -> Any:
    """TensorFlow's collector of weights, which leaves the large ones out; a function, as TensorFlow loads late."""
    import numpy as np
    from tensorflow.python.framework import convert_to_constants

    class Converter(convert_to_constants._FunctionConverterDataInEager):
        def _eval(self, tensor: Any) -> "NDArray[Any]":
            """The numbers, not copied if TensorFlow lets them be seen."""
            value = tensor.read_value() if hasattr(tensor, "read_value") else tensor
            if value.dtype.name != "float32" or value.device.find("GPU") >= 0:
                return super()._eval(tensor)
            return np.asarray(memoryview(value))

        def _build_tensor_data(self) -> None:
            super()._build_tensor_data()
            found = {name: each.numpy for name, each in self._tensor_data.items() if each.numpy.nbytes >= MIN_BYTES}
            for name, array in found.items():
                empty = np.broadcast_to(np.zeros((), array.dtype), array.shape)
                self._tensor_data[name] = self._tensor_data[name]._replace(numpy=empty)
            self.carried = found

    return Converter


def _proto_of(values: "NDArray[Any]", *arguments: Any) -> Any:
    """As `tensor_util.make_tensor_proto`; of an array of one number repeated the type and the shape alone."""
    from tensorflow.core.framework import tensor_pb2
    from tensorflow.python.framework import tensor_shape, tensor_util

    if getattr(values, "nbytes", 0) < MIN_BYTES or any(values.strides):
        return tensor_util.make_tensor_proto(values, *arguments)
    return tensor_pb2.TensorProto(dtype=arguments[0], tensor_shape=tensor_shape.as_shape(values.shape).as_proto())
