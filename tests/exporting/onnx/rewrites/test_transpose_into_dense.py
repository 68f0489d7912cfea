import numpy as np
import pytest
from support.files.onnx_graphs import computed, constants_of, model_of, operators

from edgekit.exporting.onnx.graph import infer_shapes
from edgekit.exporting.onnx.rewrites.transpose_into_dense import TransposeIntoDense, channels_first

X = np.arange(8, dtype=np.float32).reshape(1, 2, 1, 4)
"""(N, C, H, W) of two channels of one row of four: 0 to 3 and 4 to 7."""
WEIGHTS = np.arange(8, dtype=np.float32).reshape(8, 1) + 1
"""One for each of (H, W, C): 1, 2 for the two channels of the first place, 3, 4 for the second, ..."""


def network(middle: str = "b = Relu(a)", product: str = "y = MatMul(b, w)") -> str:
    flat = "t = Transpose <perm = [0,2,3,1]> (x) a = Reshape(t, shape)"
    return f"g (float[N,2,1,4] x) => (float[N,1] y) <int64[2] shape = {{-1, 8}}> {{{flat} {middle} {product}}}"


def test_the_rows_change_places_by_hand() -> None:
    """0 * 1 + 4 * 2 + 1 * 3 + 5 * 4 + 2 * 5 + 6 * 6 + 3 * 7 + 7 * 8 = 154, and without the Transpose the same."""
    model = model_of(network(), w=WEIGHTS)
    assert computed(model, X).tolist() == [[154]]
    infer_shapes(model)
    assert TransposeIntoDense().apply(model.graph) == 1
    assert operators(model) == ["Reshape", "Relu", "MatMul"]
    weights = next(values for values in constants_of(model).values() if values.dtype == np.float32)
    assert weights[:, 0].tolist() == [1, 3, 5, 7, 2, 4, 6, 8]
    assert computed(model, X).tolist() == [[154]]


def test_weights_that_lie_across_and_constants_of_one_number_for_each_place() -> None:
    middle = "c = Mul(a, k) d = Add(c, one) b = LeakyRelu(d)"
    constants = {"w": WEIGHTS.T, "k": -WEIGHTS.reshape(1, 8), "one": np.ones((), np.float32)}
    text = network(middle, "y = Gemm <transB = 1> (b, w)")
    before, after = (model_of(text, **constants) for _ in range(2))
    infer_shapes(after)
    assert TransposeIntoDense().apply(after.graph) == 1
    assert "Transpose" not in operators(after)
    assert np.allclose(computed(after, X), computed(before, X))


@pytest.mark.parametrize(
    ("middle", "product", "weights"),
    [
        ("b = Softmax <axis = 1> (a)", "y = MatMul(b, w)", WEIGHTS),
        ("b = Relu(a)", "y = MatMul(b, b)", None),
        ("b = Relu(a) s = ReduceMean <axes = [1]> (b)", "z = MatMul(b, w) y = Add(z, s)", WEIGHTS),
        ("b = Relu(a)", "y = MatMul(b, w)", WEIGHTS.reshape(1, 8, 1)),
    ],
    ids=["a sum over all", "no weights", "read twice", "many matrices"],
)
def test_what_does_not_fit_stays(
    middle: str, product: str, weights: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"
) -> None:
    model = model_of(network(middle, product), **({} if weights is None else {"w": weights}))
    infer_shapes(model)
    assert TransposeIntoDense().apply(model.graph) == 0
    assert operators(model)[0] == "Transpose"


def test_a_dense_layer_at_every_place_is_no_flatten() -> None:
    text = network().replace("{-1, 8}", "{-1, 2}")
    model = model_of(text, w=WEIGHTS[:2])
    infer_shapes(model)
    assert TransposeIntoDense().apply(model.graph) == 0


def test_the_place_of_each_number_by_hand() -> None:
    """Two rows of one place of three channels, (h, w, c): a0 b0 c0 a1 b1 c1."""
    order = channels_first(np.array(["a0", "b0", "c0", "a1", "b1", "c1"]), [2, 1, 3], axis=0)
    assert order.tolist() == ["a0", "a1", "b0", "b1", "c0", "c1"]
