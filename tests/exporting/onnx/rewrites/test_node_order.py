from support.files.onnx_graphs import model_of

from edgekit.exporting.onnx.rewrites.node_order import order_from_output


def ordered(nodes: str) -> str:
    model = model_of(f"g (float[N] x) => (float[N] y) {{{nodes}}}")
    order_from_output(model.graph)
    return " ".join(node.outputs[0].name for node in model.graph)


def test_inputs_come_before_their_node_the_first_input_first() -> None:
    assert ordered("a = Relu(x) b = Exp(x) c = Neg(a) y = Sub(b, c)") == "b a c y"
    assert ordered("b = Exp(x) a = Relu(x) c = Neg(a) y = Sub(b, c)") == "b a c y", "whatever the order was"


def test_a_node_that_several_read_comes_once() -> None:
    assert ordered("a = Relu(x) b = Exp(a) c = Neg(a) y = Sub(c, b)") == "a c b y"


def test_what_the_output_does_not_need_is_gone_and_reads_nothing_any_more() -> None:
    model = model_of("g (float[N] x) => (float[N] y) {a = Relu(x) b = Exp(a) c = Neg(b) y = Abs(a)}")
    order_from_output(model.graph)
    assert [node.op_type for node in model.graph] == ["Relu", "Abs"]
    assert [reader.op_type for reader in model.graph[0].outputs[0].consumers()] == ["Abs"]


def test_a_long_chain_needs_no_recursion() -> None:
    nodes = " ".join(f"a{n} = Neg(a{n - 1})" for n in range(1, 3000))
    assert len(ordered(f"a0 = Neg(x) {nodes} y = Neg(a2999)").split()) == 3001
