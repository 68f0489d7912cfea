"""Which int8 `.onnx` files answer otherwise on x86 processors without VNNI."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.helpers import ROOT

from edgekit.foundation.machine import this_machine
from edgekit.inspection.int8_sums import sums_can_overflow

DEPTH = 64


def product(weight: int) -> onnx.ModelProto:
    """x (n, DEPTH), in steps of 1, times DEPTH weights, as QDQ; the exact answer to 255s is 255 * weight * DEPTH."""
    constants = {
        "weights": np.full((DEPTH, 16), weight, np.int8),
        "one": np.asarray(np.float32(1)),
        "zero_of_x": np.asarray(np.uint8(0)),
        "zero_of_weights": np.asarray(np.int8(0)),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "one", "zero_of_x"], ["xq"]),
        helper.make_node("DequantizeLinear", ["xq", "one", "zero_of_x"], ["xd"]),
        helper.make_node("DequantizeLinear", ["weights", "one", "zero_of_weights"], ["wd"]),
        helper.make_node("MatMul", ["xd", "wd"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", DEPTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 16])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def answer(model: onnx.ModelProto) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return float(session.run(None, {"x": np.full((1, DEPTH), 255, np.float32)})[0][0, 0])


@pytest.mark.parametrize(("weight", "can_overflow"), [(127, True), (-128, True), (65, True), (64, False), (-64, False)])
def test_weights_beyond_seven_bits_can_overflow(weight: int, can_overflow: bool, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(product(weight).SerializeToString())
    assert sums_can_overflow(path) is can_overflow


def test_this_processor_overflows_where_edgekit_says_so() -> None:
    assert answer(product(64)) == 255 * 64 * DEPTH
    assert (answer(product(127)) == 255 * 127 * DEPTH) is not this_machine().overflows_int8


def test_a_file_that_is_no_model_cannot_overflow(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\xff" * 100)
    assert not sums_can_overflow(path)
    assert not sums_can_overflow(tmp_path / "missing.onnx")


def test_the_shipped_file_answers_the_same_everywhere() -> None:
    assert not sums_can_overflow(ROOT / "exported" / "resnet8" / "onnx" / "model-int8.onnx")
