import numpy as np
import pytest
from support import tiny_models

from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.kernels import inspect_kernels


def test_onnx_kernels_by_hand(tmp_path):
    from onnx import TensorProto, helper, numpy_helper, save

    weights = np.array([[0, 0, 1], [2, 2, 0]], np.float32)  # rows are channels: Gemm with transB
    node = helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", 3))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ("N", 2))],
        [numpy_helper.from_array(weights, "w")],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)]), tmp_path / "one.onnx")
    found = inspect_kernels(tmp_path / "one.onnx")
    (kernel,) = found.kernels
    assert (kernel.name, kernel.dtype, kernel.num_weights) == ("w", "float32", 6)
    assert (kernel.num_zeros, kernel.num_distinct, kernel.num_distinct_in_a_channel) == (3, 3, 2)
    assert found.sparsity == 0.5
    assert found.to_dict()["kernels"][0]["num_zeros"] == 3


@pytest.mark.parametrize(("name", "dtype"), [("float32", "float32"), ("float16", "float16"), ("int8", "int8")])
def test_tflite_kernels_in_every_precision(tmp_path, name, dtype):
    path = tmp_path / f"{name}.tflite"
    path.write_bytes(tiny_models.converted_models()[name])
    found = inspect_kernels(path)
    assert [each.num_weights for each in found.kernels] == [3 * 3 * 3 * 16, 3 * 3 * 16 * 16, 16 * 5]
    assert {each.dtype for each in found.kernels} == {dtype}
    assert found.size_bytes == path.stat().st_size
    assert 0 < found.zipped_bytes < found.size_bytes + 100


def test_the_int8_weights_of_a_dynamic_onnx_file_are_counted(tmp_path):
    """They stand behind a Cast and a Mul by their scale."""
    import onnx_ir as ir
    from onnx import TensorProto, helper, numpy_helper

    from edgekit.exporting.onnx.weights import with_integer_weights

    weights = np.zeros((32, 64), np.float32)
    weights[:, ::2] = 0.5
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", 32))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ("N", 64))],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)])
    ir.save(with_integer_weights(ir.from_proto(model), is_per_channel=True), tmp_path / "dynamic.onnx")
    (kernel,) = inspect_kernels(tmp_path / "dynamic.onnx").kernels
    assert (kernel.dtype, kernel.num_weights, kernel.num_zeros) == ("int8", 2048, 1024)


def test_a_graph_that_goes_round_in_a_circle_ends(tmp_path):
    from onnx import TensorProto, helper, save

    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["b"], ["a"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["a", "a"], ["b"]),
            helper.make_node("MatMul", ["x", "a"], ["y"]),
        ],
        "round",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", 2))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ("N", 3))],
    )
    save(helper.make_model(graph), tmp_path / "round.onnx")
    assert inspect_kernels(tmp_path / "round.onnx").kernels == ()


def test_what_is_no_model_is_a_sentence(tmp_path):
    (tmp_path / "x.tflite").write_text("no model")
    with pytest.raises(ArtifactError, match="not a model that edgekit can read"):
        inspect_kernels(tmp_path / "x.tflite")


def test_a_kernel_that_is_cut_short_is_a_sentence(tmp_path):
    from onnx import TensorProto, helper, save

    weights = helper.make_tensor("w", TensorProto.FLOAT, (2, 3), np.zeros(6, np.float32).tobytes(), raw=True)
    weights.raw_data = weights.raw_data[:-1]
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", 2))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ("N", 3))],
        [weights],
    )
    save(helper.make_model(graph), tmp_path / "short.onnx")
    with pytest.raises(ArtifactError, match=r"The weights in .*short\.onnx cannot be read"):
        inspect_kernels(tmp_path / "short.onnx")
