import pytest
from support.files.onnx_graphs import computed, model_of, operators

from edgekit.exporting.onnx.rewrites.float_logits import FloatLogits

CONSTANTS = "<float scale = {2}, uint8 zero = {100}>"
ROUNDED = "q = QuantizeLinear(a, scale, zero) d = DequantizeLinear(q, scale, zero)"


def test_the_softmax_reads_what_was_rounded_before() -> None:
    model = model_of(f"g (float[N,2] x) => (float[N,2] y) {CONSTANTS} {{a = Neg(x) {ROUNDED} y = Softmax(d)}}")
    assert computed(model, [[0.3, 0.2]]).tolist() == [[0.5, 0.5]], "a tie: both round to 0"
    assert FloatLogits().apply(model.graph) == 1
    assert operators(model) == ["Neg", "Softmax"]
    assert computed(model, [[0.3, 0.2]])[0, 0] < 0.5
    assert not model.graph.initializers


def test_logits_are_given_under_the_name_of_the_output() -> None:
    nodes = f"a = Neg(x) {ROUNDED.replace('d =', 'logits =')}"
    model = model_of(f"g (float[N,2] x) => (float[N,2] logits) {CONSTANTS} {{{nodes}}}")
    assert FloatLogits().apply(model.graph) == 1
    assert operators(model) == ["Neg"]
    (output,) = model.graph.outputs
    assert (output.name, [str(size) for size in output.shape]) == ("logits", ["N", "2"])
    assert computed(model, [[0.25, 0.5]]).tolist() == [[-0.25, -0.5]]


@pytest.mark.parametrize("nodes", [f"a = Neg(x) {ROUNDED} e = Relu(d) y = Softmax(e)", "a = Neg(x) y = Softmax(a)"])
def test_everything_else_stays(nodes: str) -> None:
    model = model_of(f"g (float[N,2] x) => (float[N,2] y) {CONSTANTS} {{{nodes}}}")
    before = operators(model)
    assert FloatLogits().apply(model.graph) == 0
    assert operators(model) == before
