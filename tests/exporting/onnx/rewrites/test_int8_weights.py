import numpy as np
import pytest
from support.files.onnx_graphs import computed, constants_of, model_of, operators

from edgekit.exporting.onnx.rewrites.int8_weights import MIN_NUMBERS, Int8Weights, _scale

WEIGHTS = np.zeros((MIN_NUMBERS // 2, 2), np.float32)
WEIGHTS[:3] = [[1.27, -254], [-0.635, 3], [0.004, 0]]
"""Of two channels: their largest numbers are 1.27 and 254."""


def stored(*, is_per_channel: bool) -> dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"]:
    model = model_of(f"g (float[N,{len(WEIGHTS)}] x) => (float[N,2] y) {{y = MatMul(x, w)}}", w=WEIGHTS)
    assert Int8Weights(is_per_channel=is_per_channel).apply(model.graph) == 1
    assert operators(model) == ["Cast", "Mul", "MatMul"]
    return constants_of(model)


def test_a_scale_a_channel_by_hand() -> None:
    """Of channel 0 it is 1.27 / 127 = 0.01, of channel 1 it is 254 / 127 = 2; 3 / 2 is rounded to the even 2."""
    found = stored(is_per_channel=True)
    assert np.allclose(found["w.scale"], [[0.01, 2]])
    assert found["w.int8"].dtype == np.int8
    assert found["w.int8"][:4].tolist() == [[127, -127], [-64, 2], [0, 0], [0, 0]]


def test_one_scale_by_hand() -> None:
    found = stored(is_per_channel=False)
    assert found["w.scale"].tolist() == [[2]]
    assert found["w.int8"][:3].tolist() == [[1, -127], [0, 2], [0, 0]]


def test_it_computes_with_what_is_stored() -> None:
    model = model_of(f"g (float[N,{len(WEIGHTS)}] x) => (float[N,2] y) {{y = MatMul(x, w)}}", w=WEIGHTS)
    Int8Weights(is_per_channel=True).apply(model.graph)
    x = np.zeros((1, len(WEIGHTS)), np.float32)
    x[0, :2] = [1, 10]
    assert np.allclose(computed(model, x), [[1.27 - 6.4, -254 + 40]])


def test_channels_of_zeros_have_a_scale_of_one() -> None:
    assert _scale(np.array([[0, 127], [0, -5]], np.float32), 1).tolist() == [[1, 1]]
    assert _scale(np.zeros((2, 2), np.float32), None).tolist() == [[1]]


def test_the_channels_of_a_convolution_and_of_a_gemm_that_lies_across_come_first() -> None:
    text = "g (float[N,64,4,4] x) => (float[N,32,4,4] y) {y = Conv(x, w)}"
    convolution = model_of(text, w=np.ones((32, 64, 1, 1), np.float32))
    gemm = model_of(
        "g (float[N,64] x) => (float[N,32] y) {y = Gemm <transB = 1> (x, w)}", w=np.ones((32, 64), np.float32)
    )
    for model, shape in ((convolution, (32, 1, 1, 1)), (gemm, (32, 1))):
        Int8Weights(is_per_channel=True).apply(model.graph)
        assert constants_of(model)["w.scale"].shape == shape


def test_weights_that_two_nodes_read_are_stored_once() -> None:
    text = "g (float[N,32] x) => (float[N,32] y) {a = MatMul(x, w) y = MatMul(a, w)}"
    model = model_of(text, w=np.eye(32, dtype=np.float32))
    assert Int8Weights(is_per_channel=True).apply(model.graph) == 1
    assert operators(model) == ["Cast", "Mul", "MatMul", "MatMul"]
    x = np.arange(32, dtype=np.float32).reshape(1, 32)
    assert np.allclose(computed(model, x), x)


@pytest.mark.parametrize("operator", ["MatMul", "Add"])
def test_small_weights_and_other_constants_stay(operator: str) -> None:
    size = 1 if operator == "MatMul" else MIN_NUMBERS
    model = model_of(
        f"g (float[N,1] x) => (float[N,{size}] y) {{y = {operator}(x, w)}}", w=np.ones((1, size), np.float32)
    )
    assert Int8Weights(is_per_channel=True).apply(model.graph) == 0
    assert operators(model) == [operator]
