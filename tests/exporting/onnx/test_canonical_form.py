from typing import Any

import numpy as np
import pytest

from edgekit.exporting.onnx.canonical_form import in_canonical_form
from edgekit.exporting.onnx.graph import as_proto
from edgekit.foundation.errors import ExportError


def graph(counter: int, *, swapped: bool = False) -> Any:
    """relu(pixels * 2) + relu(pixels * 3), pixels (N, 4), as a tool names it that counts through its life."""
    import onnx_ir as ir
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Mul", ["x:0", f"two__{counter}"], [f"left/mul__{counter + 1}:0"], doc_string="made today"),
        helper.make_node("Mul", ["x:0", f"three__{counter + 3}"], [f"right/mul__{counter + 4}:0"]),
        helper.make_node("Relu", [f"left/mul__{counter + 1}:0"], [f"left/relu__{counter + 5}:0"]),
        helper.make_node("Relu", [f"right/mul__{counter + 4}:0"], ["right/relu:0"]),
        helper.make_node("Add", [f"left/relu__{counter + 5}:0", "right/relu:0"], ["y:0"]),
        helper.make_node("Exp", ["x:0"], ["used by nobody"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([value], np.float32), name)
        for value, name in ((2.0, f"two__{counter}"), (3.0, f"three__{counter + 3}"), (9.0, "left over"))
    ]
    if swapped:
        nodes[0], nodes[1] = nodes[1], nodes[0]
        constants.reverse()
    shape = ["N", 4]
    model = helper.make_model(
        helper.make_graph(
            nodes,
            f"made {counter}",
            [helper.make_tensor_value_info("x:0", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y:0", TensorProto.FLOAT, shape)],
            constants,
        ),
        opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid("com.microsoft", 1)],
        producer_version=str(counter),
    )
    return ir.from_proto(model)


def content(model: Any) -> bytes:
    return as_proto(model).SerializeToString(deterministic=True)


def test_counters_order_and_marks_leave_no_trace() -> None:
    first = content(in_canonical_form(graph(7)))
    assert content(in_canonical_form(graph(1234, swapped=True))) == first
    assert content(graph(7)) != content(graph(1234, swapped=True))


def test_the_arithmetic_stays() -> None:
    import onnxruntime

    values = np.array([[1.0, -2.0, 0.5, 3.0]], np.float32)
    model = in_canonical_form(graph(7))
    session = onnxruntime.InferenceSession(content(model), providers=["CPUExecutionProvider"])
    assert np.allclose(session.run(["scores"], {"pixels": values})[0], np.maximum(values, 0) * 5)
    assert [node.op_type for node in model.graph] == ["Mul", "Relu", "Mul", "Relu", "Add"]
    assert [node.name for node in model.graph] == ["left/mul", "left/relu", "right/mul", "right/relu", "scores"]


def test_twice_is_as_good_as_once() -> None:
    once = in_canonical_form(graph(7))
    assert content(in_canonical_form(once)) == content(once)


def test_the_given_model_is_not_changed() -> None:
    model = graph(7)
    in_canonical_form(model)
    assert content(model) == content(graph(7))


def test_two_inputs_are_refused() -> None:
    import onnx_ir as ir

    model = graph(7)
    model.graph.inputs.append(ir.Value(name="second"))
    with pytest.raises(ExportError, match="2 inputs"):
        in_canonical_form(model)
