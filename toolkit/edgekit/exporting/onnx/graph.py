"""ONNX graphs in onnx-ir's form: conversion there and back, and small queries. Rewrites nothing."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx
    import onnx_ir as ir
    from numpy.typing import NDArray


WRITES_DOMAIN = "writes the domain of ai.onnx"
"""Noted at nodes that have an empty string there, as tf2onnx makes some. It has no meaning, but two bytes in a file."""


def as_model(proto: "onnx.ModelProto") -> "ir.Model":
    """Convert to onnx-ir's form. The weights stay in `proto`, which must not be used afterwards."""
    import onnx_ir as ir

    model = ir.from_proto(proto)
    for node, as_written in zip(model.graph, proto.graph.node, strict=True):
        node.meta[WRITES_DOMAIN] = as_written.HasField("domain")
    return model


def as_proto(model: "ir.Model") -> "onnx.ModelProto":
    """Convert to protobuf, as a file holds it: without inferred shapes, and with the empty comments of edgekit's files.

    The weights are copied, once. `model` may be used further.
    """
    import onnx_ir as ir

    proto = ir.to_proto(model)
    del proto.graph.value_info[:]
    for each in (proto, proto.graph, *proto.graph.input, *proto.graph.output, *proto.graph.node):
        each.doc_string = ""
    for node, written in zip(model.graph, proto.graph.node, strict=True):
        if node.meta.get(WRITES_DOMAIN):
            written.domain = node.domain
    return proto


def infer_shapes(model: "ir.Model") -> None:
    """Note at every tensor its type and shape, as far as ONNX finds them. Weights are not copied for it."""
    from onnx_ir.passes.common import ShapeInferencePass

    for node in model.graph:
        for value in node.outputs:
            if not value.is_graph_output():
                value.shape = value.type = None  # a rewrite may have made them wrong
    ShapeInferencePass(check_type=False, strict_mode=False, data_prop=True)(model)


def graph_of(node: "ir.Node") -> "ir.Graph":
    """The graph that `node` was found in."""
    assert node.graph is not None  # noqa: S101 - for mypy
    return node.graph


def source_of(node: "ir.Node") -> "ir.Value":
    """Input 0 of `node`, which has one: the tensor that its operator works on."""
    assert node.inputs[0] is not None  # noqa: S101 - for mypy
    return node.inputs[0]


def sizes_of(value: "ir.Value") -> list[int]:
    """The dimensions of a tensor, 0 if one is open; empty if nothing is known."""
    return [size if isinstance(size, int) else 0 for size in value.shape or ()]


def constant_of(value: "ir.Value | None") -> "NDArray[Any] | None":
    """The numbers of a constant; None for a tensor that is computed, or an input that is left out."""
    return None if value is None or value.const_value is None else value.const_value.numpy()


def only_reader(value: "ir.Value") -> "ir.Node | None":
    """The one node that reads a tensor; None if there are several, or the graph gives it as its output."""
    readers = value.consumers()
    return readers[0] if len(readers) == 1 and not value.is_graph_output() else None


def is_set(node: "ir.Node", attribute: str) -> bool:
    """Whether an attribute is there and not 0."""
    return bool(node.attributes.get_int(attribute))


def is_last_softmax(node: "ir.Node") -> bool:
    """Whether `node` is the softmax that gives the scores."""
    return node.op_type == "Softmax" and node.outputs[0].is_graph_output()


def product_axis(node: "ir.Node") -> int | None:
    """Along which axis input 1 of a convolution or a product has its output channels; None for other operators."""
    if node.op_type == "Conv":
        return 0
    if node.op_type == "MatMul":
        return 1
    if node.op_type == "Gemm":
        return 0 if is_set(node, "transB") else 1
    return None
