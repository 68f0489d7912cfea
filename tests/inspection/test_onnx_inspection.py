import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.tiny_models import SIDE, onnx_model

from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.model_file import inspect_file


def write(folder: Path, nodes: list[Any], constants: dict[str, Any], output: str = "scores") -> Path:
    """A model from "pixels", float32 (N, 3, 8, 8), to `output`."""
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ("N", 3, 8, 8))],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.example", 1)]
    path = folder / "model.onnx"
    path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString())
    return path


def quantized(name: str, scale: str = "scale", zero: str = "zero") -> list[Any]:
    """`name` -> Quantize -> Dequantize -> `name`_dq."""
    return [
        helper.make_node("QuantizeLinear", [name, scale, zero], [f"{name}_q"]),
        helper.make_node("DequantizeLinear", [f"{name}_q", scale, zero], [f"{name}_dq"]),
    ]


def operators_that_run(path: Path) -> set[str]:
    """The operators that ONNX Runtime makes of a file before it runs it."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(path.with_name("optimized.onnx"))
    options.log_severity_level = 3
    onnxruntime.InferenceSession(path, options)
    return {node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node}


CONSTANTS = {
    "scale": np.array(0.5, np.float32),
    "zero": np.array(0, np.int8),
    "w": np.ones((4, 3, 3, 3), np.int8),
    "w_scale": np.ones(4, np.float32),
    "w_zero": np.zeros(4, np.int8),
    "bias": np.ones(4, np.int32),
    "bias_scale": np.ones(4, np.float32),
}
CONVOLUTION = [
    *quantized("pixels"),
    helper.make_node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["w_dq"], axis=0),
    helper.make_node("DequantizeLinear", ["bias", "bias_scale"], ["bias_dq"], axis=0),
    helper.make_node("Conv", ["pixels_dq", "w_dq", "bias_dq"], ["x"], pads=[1, 1, 1, 1]),
    helper.make_node("Relu", ["x"], ["y"]),
    *quantized("y"),
]


def test_qdq_counts_as_integer_with_its_activation(tmp_path: Path) -> None:
    info = inspect_file(write(tmp_path, CONVOLUTION, CONSTANTS, output="y_dq"))
    assert info.quantization.verdict == "fully int8"
    assert (info.quantization.num_integer, info.quantization.num_computing) == (2, 2)
    assert info.weights_by_dtype == {"int8": 108, "int32": 4}
    assert info.quantization.num_per_channel == 2
    assert (info.quantization.num_quantize, info.quantization.num_dequantize) == (2, 4)
    assert info.multiply_adds == 8 * 8 * 4 * 27


def test_the_integers_that_hold_the_pixels_behind_a_change_of_layout(tmp_path: Path) -> None:
    moved = helper.make_node("Transpose", ["pixels"], ["moved"], perm=[0, 2, 3, 1])
    end = helper.make_node("Identity", ["moved_dq"], ["scores"])
    for nodes in (
        [moved, *quantized("moved"), end],
        [*quantized("pixels"), helper.make_node("Identity", ["pixels_dq"], ["scores"])],
    ):
        stored = inspect_file(write(tmp_path, nodes, CONSTANTS)).stored_input
        assert stored is not None
        assert (stored.name, stored.dtype, stored.scale, stored.zero_point) == ("pixels", "int8", 0.5, 0)


def test_pixels_that_are_computed_with_first_are_held_by_no_integers(tmp_path: Path) -> None:
    scaled = helper.make_node("Mul", ["pixels", "scale"], ["scaled"])
    end = helper.make_node("Identity", ["scaled_dq"], ["scores"])
    assert inspect_file(write(tmp_path, [scaled, *quantized("scaled"), end], CONSTANTS)).stored_input is None


def test_float_islands_are_named(tmp_path: Path) -> None:
    nodes = [*CONVOLUTION, helper.make_node("Softmax", ["y_dq"], ["scores"])]
    quantization = inspect_file(write(tmp_path, nodes, CONSTANTS)).quantization
    assert quantization.verdict == "int8 with float islands"
    assert quantization.float_operators == {"Softmax": 1}
    assert "Softmax" in quantization.explanation


def test_an_activation_that_is_not_quantized_makes_its_convolution_float(tmp_path: Path) -> None:
    quantization = inspect_file(write(tmp_path, CONVOLUTION[:-2], CONSTANTS, output="y")).quantization
    assert quantization.num_integer == 0
    assert quantization.verdict == "int8 weights only (dynamic range)"


def test_a_matrix_product_of_integers_may_write_float(tmp_path: Path) -> None:
    constants = {**CONSTANTS, "v": np.ones((8, 2), np.int8)}
    nodes = [
        *quantized("pixels"),
        helper.make_node("DequantizeLinear", ["v", "scale", "zero"], ["v_dq"]),
        helper.make_node("MatMul", ["pixels_dq", "v_dq"], ["scores"]),
    ]
    path = write(tmp_path, nodes, constants)
    assert inspect_file(path).quantization.verdict == "fully int8"
    assert "MatMulIntegerToFloat" in operators_that_run(path)


def test_int16_activations(tmp_path: Path) -> None:
    constants = {**CONSTANTS, "zero": np.array(0, np.int16)}
    quantization = inspect_file(write(tmp_path, CONVOLUTION, constants, output="y_dq")).quantization
    assert quantization.verdict == "int16 activations, int8 weights"


def test_operators_that_are_stored_as_integers(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("QuantizeLinear", ["pixels", "scale", "zero"], ["q"]),
        helper.make_node("QLinearConv", ["q", "scale", "zero", "w", "w_scale", "w_zero", "scale", "zero"], ["c"]),
        helper.make_node("Flatten", ["c"], ["f"]),
        helper.make_node("DequantizeLinear", ["f", "scale", "zero"], ["scores"]),
    ]
    info = inspect_file(write(tmp_path, nodes, CONSTANTS))
    assert info.quantization.verdict == "fully int8"
    assert info.weights_by_dtype == {"int8": 108}
    assert info.multiply_adds == 6 * 6 * 4 * 27


@pytest.mark.parametrize("stride", [1, 2])
def test_a_transposed_convolution_multiplies_what_goes_in(tmp_path: Path, stride: int) -> None:
    kernel = np.ones((3, 4, 2, 2), np.float32)  # input channels, output channels, height, width
    nodes = [helper.make_node("ConvTranspose", ["pixels", "w"], ["scores"], strides=[stride, stride])]
    info = inspect_file(write(tmp_path, nodes, {"w": kernel}))
    assert info.multiply_adds == 8 * 8 * 3 * (4 * 2 * 2)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((None, 5, 7, 3), (5, 7)),
        ((1, 3, 5, 7), (5, 7)),
        ((1, 3, None, 7), None),
        ((1, 5, 7, 1), (5, 7)),
        ((1, 3), None),
        ((1, 5, 7), (5, 7)),
        ((), None),
    ],
)
def test_the_size_of_the_images_that_go_in(
    tmp_path: Path, shape: tuple[int | None, ...], expected: tuple[int, int] | None
) -> None:
    value = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)
    graph = helper.make_graph([helper.make_node("Relu", ["pixels"], ["scores"])], "test", [value], [value])
    graph.output[0].name = "scores"
    path = tmp_path / "model.onnx"
    path.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8).SerializeToString()
    )
    assert inspect_file(path).image_size == expected


def test_a_float_model_in_detail(onnx_file: Path) -> None:
    info = inspect_file(onnx_file)
    assert info.inputs[0].shape == (None, SIDE, SIDE, 3)
    assert info.quantization.verdict == "float32"
    assert info.num_weights == 15
    assert info.multiply_adds == 15
    assert info.metadata["ir_version"] == "10"
    assert info.metadata["opset"] == "ai.onnx 18"
    assert json.dumps(info.to_dict(), allow_nan=False)


def test_custom_operators_are_marked(tmp_path: Path) -> None:
    info = inspect_file(write(tmp_path, [helper.make_node("Magic", ["pixels"], ["scores"], domain="com.example")], {}))
    assert [(o.name, o.kind) for o in info.operators] == [("com.example.Magic", "custom")]


def test_weights_in_other_files_are_named_and_not_read(tmp_path: Path) -> None:
    model = onnx_model()
    weights = next(tensor for tensor in model.graph.initializer if tensor.name == "weights")
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = "location", "../../no/such/file.bin"
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    info = inspect_file(path)
    assert info.metadata["weights in other files"] == "../../no/such/file.bin"
    assert info.num_weights == 15


def test_truncated_files_say_so(tmp_path: Path, onnx_file: Path) -> None:
    content = onnx_file.read_bytes()
    path = tmp_path / "short.onnx"
    for length in range(3, len(content), 17):
        path.write_bytes(content[:length])
        with pytest.raises(ArtifactError, match=r"truncated|not a complete"):
            inspect_file(path)


def test_mutated_files_are_read_or_refused_but_never_harm(tmp_path: Path, onnx_file: Path) -> None:
    rng = np.random.default_rng(5)
    path, refused = tmp_path / "mutated.onnx", 0
    for _ in range(300):
        content = bytearray(onnx_file.read_bytes())
        for position in rng.integers(0, len(content), 5):
            content[position] = rng.choice([0, 1, 8, 127, 128, 255])
        path.write_bytes(content)
        try:
            json.dumps(inspect_file(path).to_dict(), allow_nan=False)
        except ArtifactError:
            refused += 1
    assert refused > 10
