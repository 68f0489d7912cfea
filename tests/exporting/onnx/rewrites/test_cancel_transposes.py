from typing import Any

import numpy as np
import pytest
from support.files.onnx_graphs import computed, constants_of, model_of, operators

from edgekit.exporting.onnx.rewrites.cancel_transposes import CancelTransposes, turned

X = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
ENDS = "g (float[N,2,3,4] x) => (float[N,2,3,4] y)"


def between(middle: str, *, back: str = "0,3,1,2") -> str:
    """`middle` computes b of a, which is (N, 3, 4, 2)."""
    return f"{ENDS} {{a = Transpose <perm = [0,2,3,1]> (x) {middle} c = Transpose <perm = [{back}]> (b) y = Relu(c)}}"


def test_a_constant_between_is_turned_back_by_hand() -> None:
    """T(x) is (N, H, W, C), and c adds 10 to the first channel and 20 to the second: (C,) becomes (1, C, 1, 1)."""
    model = model_of(between("b = Add(a, k)"), k=np.array([10, 20], np.float32))
    assert CancelTransposes().apply(model.graph) == 1
    assert operators(model) == ["Add", "Relu"]
    (constant,) = constants_of(model).values()
    assert constant.tolist() == [[[[10]], [[20]]]]
    assert computed(model, X).tolist() == (X + np.array([[[[10]], [[20]]]])).tolist()


def test_what_treats_every_number_alike_may_stand_between_and_a_scalar_stays() -> None:
    middle = "d = Mul(a, half) e = LeakyRelu <alpha = 0.1> (d) f = Sub(k, e) b = Tanh(f)"
    constants = {"half": np.array(0.5, np.float32), "k": np.ones((4, 2), np.float32)}
    before, after = (model_of(between(middle), **constants) for _ in range(2))
    assert CancelTransposes().apply(after.graph) == 1
    assert operators(after) == ["Mul", "LeakyRelu", "Sub", "Tanh", "Relu"]
    assert {values.shape for values in constants_of(after).values()} == {(), (1, 2, 1, 4)}
    assert np.array_equal(computed(after, X), computed(before, X))


@pytest.mark.parametrize(
    ("middle", "back"),
    [
        ("b = Softmax <axis = 3> (a)", "0,3,1,2"),
        ("b = Add(a, a)", "0,3,1,2"),
        ("b = Add(a, k)", "0,3,1,2"),
        ("b = Relu(a)", "0,1,3,2"),
    ],
    ids=["a sum over channels", "no constant", "a constant of more axes", "another permutation"],
)
def test_what_does_not_fit_stays(middle: str, back: str) -> None:
    constants: dict[str, Any] = {"k": np.ones((1, 1, 1, 1, 2), np.float32)} if "k" in middle else {}
    ends = ENDS.replace("float[N,2,3,4] y", "float y")
    model = model_of(between(middle, back=back).replace(ENDS, ends), **constants)
    assert CancelTransposes().apply(model.graph) == 0
    assert operators(model).count("Transpose") == 2


def test_what_is_read_twice_or_given_by_the_graph_stays() -> None:
    twice = model_of(between("b = Relu(a) d = Exp(a)"))
    given = model_of(f"{ENDS} {{a = Transpose <perm = [0,2,3,1]> (x) y = Transpose <perm = [0,3,1,2]> (a)}}")
    assert CancelTransposes().apply(twice.graph) == CancelTransposes().apply(given.graph) == 0


def test_pairs_within_pairs_go_from_the_outside_in() -> None:
    middle = "p = Transpose <perm = [0,3,1,2]> (a) q = Transpose <perm = [0,2,3,1]> (p) b = Relu(q)"
    model = model_of(between(middle))
    assert CancelTransposes().apply(model.graph) == 2
    assert operators(model) == ["Relu", "Relu"]


def test_a_constant_is_filled_up_with_ones_before_it_is_turned() -> None:
    values = np.array([[1, 2], [3, 4], [5, 6]])  # (W, C) against (N, H, W, C)
    result = turned(values, back=(0, 3, 1, 2))
    assert result is not None
    assert result.shape == (1, 2, 1, 3)
    assert result[0, :, 0].tolist() == [[1, 3, 5], [2, 4, 6]]
    assert turned(values, back=(0,)) is None
