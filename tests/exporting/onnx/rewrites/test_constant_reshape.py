import numpy as np
from support.files.onnx_graphs import computed, constants_of, model_of, operators

from edgekit.exporting.onnx.graph import infer_shapes
from edgekit.exporting.onnx.rewrites.constant_reshape import ConstantReshape
from edgekit.exporting.onnx.rewrites.node_order import order_from_output

FLATTEN = """
    s = Shape(x)
    n = Gather(s, zero)
    all = Concat <axis = 0> (n, rest)
    y = Reshape(x, all)
"""
X = np.arange(12, dtype=np.float32).reshape(2, 2, 3)


def flatten(rest: str, *, output: str = "float[N,M] y") -> str:
    constants = f"int64[1] zero = {{0}}, int64[1] rest = {{{rest}}}"
    return f"g (float[N,2,3] x) => ({output}) <{constants}> {{{FLATTEN}}}"


def test_a_shape_that_is_known_but_for_the_batch_becomes_a_constant() -> None:
    model = model_of(flatten("6"))
    infer_shapes(model)
    assert ConstantReshape(model).apply(model.graph) == 1
    order_from_output(model.graph)
    assert operators(model) == ["Reshape"]
    assert {name: values.tolist() for name, values in constants_of(model).items()} == {"y/shape": [-1, 6]}
    assert computed(model, X).tolist() == X.reshape(2, 6).tolist()


def test_what_inference_does_not_find_is_measured() -> None:
    """Without inference nothing is known of y but that it has two dimensions."""
    model = model_of(flatten("-1"))
    assert ConstantReshape(model).apply(model.graph) == 1
    assert constants_of(model)["y/shape"].tolist() == [-1, 6]


def test_a_first_dimension_that_is_not_the_batch_stays_computed() -> None:
    text = flatten("6").replace("(n, rest)", "(rest, n)").replace("float[N,M] y", "float[M,N] y")
    model = model_of(text)
    infer_shapes(model)
    assert ConstantReshape(model).apply(model.graph) == 0
    assert computed(model, X).shape == (6, 2)


def test_a_constant_shape_stays_as_it_is() -> None:
    model = model_of("g (float[N,2,3] x) => (float[N,6] y) <int64[2] to = {-1, 6}> {y = Reshape(x, to)}")
    infer_shapes(model)
    assert ConstantReshape(model).apply(model.graph) == 0
    assert list(constants_of(model)) == ["to"]
