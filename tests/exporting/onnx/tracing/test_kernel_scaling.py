from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.exporting.onnx.tracing.kernel_scaling import scale_kernels
from edgekit.foundation.keras_setup import import_tensorflow

KERNEL = np.arange(6, dtype=np.float32).reshape(1, 1, 3, 2)


def scaled(factor: NDArray[np.float32], *, data_format: str = "NHWC", reads_twice: bool = False) -> tuple[Any, Any]:
    """The graph of conv(x, W) * factor, and the weights, behind the change."""
    tf = import_tensorflow("the tests")
    with tf.Graph().as_default() as graph:
        shape = (None, 4, 4, 3) if data_format == "NHWC" else (None, 3, 4, 4)
        x = tf.compat.v1.placeholder(tf.float32, shape, name="x")
        kernel = tf.identity(tf.compat.v1.placeholder(tf.float32, KERNEL.shape, name="W"))
        answer = tf.nn.conv2d(x, kernel, 1, "VALID", data_format=data_format, name="conv")
        product = tf.multiply(answer, tf.constant(factor), name="product")
        tf.identity(product + answer if reads_twice else product, name="end")
    definition, carried = graph.as_graph_def(), {"W": KERNEL}
    scale_kernels(definition, carried)
    return {node.name: node for node in definition.node}, carried


def test_a_factor_per_channel_goes_into_the_kernel_by_hand() -> None:
    nodes, carried = scaled(np.array([10, 100], np.float32))
    assert "conv" not in nodes
    assert nodes["product"].op == "Conv2D"
    assert list(nodes["product"].input) == ["x", "conv/scaled_kernel"]
    assert nodes["conv/scaled_kernel"].op == "Placeholder"
    assert list(nodes["end"].input) == ["product"]
    assert carried["conv/scaled_kernel"].reshape(3, 2).tolist() == [[0, 100], [20, 300], [40, 500]]


def test_one_factor_for_all_goes_into_the_kernel_too() -> None:
    _, carried = scaled(np.array(2, np.float32))
    assert np.array_equal(carried["conv/scaled_kernel"], KERNEL * 2)


@pytest.mark.parametrize(
    "options", [{"reads_twice": True}, {"factor": np.ones((4, 1, 1), np.float32)}, {"data_format": "NCHW"}]
)
def test_any_other_product_stays(options: dict[str, Any]) -> None:
    options = {"factor": np.array([10], np.float32), **options}
    nodes, carried = scaled(options.pop("factor"), **options)
    assert (nodes["conv"].op, nodes["product"].op) == ("Conv2D", "Mul")
    assert list(carried) == ["W"]


def test_a_convolution_of_three_dimensions_is_scaled_too() -> None:
    tf = import_tensorflow("the tests")
    kernel = KERNEL.reshape(1, 1, 1, 3, 2)
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, (None, 4, 4, 4, 3), name="x")
        weights = tf.compat.v1.placeholder(tf.float32, kernel.shape, name="W")
        answer = tf.nn.conv3d(x, weights, [1, 1, 1, 1, 1], "VALID", name="conv")
        tf.multiply(answer, tf.constant([10.0, 100.0]), name="product")
    definition, carried = graph.as_graph_def(), {"W": kernel}
    scale_kernels(definition, carried)
    assert {node.name: node.op for node in definition.node}["product"] == "Conv3D"
    assert carried["conv/scaled_kernel"].reshape(3, 2).tolist() == [[0, 100], [20, 300], [40, 500]]
