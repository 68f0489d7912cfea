from collections import Counter
from typing import Any

import numpy as np
import pytest

from edgekit.exporting.onnx.graph import as_proto
from edgekit.exporting.onnx.weights import in_half_precision, with_integer_weights
from edgekit.foundation.errors import ExportError


def network(*, largest: float = 1.0) -> Any:
    """Softmax(pixels @ kernel + bias), pixels (N, 64); every output channel of the kernel has another size."""
    import onnx_ir as ir
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    kernel = random.normal(size=(64, 32)).astype(np.float32) * np.geomspace(0.01, 1, 32).astype(np.float32) * largest
    nodes = [
        helper.make_node("Gemm", ["pixels", "kernel", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"]),
    ]
    bias = random.normal(size=32).astype(np.float32)
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 64])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 32])],
        [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(bias, "bias")],
    )
    return ir.from_proto(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8))


def run(model: Any) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(as_proto(model).SerializeToString(), providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(1).uniform(0, 1, (50, 64)).astype(np.float32)
    return session.run(["scores"], {"pixels": pixels})[0]


def stored_types(model: Any) -> Counter[Any]:
    return Counter(each.dtype for each in model.graph.initializers.values())


def test_half_precision_keeps_float32_outside_and_its_scores_do_not_tie() -> None:
    from onnx_ir import DataType

    half = in_half_precision(network())
    assert stored_types(half) == {DataType.FLOAT16: 2}
    assert [value.dtype for value in (*half.graph.inputs, *half.graph.outputs)] == [DataType.FLOAT, DataType.FLOAT]
    scores = run(half)
    assert np.abs(scores - run(network())).max() < 2e-3
    assert (scores.astype(np.float16).astype(np.float32) != scores).any(), "the softmax was computed in float16"


def test_a_weight_that_float16_cannot_hold_is_named() -> None:
    with pytest.raises(ExportError, match=r"'kernel' holds .* the largest float16 is 65,504"):
        in_half_precision(network(largest=1e6))


def test_integer_weights_have_a_scale_a_channel_or_one() -> None:
    from onnx_ir import DataType

    reference = run(network())
    errors = {}
    for is_per_channel in (True, False):
        model = with_integer_weights(network(), is_per_channel=is_per_channel)
        assert stored_types(model) == {DataType.INT8: 1, DataType.FLOAT: 2}
        assert list(model.graph.initializers["kernel.scale"].shape) == ([1, 32] if is_per_channel else [1, 1])
        errors[is_per_channel] = np.abs(run(model) - reference).max()
    assert errors[True] < 0.01
    assert errors[True] < errors[False]


def test_kernels_of_zeros_and_small_ones_do_no_harm() -> None:
    import onnx_ir as ir

    model = network()
    model.graph.initializers["kernel"].const_value = ir.tensor(np.zeros((64, 32), np.float32), name="kernel")
    assert np.allclose(run(with_integer_weights(model, is_per_channel=True)), run(model))
    small = network()
    small.graph.initializers["kernel"].const_value = ir.tensor(np.ones((2, 2), np.float32), name="kernel")
    assert as_proto(with_integer_weights(small, is_per_channel=True)) == as_proto(small)


def test_a_tensor_that_several_float32_operators_read_is_cast_once() -> None:
    """CELU: max(0, x) + min(0, exp(x) - 1); ONNX Runtime's converter leaves Max and Min in float32."""
    from support.files.onnx_graphs import computed, model_of, operators

    text = """
        agraph (float[N,4] x) => (float[N,4] y)
        <float zero = {0.0}, float one = {1.0}> {
            z = Mul(x, one)
            above = Max(z, zero)
            below = Min(z, zero)
            grown = Exp(below)
            less = Sub(grown, one)
            y = Add(above, less)
        }
    """
    half = in_half_precision(model_of(text))
    assert operators(half).count("Max") == operators(half).count("Min") == 1
    values = np.linspace(-3, 3, 20, dtype=np.float32).reshape(5, 4)
    assert np.allclose(computed(half, values), np.where(values > 0, values, np.expm1(values)), atol=2e-3)
