import numpy as np
import pytest
from support.files.onnx_graphs import computed, constants_of, model_of, operators

from edgekit.exporting.onnx.kernels_apart import MIN_BYTES, kernels_apart, with_kernels

SIDE = int(np.sqrt(MIN_BYTES / 4))
KERNEL = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
BIAS = np.arange(SIDE, dtype=np.float32)
X = np.ones((2, SIDE), np.float32)


def test_a_kernel_goes_and_comes_back() -> None:
    model = model_of(f"g (float[N,{SIDE}] x) => (float[N,{SIDE}] y) {{y = MatMul(x, w)}}", w=KERNEL)
    before = computed(model, X)
    apart = kernels_apart(model)
    assert [value.name for value in apart.model.graph.inputs] == ["x", "w"]
    assert list(apart.kernels) == ["w"]
    assert constants_of(apart.model) == {}
    assert list(constants_of(model)) == ["w"]  # the model itself is as it was
    back = with_kernels(apart.model, apart.kernels)
    assert [value.name for value in back.graph.inputs] == ["x"]
    assert np.array_equal(computed(back, X), before)


@pytest.mark.parametrize(
    "body",
    [
        "y = MatMul(w, w)",  # it is more than a kernel
        "t = Transpose(w) y = MatMul(x, t)",  # an optimizer calculates with it
        "y = Add(x, w)",
    ],
)
def test_other_constants_stay(body: str) -> None:
    model = model_of(f"g (float[{SIDE},{SIDE}] x) => (float[{SIDE},{SIDE}] y) {{{body}}}", w=KERNEL)
    assert kernels_apart(model).kernels == {}


def test_a_small_kernel_stays() -> None:
    model = model_of("g (float[N,4] x) => (float[N,4] y) {y = MatMul(x, w)}", w=np.eye(4, dtype=np.float32))
    assert kernels_apart(model).kernels == {}


@pytest.mark.parametrize(
    ("body", "goes"),
    [
        ("a = Conv(x, w) y = Mul(a, f)", False),
        ("a = Conv(x, w) y = Relu(a)", True),
        ("a = Conv(x, w) b = Relu(a) y = Mul(b, f)", True),
        ("a = Conv(x, w) y = Add(a, x)", True),
    ],
)
def test_a_kernel_that_is_folded_stays_where_it_is(body: str, goes: bool) -> None:
    w, factor = KERNEL.reshape(SIDE, SIDE, 1, 1), np.ones((SIDE, 1, 1), np.float32)
    model = model_of(
        f"g (float[N,{SIDE},2,2] x) => (float[N,{SIDE},2,2] y) {{{body}}}",
        w=w,
        **({"f": factor} if "f)" in body else {}),
    )
    assert bool(kernels_apart(model, to_fold=True).kernels) == goes
    assert list(kernels_apart(model).kernels) == ["w"]


def test_a_dense_kernel_stays_only_before_batch_normalization() -> None:
    head = f"g (float[N,{SIDE}] x) => (float[N,{SIDE}] y) {{a = MatMul(x, w) b = Add(a, c) "
    bias = model_of(head + "y = Relu(b)}", w=KERNEL, c=BIAS)
    normalized = model_of(head + "y = BatchNormalization(b, c, c, c, c)}", w=KERNEL, c=BIAS)
    assert list(kernels_apart(bias, to_fold=True).kernels) == ["w"]
    assert kernels_apart(normalized, to_fold=True).kernels == {}
    assert operators(bias) == ["MatMul", "Add", "Relu"]
