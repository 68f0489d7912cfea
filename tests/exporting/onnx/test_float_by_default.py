"""Which nodes stay in float: a stream of sums around a normalization, on graphs written by hand."""

from typing import Any

from support.files.onnx_graphs import model_of

from edgekit.exporting.onnx.float_by_default import nodes_in_float

STREAM = """
    agraph (float[N,3,8,8] x) => (float[N,4,2,2] y)
    <float[4,3,4,4] w1, float[4,4,1,1] w2, float[4,4,1,1] w3, float[1,4,2,2] place>
    {
        patches = Conv(x, w1)
        placed = Add(patches, place)
        norm_mean = ReduceMean<axes = [1]>(placed)
        norm_low = Sub(placed, norm_mean)
        norm_high = Div(norm_low, norm_mean)
        branch = Conv(norm_high, w2)
        bent = Relu(branch)
        inner = Conv(bent, w3)
        sum = Add(placed, inner)
        turned = Transpose<perm = [0, 1, 2, 3]>(sum)
        last_mean = ReduceMean<axes = [1]>(turned)
        y = Div(turned, last_mean)
    }
"""


def named(text: str) -> Any:
    """The graph, each node called after its output, as in canonical form."""
    graph = model_of(text).graph
    for node in graph:
        node.name = node.outputs[0].name
    return graph


def owner(node: str) -> tuple[str, ...]:
    layers = {"norm": "norm", "last": "last", "y": "last"}
    return tuple(layer for start, layer in layers.items() if node.startswith(start))


def test_the_sums_that_a_normalization_reads_and_the_first_convolution_stay_in_float() -> None:
    found = nodes_in_float(named(STREAM), owner, {"norm_mean", "norm_low", "norm_high", "last_mean", "y"})
    assert found == {
        *("norm_mean", "norm_low", "norm_high", "last_mean", "y"),
        *("patches", "placed", "sum", "turned"),
    }, "the convolutions of the branch are integer"


def test_a_normalization_of_ones_own_is_found_by_what_it_computes() -> None:
    assert nodes_in_float(named(STREAM), owner, ()) == nodes_in_float(
        named(STREAM), owner, {"norm_mean", "norm_low", "norm_high", "last_mean", "y"}
    )


def test_without_a_normalization_nothing_is_in_float() -> None:
    assert nodes_in_float(named(STREAM.replace("Div", "Mul")), owner, ()) == frozenset()


def test_a_convolution_between_the_first_and_a_normalization_ends_the_sums() -> None:
    text = STREAM.replace("patches = Conv(x, w1)", "early = Conv(x, w1)\n patches = Conv(early, w2)")
    found = nodes_in_float(named(text), owner, ())
    assert "placed" in found
    assert not {"early", "patches"} & found
