import numpy as np
from support.files.onnx_graphs import constants_of, model_of

from edgekit.exporting.onnx.rewrites.settled_names import settle_names

ENDS = "g (float[N,2] x) => (float[N,2] y)"


def test_counters_and_the_wrapper_go_and_what_moves_is_called_after_what_it_reads() -> None:
    model = model_of(f"{ENDS} {{a = Mul(x, k) b = Add(a, k) c = Transpose(b) d = Transpose(c) y = Relu(d)}}", k=1.0)
    for node, name in zip(model.graph, ["edgekit_1/conv__17:0", "edgekit/conv__9", "t__1", "t__2"], strict=False):
        node.outputs[0].name = name
    settle_names(model.graph, "scores")
    assert [node.name for node in model.graph] == [
        "conv",
        "conv_2",
        "conv_2/Transpose",
        "conv_2/Transpose/Transpose",
        "scores",
    ]
    assert [node.outputs[0].name for node in model.graph] == [node.name for node in model.graph]
    assert model.graph.inputs[0].name == "pixels"
    assert list(constants_of(model)) == ["conv.1"], "called after the first node that reads it"


def test_constants_come_in_the_order_of_their_use_and_those_of_nobody_go() -> None:
    unused = "float nobody = {9}, float p = {1}, float q = {2}"
    model = model_of(f"{ENDS} <{unused}> {{a = Mul(x, q) y = Add(a, p)}}")
    settle_names(model.graph, "y")
    assert {name: float(values) for name, values in constants_of(model).items()} == {"a.1": 2, "y.1": 1}
    assert list(model.graph.initializers) == ["a.1", "y.1"]


def test_names_that_change_places_do_not_collide() -> None:
    """Each constant is called as another one is to be called."""
    model = model_of(f"{ENDS} {{b = Mul(x, k) c = Add(b, l) y = Sub(c, m)}}", k=1.0, l=2.0, m=3.0)
    constants = [node.inputs[1] for node in model.graph]
    for value, name in zip(constants, ["c.1", "y.1", "b.1"], strict=True):
        value.name = name
    settle_names(model.graph, "y")
    assert {name: float(values) for name, values in constants_of(model).items()} == {"b.1": 1, "c.1": 2, "y.1": 3}
    assert [node.inputs[1] for node in model.graph] == constants


def test_an_input_that_is_left_out_stays_so() -> None:
    model = model_of(f"{ENDS} {{y = Clip(x, , high)}}", high=np.float32(6))
    settle_names(model.graph, "y")
    assert [value and value.name for value in model.graph[0].inputs] == ["pixels", None, "y.2"]
