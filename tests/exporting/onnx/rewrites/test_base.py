from typing import Any

from support.files.onnx_graphs import computed, constants_of, model_of, operators

from edgekit.exporting.onnx.graph import source_of
from edgekit.exporting.onnx.rewrites.base import Rewrite, bypass, new_constant


class DoubledNegations(Rewrite[Any]):
    """-(-x) = x."""

    def match(self, node: Any) -> Any:
        source = source_of(node).producer()
        return source if node.op_type == "Neg" and source is not None and source.op_type == "Neg" else None

    def rewrite(self, node: Any, match: Any) -> None:
        bypass(node)
        bypass(match)


def test_each_change_is_made_and_counted_and_what_it_took_out_is_not_tried_again() -> None:
    model = model_of("g (float[N] x) => (float[N] y) {a = Neg(x) b = Neg(a) c = Neg(b) d = Neg(c) y = Relu(d)}")
    assert DoubledNegations().apply(model.graph) == 2
    assert operators(model) == ["Relu"]
    assert computed(model, [-1, 2]).tolist() == [0, 2]


def test_an_odd_one_is_left() -> None:
    model = model_of("g (float[N] x) => (float[N] y) {a = Neg(x) b = Neg(a) c = Neg(b) y = Relu(c)}")
    assert DoubledNegations().apply(model.graph) == 1
    assert computed(model, [-1, 2]).tolist() == [1, 0]


def test_no_constant_takes_the_name_of_another() -> None:
    import numpy as np

    model = model_of("g (float[N] x) => (float[N] y) <float c = {1}> {y = Add(x, c)}")
    new = new_constant(model.graph, "c", np.array(5, np.float32))
    model.graph[0].replace_input_with(1, new)
    assert new.name == "c'"
    assert {name: float(values) for name, values in constants_of(model).items()} == {"c'": 5}
    assert computed(model, [1]).tolist() == [6]
