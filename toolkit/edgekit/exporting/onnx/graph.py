"""Small questions about ONNX graphs that several of the exporter's modules ask. Changes nothing."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray


def constants_of(graph: "onnx.GraphProto") -> "dict[str, NDArray[Any]]":
    """Every constant of the graph, name -> values."""
    import onnx

    return {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}


def is_last_softmax(graph: "onnx.GraphProto", node: "onnx.NodeProto") -> bool:
    """Whether `node` is the softmax that gives the scores."""
    return node.op_type == "Softmax" and node.output[0] == graph.output[0].name


def product_axis(node: "onnx.NodeProto") -> int | None:
    """Along which axis input 1 of a convolution or a product has its output channels; None for other operators."""
    if node.op_type == "Conv":
        return 0
    if node.op_type == "MatMul":
        return 1
    if node.op_type == "Gemm":
        return 0 if any(each.name == "transB" and each.i for each in node.attribute) else 1
    return None
