from typing import Any

import numpy as np
import pytest

from edgekit.exporting.onnx.canonical_form import in_canonical_form
from edgekit.exporting.onnx.graph import as_proto, sizes_of
from edgekit.exporting.onnx.layout import with_channels_first, without_needless_transposes

HEIGHT, WIDTH, CHANNELS, CLASSES = 4, 5, 3, 2


def count_transposes(model: Any) -> int:
    return sum(node.op_type == "Transpose" for node in model.graph)


def graph(*, middle: list[Any] = (), transposed_weights: bool = False, second_reader: bool = False) -> Any:  # type: ignore[assignment]
    """Pixels (N, 4, 5, 3), scaled, convolved with 1x1 in (N, C, H, W), flattened as (N, H, W, C), times a matrix."""
    import onnx_ir as ir
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    size = HEIGHT * WIDTH * CHANNELS
    dense = random.normal(size=(CLASSES, size) if transposed_weights else (size, CLASSES)).astype(np.float32)
    constants = {
        "scale": np.array([0.5, 0.25, 2.0], np.float32),
        "kernel": random.normal(size=(CHANNELS, CHANNELS, 1, 1)).astype(np.float32),
        "flat": np.array([-1, size], np.int64),
        "dense": dense,
        "vector": random.normal(size=size).astype(np.float32),
        "small": np.array(0.5, np.float32),
    }
    product = (
        helper.make_node("Gemm", ["body", "dense"], ["y"], transB=1)
        if transposed_weights
        else helper.make_node("MatMul", ["body", "dense"], ["y"])
    )
    names = ["reshaped", *[f"middle{at}" for at in range(len(middle))]]
    names[-1] = "body"
    nodes = [
        helper.make_node("Mul", ["x", "scale"], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["first"], perm=(0, 3, 1, 2)),
        helper.make_node("Conv", ["first", "kernel"], ["convolved"]),
        helper.make_node("Transpose", ["convolved"], ["last"], perm=(0, 2, 3, 1)),
        helper.make_node("Reshape", ["last", "flat"], names[:1]),
        *[
            helper.make_node(kind, [names[at], *more], [names[at + 1]], **options)
            for at, (kind, more, options) in enumerate(middle)
        ],
        product,
    ]
    if second_reader:
        nodes.append(helper.make_node("ReduceMean", ["body"], ["mean"], axes=[1]))
        nodes.append(helper.make_node("Add", ["y", "mean"], ["z"]))
    used = {name for node in nodes for name in node.input}
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "test",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", HEIGHT, WIDTH, CHANNELS])],
            [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, ["N", CLASSES])],
            [numpy_helper.from_array(value, name) for name, value in constants.items() if name in used],
        ),
        opset_imports=[helper.make_opsetid("", 15)],
    )
    return in_canonical_form(ir.from_proto(model))


def run(model: Any, pixels: Any) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(as_proto(model).SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"pixels": pixels})[0]


def pixels() -> Any:
    return np.random.default_rng(1).uniform(0, 255, (6, HEIGHT, WIDTH, CHANNELS)).astype(np.float32)


MIDDLES: list[list[Any]] = [
    [],
    [("LeakyRelu", [], {"alpha": 0.1})],
    [("Mul", ["vector"], {}), ("Relu", [], {}), ("Add", ["small"], {})],
]


@pytest.mark.parametrize("transposed_weights", [False, True])
@pytest.mark.parametrize("middle", MIDDLES)
def test_the_transpose_before_a_flatten_goes_into_the_weights(middle: list[Any], transposed_weights: bool) -> None:
    before = graph(middle=middle, transposed_weights=transposed_weights)
    after = without_needless_transposes(before)
    assert (count_transposes(before), count_transposes(after)) == (2, 1)
    assert np.allclose(run(after, pixels()), run(before, pixels()), rtol=1e-4)


def test_channels_first_needs_none() -> None:
    before = graph()
    after = in_canonical_form(with_channels_first(before))
    assert sizes_of(after.graph.inputs[0]) == [0, CHANNELS, HEIGHT, WIDTH]
    assert count_transposes(after) == 0
    assert np.allclose(run(after, pixels().transpose(0, 3, 1, 2)), run(before, pixels()), rtol=1e-4)


def test_what_others_read_stays() -> None:
    before = graph(second_reader=True)
    after = without_needless_transposes(before)
    assert count_transposes(after) == 2
    assert np.array_equal(run(after, pixels()), run(before, pixels()))


def test_a_softmax_over_the_flattened_stays() -> None:
    before = graph(middle=[("Softmax", [], {"axis": 1})])
    after = without_needless_transposes(before)
    assert count_transposes(after) == 2
    assert np.array_equal(run(after, pixels()), run(before, pixels()))


def test_a_dense_layer_at_every_place_is_left_alone() -> None:
    import onnx_ir as ir

    before = graph()
    for constant in before.graph.initializers.values():
        values = constant.const_value.numpy()
        if values.dtype == np.int64:
            constant.const_value = ir.tensor(np.array([-1, CHANNELS]), name=constant.name)
        elif values.shape == (HEIGHT * WIDTH * CHANNELS, CLASSES):
            constant.const_value = ir.tensor(values[:CHANNELS], name=constant.name)
            constant.shape = ir.Shape([CHANNELS, CLASSES])
    after = without_needless_transposes(before)
    assert np.array_equal(run(after, pixels()), run(before, pixels()))


def test_the_given_model_is_not_changed() -> None:
    before = graph()
    copy = as_proto(before).SerializeToString()
    with_channels_first(before)
    assert as_proto(before).SerializeToString() == copy
