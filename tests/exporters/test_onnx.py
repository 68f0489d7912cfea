import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.artifact import Precision
from edgekit.errors import CalibrationError
from edgekit.exporters import ExportOptions
from edgekit.exporters.onnx import OnnxExporter
from edgekit.quantization import CalibrationSet

Images = NDArray[np.uint8]
Scores = NDArray[np.float32]


def run(content: bytes, images: Images) -> Scores:
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(["scores"], {"pixels": images.astype(np.float32)})[0]


def parsed(content: bytes) -> Any:
    import onnx

    return onnx.ModelProto.FromString(content)


def operators(content: bytes) -> Counter[str]:
    return Counter(node.op_type for node in parsed(content).graph.node)


@pytest.fixture(scope="module")
def exporter(model: Any) -> OnnxExporter:
    return OnnxExporter(model, ExportOptions())


@pytest.fixture(scope="module")
def contents(exporter: OnnxExporter, calibration: CalibrationSet) -> dict[Precision, bytes]:
    return {precision: exporter.convert(precision, calibration) for precision in exporter.precisions}


@pytest.mark.parametrize(("precision", "tolerance"), [(Precision.FLOAT32, 1e-4), (Precision.INT8, 0.25)])
def test_every_precision_answers_as_keras_does(
    contents: dict[Precision, bytes], images: Images, reference: Scores, precision: Precision, tolerance: float
) -> None:
    scores = run(contents[precision], images)
    assert np.abs(scores - reference).max() < tolerance
    assert (scores.argmax(1) == reference.argmax(1)).mean() > 0.9


def test_the_batch_is_free(contents: dict[Precision, bytes], images: Images) -> None:
    for content in contents.values():
        shape = parsed(content).graph.input[0].type.tensor_type.shape.dim
        assert [each.dim_param or each.dim_value for each in shape] == ["batch", 32, 32, 3]
        assert np.allclose(run(content, images[:1]), run(content, images[:7])[:1], atol=1e-5)


def test_old_runtimes_can_read_the_files(contents: dict[Precision, bytes]) -> None:
    for content in contents.values():
        model = parsed(content)
        assert model.ir_version == 8
        assert [(each.domain, each.version) for each in model.opset_import] == [("", 15)]


def test_nothing_of_this_machine_and_its_tools_stands_in_the_file(contents: dict[Precision, bytes]) -> None:
    for content in contents.values():
        assert tempfile.gettempdir().encode() not in content
        assert str(Path.home()).encode() not in content
        model = parsed(content)
        assert (model.producer_name, model.doc_string, list(model.metadata_props)) == ("edgekit", "", [])


def test_int8_has_one_scale_a_channel_and_unsigned_activations(contents: dict[Precision, bytes]) -> None:
    graph = parsed(contents[Precision.INT8]).graph
    constants = {each.name: each for each in graph.initializer}
    producers = {node.output[0]: node for node in graph.node}
    int8, uint8 = 3, 2
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    assert len(convolutions) == 2
    for node in convolutions:
        weights, scale = (constants[name] for name in producers[node.input[1]].input[:2])
        assert weights.data_type == int8
        assert list(scale.dims) == [weights.dims[0]]
    quantizers = [node for node in graph.node if node.op_type == "QuantizeLinear"]
    assert quantizers
    assert {constants[node.input[2]].data_type for node in quantizers} == {uint8}


def test_int8_takes_pixels_without_rounding_them(contents: dict[Precision, bytes]) -> None:
    import onnx

    graph = parsed(contents[Precision.INT8]).graph
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    first = next(node for node in graph.node if node.input[0] == "pixels")
    assert first.op_type == "QuantizeLinear"
    assert (float(constants[first.input[1]]), int(constants[first.input[2]])) == (1.0, 0)


def test_int8_scores_are_not_rounded_into_ties(contents: dict[Precision, bytes], images: Images) -> None:
    graph = parsed(contents[Precision.INT8]).graph
    producers = {node.output[0]: node for node in graph.node}
    softmax = producers["scores"]
    assert (softmax.op_type, producers[softmax.input[0]].op_type) == ("Softmax", "Gemm")
    highest = np.sort(run(contents[Precision.INT8], images), axis=1)[:, -2:]
    assert (highest[:, 0] < highest[:, 1]).all()


def test_batch_normalization_is_folded_and_one_transpose_is_left() -> None:
    import keras_models

    content = OnnxExporter(keras_models.plain_network(), ExportOptions()).convert(Precision.FLOAT32, None)
    assert operators(content)["Transpose"] == 1
    assert operators(content)["Mul"] == 1, "the scaling of the pixels, and nothing of batch normalization"
    assert not {"BatchNormalization", "Add", "MatMul"} & set(operators(content))


def test_flatten_keeps_no_arithmetic_on_shapes(contents: dict[Precision, bytes]) -> None:
    assert not {"Shape", "Gather", "Slice", "Concat", "Cast"} & set(operators(contents[Precision.FLOAT32]))


def test_a_second_exporter_makes_the_same_bytes(
    model: Any, contents: dict[Precision, bytes], calibration: CalibrationSet
) -> None:
    again = OnnxExporter(model, ExportOptions())
    assert {each: again.convert(each, calibration) for each in again.precisions} == contents


def test_int8_without_images_is_refused(exporter: OnnxExporter) -> None:
    with pytest.raises(CalibrationError, match="training split"):
        exporter.convert(Precision.INT8, None)


def test_the_terminal_stays_quiet(exporter: OnnxExporter, calibration: CalibrationSet, capfd: Any) -> None:
    exporter.convert(Precision.INT8, calibration)
    assert capfd.readouterr() == ("", "")
