import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.artifact import Precision
from edgekit.exporting.formats import ExportOptions, OnnxOptions
from edgekit.exporting.keras.classifier import as_classifier
from edgekit.exporting.onnx.exporter import OnnxExporter
from edgekit.exporting.onnx.targets import OrtTarget, missing_in_mobile
from edgekit.foundation.errors import CalibrationError, ExportError, UnknownNameError, UsageError
from edgekit.quantization import CalibrationSet
from edgekit.quantization.scheme import PERCENTILE, CalibrationMethod, Granularity, QuantizationScheme

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


@pytest.mark.parametrize(
    ("precision", "tolerance"),
    [(Precision.FLOAT32, 1e-4), (Precision.FLOAT16, 0.02), (Precision.DYNAMIC, 0.15), (Precision.INT8, 0.25)],
)
def test_every_precision_answers_as_keras_does(
    contents: dict[Precision, bytes], images: Images, reference: Scores, precision: Precision, tolerance: float
) -> None:
    scores = run(contents[precision], images)
    assert np.abs(scores - reference).max() < tolerance
    assert (scores.argmax(1) == reference.argmax(1)).mean() > 0.9


@pytest.mark.parametrize("is_nested", [False, True])
def test_tensors_that_operations_are_called_with_are_constants(images: Images, is_nested: bool) -> None:
    """The mean that preprocess_input takes away, and a position added to every place, which is larger."""
    from support.keras_models import import_keras, plain_network

    keras = import_keras("the tests", backend="tensorflow")
    position = keras.ops.reshape(keras.ops.arange(32 * 32, dtype="float32"), (32, 32, 1))

    def network(pixels: Any) -> Any:
        return plain_network()(keras.applications.vgg16.preprocess_input(pixels) + position)

    pixels = keras.Input((32, 32, 3))
    inner = keras.Model(pixels, network(pixels))
    outer = keras.Input((32, 32, 3))
    model, _ = as_classifier(keras.Model(outer, inner(outer)) if is_nested else inner, (32, 32, 3), 10)
    content = OnnxExporter(model, ExportOptions()).convert(Precision.FLOAT32, None)
    expected = np.asarray(model(images.astype(np.float32), training=False))
    assert np.abs(run(content, images) - expected).max() < 1e-4


@pytest.mark.parametrize("kind", ["LayerNormalization", "RMSNormalization", "UnitNormalization"])
def test_int8_normalizes_in_float(images: Images, calibration: CalibrationSet, kind: str) -> None:
    """In 256 steps a small deviation is 0, or the factor 1 / deviation of one place leaves no steps for the others."""
    from support.keras_models import import_keras, plain_network

    network = plain_network(middle=getattr(import_keras().layers, kind)(name="deviations"))
    expected = np.asarray(network(images.astype(np.float32), training=False))
    content = OnnxExporter(network, ExportOptions()).convert(Precision.INT8, calibration)
    rounded = [node.input[0] for node in parsed(content).graph.node if node.op_type == "QuantizeLinear"]
    assert sum("deviations" in name for name in rounded) == 1, "what it gives, and nothing on the way"
    assert np.abs(run(content, images) - expected).max() < 0.05


def test_the_batch_is_free(contents: dict[Precision, bytes], images: Images) -> None:
    for content in contents.values():
        shape = parsed(content).graph.input[0].type.tensor_type.shape.dim
        assert [each.dim_param or each.dim_value for each in shape] == ["batch", 32, 32, 3]
        assert np.allclose(run(content, images[:1]), run(content, images[:7])[:1], atol=1e-5)


@pytest.mark.parametrize(("target", "versions"), [("1.16", (8, 15)), ("1.9", (7, 15)), ("1.6", (7, 13))])
def test_a_file_is_as_old_as_its_target(
    exporter: OnnxExporter,
    contents: dict[Precision, bytes],
    calibration: CalibrationSet,
    images: Images,
    target: str,
    versions: tuple[int, int],
) -> None:
    options = ExportOptions(onnx=OnnxOptions(target=OrtTarget.parse(target)))
    older = exporter.with_options(options)
    for precision in older.precisions:
        content = older.convert(precision, calibration)
        model = parsed(content)
        assert model.ir_version == versions[0]
        assert [(each.domain, each.version) for each in model.opset_import] == [("", versions[1])]
        assert operators(content) == operators(contents[precision])
        assert np.allclose(run(content, images), run(contents[precision], images), atol=1e-5)


def test_before_scales_a_channel_int8_has_one_a_tensor(
    exporter: OnnxExporter, calibration: CalibrationSet, images: Images, reference: Scores
) -> None:
    onnx_options = OnnxOptions(target=OrtTarget.parse("1.3"))
    with pytest.raises(UsageError, match="--per-tensor"):
        exporter.choices(Precision.INT8, ExportOptions(onnx=onnx_options))
    scheme = QuantizationScheme(granularity=Granularity.PER_TENSOR)
    content = exporter.with_options(ExportOptions(onnx=onnx_options, scheme=scheme)).convert(
        Precision.INT8, calibration
    )
    assert parsed(content).opset_import[0].version == 12
    assert (run(content, images).argmax(1) == reference.argmax(1)).mean() > 0.9


def test_no_file_needs_what_mobile_builds_lack(contents: dict[Precision, bytes]) -> None:
    for content in contents.values():
        assert missing_in_mobile(content) == ()


def test_sizes_are_what_the_precisions_promise(contents: dict[Precision, bytes]) -> None:
    size = {precision: len(content) / len(contents[Precision.FLOAT32]) for precision, content in contents.items()}
    assert 0.5 < size[Precision.FLOAT16] < 0.56
    assert 0.25 < size[Precision.DYNAMIC] < 0.36
    assert 0.25 < size[Precision.INT8] < 0.40


@pytest.mark.parametrize("precision", list(OnnxExporter.precisions))
def test_channels_first_answers_the_same_without_a_transpose(
    exporter: OnnxExporter,
    contents: dict[Precision, bytes],
    calibration: CalibrationSet,
    images: Images,
    precision: Precision,
) -> None:
    turned = exporter.with_options(ExportOptions(onnx=OnnxOptions(layout="nchw"))).convert(precision, calibration)
    shape = parsed(turned).graph.input[0].type.tensor_type.shape.dim
    assert [each.dim_param or each.dim_value for each in shape] == ["batch", 3, 32, 32]
    assert operators(turned)["Transpose"] == 0
    assert operators(contents[precision])["Transpose"] == 1
    scores = run(turned, np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    assert np.allclose(scores, run(contents[precision], images), atol=0.05)


def constants_of(content: bytes) -> dict[str, Any]:
    import onnx

    return {each.name: onnx.numpy_helper.to_array(each) for each in parsed(content).graph.initializer}


@pytest.mark.parametrize("method", [CalibrationMethod.PERCENTILE, CalibrationMethod.ENTROPY, CalibrationMethod.MSE])
@pytest.mark.parametrize("activations", ["uint8", "int8"])
def test_ranges_by_histogram_are_narrower_and_round_no_pixel(
    exporter: OnnxExporter,
    contents: dict[Precision, bytes],
    calibration: CalibrationSet,
    images: Images,
    reference: Scores,
    method: CalibrationMethod,
    activations: str,
) -> None:
    percentile = 99.0 if method is CalibrationMethod.PERCENTILE else PERCENTILE
    scheme = QuantizationScheme(calibration=method, percentile=percentile)
    options = ExportOptions(scheme=scheme, onnx=OnnxOptions(activations=activations))
    content = exporter.with_options(options).convert(Precision.INT8, calibration)
    assert (run(content, images).argmax(1) == reference.argmax(1)).mean() > 0.9
    narrow, wide = activation_scales(content), activation_scales(contents[Precision.INT8])
    assert narrow.keys() == wide.keys()
    assert narrow["pixels"] == 1.0
    assert sum(narrow[name] < 0.99 * wide[name] for name in narrow) >= 2


def activation_scales(content: bytes) -> dict[str, float]:
    constants = constants_of(content)
    quantizers = [node for node in parsed(content).graph.node if node.op_type == "QuantizeLinear"]
    return {node.input[0]: float(constants[node.input[1]]) for node in quantizers}


def largest_weight(content: bytes) -> int:
    """The largest absolute value of all int8 weights of convolutions and dense layers."""
    constants, nodes = constants_of(content), parsed(content).graph.node
    producers = {node.output[0]: node for node in nodes}
    weights = [producers[node.input[1]].input[0] for node in nodes if node.op_type in ("Conv", "Gemm", "MatMul")]
    return max(int(np.abs(constants[name].astype(int)).max()) for name in weights)


def test_weights_have_seven_bits_by_default_so_that_no_processor_overflows(
    exporter: OnnxExporter, calibration: CalibrationSet
) -> None:
    """255 * 64 * 2 = 32,640 fits in 16 bits; 255 * 127 * 2 does not."""
    assert largest_weight(exporter.convert(Precision.INT8, calibration)) == 64
    full = exporter.with_options(ExportOptions(onnx=OnnxOptions(reduce_range=False)))
    assert largest_weight(full.convert(Precision.INT8, calibration)) == 127


def test_signed_activations_reduced_weights_and_one_scale_a_tensor(
    exporter: OnnxExporter, calibration: CalibrationSet, images: Images, reference: Scores
) -> None:
    options = ExportOptions(
        scheme=QuantizationScheme(granularity=Granularity.PER_TENSOR),
        onnx=OnnxOptions(activations="int8", reduce_range=True),
    )
    content = exporter.with_options(options).convert(Precision.INT8, calibration)
    constants = constants_of(content)
    producers = {node.output[0]: node for node in parsed(content).graph.node}
    for node in parsed(content).graph.node:
        if node.op_type == "QuantizeLinear":
            assert constants[node.input[2]].dtype == np.int8
        if node.op_type in ("Conv", "Gemm"):
            weights, scale = (constants[name] for name in producers[node.input[1]].input[:2])
            assert weights.dtype == np.int8
            assert np.abs(weights.astype(int)).max() <= 64
            assert scale.size == 1
    assert (run(content, images).argmax(1) == reference.argmax(1)).mean() > 0.85


def test_calibration_by_histogram_takes_no_more_memory_for_more_images(exporter: OnnxExporter, digits: Any) -> None:
    """ONNX Runtime's calibrators would keep every activation of every image."""
    import tracemalloc

    def peak(num_images: int) -> int:
        tracemalloc.start()
        try:
            exporter._activations(CalibrationSet.choose(digits, num_images)).ranges(
                QuantizationScheme(calibration=CalibrationMethod.PERCENTILE)
            )
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(110) < 1.2 * peak(30)


def float_products(content: bytes) -> list[tuple[int, ...]]:
    """Shapes of the weights of convolutions and products that compute in float."""
    constants = constants_of(content)
    nodes = [node for node in parsed(content).graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
    return [constants[node.input[1]].shape for node in nodes if node.input[1] in constants]


def test_each_layer_can_be_kept_in_float_by_its_name(calibration: CalibrationSet, images: Images) -> None:
    """Batch normalization is folded, so that convolutions have lost their names, and are known by their weights."""
    from support import keras_models

    network = keras_models.plain_network()
    exporter = OnnxExporter(network, ExportOptions())
    reference = np.asarray(network(images.astype(np.float32)))
    assert float_products(exporter.convert(Precision.INT8, calibration)) == []
    for layer in [layer for layer in network.layers if "conv" in layer.name or "dense" in layer.name]:
        scheme = QuantizationScheme(float_layers=(layer.name,))
        content = exporter.with_options(ExportOptions(scheme=scheme)).convert(Precision.INT8, calibration)
        kernel = layer.get_weights()[0]
        shapes = (kernel.shape, kernel.shape[::-1]) if kernel.ndim == 2 else (kernel.transpose(3, 2, 0, 1).shape,)
        assert len(found := float_products(content)) == 1, layer.name
        assert found[0] in shapes, layer.name
        assert np.abs(run(content, images) - reference).max() < 0.25


def test_layers_that_are_not_there_or_have_no_node(calibration: CalibrationSet) -> None:
    from support import keras_models

    network = keras_models.plain_network()
    folded = next(layer.name for layer in network.layers if "batch_norm" in layer.name)
    for name, error, message in (
        ("conf2d", UnknownNameError, "Unknown layer 'conf2d'. Did you mean 'conv2d"),
        (folded, ExportError, f"Layer {folded} has no operator of its own"),
    ):
        options = ExportOptions(scheme=QuantizationScheme(float_layers=(name,)))
        with pytest.raises(error, match=message):
            OnnxExporter(network, options).convert(Precision.INT8, calibration)


def test_logits_are_called_so_and_not_rounded(
    model: Any, calibration: CalibrationSet, images: Images, reference: Scores
) -> None:
    exporter = OnnxExporter(model, ExportOptions(output="logits"))
    for precision in exporter.precisions:
        content = exporter.convert(precision, calibration)
        graph = parsed(content).graph
        assert graph.output[0].name == "logits"
        assert "Softmax" not in operators(content)
        assert graph.node[-1].op_type in ("Gemm", "Cast")
        import onnxruntime

        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        logits = session.run(["logits"], {"pixels": images.astype(np.float32)})[0]
        assert logits.min() < 0
        assert (logits.argmax(1) == reference.argmax(1)).mean() > 0.9


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
    from support import keras_models

    content = OnnxExporter(keras_models.plain_network(), ExportOptions()).convert(Precision.FLOAT32, None)
    assert operators(content)["Transpose"] == 1
    assert operators(content)["Mul"] == 1, "the scaling of the pixels, and nothing of batch normalization"
    assert not {"BatchNormalization", "Add", "MatMul"} & set(operators(content))


def test_the_exact_gelu_is_made_of_operators_that_onnx_has(images: Images) -> None:
    from support import keras_models

    network = keras_models.plain_network(middle=keras_models.import_keras().layers.Activation("gelu"))
    content = OnnxExporter(network, ExportOptions()).convert(Precision.FLOAT32, None)
    assert operators(content)["Erf"] == 1
    assert np.abs(run(content, images) - network(images.astype(np.float32))).max() < 1e-5


@pytest.mark.parametrize(("precision", "tolerance"), [(Precision.FLOAT32, 1e-6), (Precision.INT8, 1e-3)])
def test_celu_is_made_of_operators_that_mobile_builds_have(
    images: Images, calibration: CalibrationSet, precision: Precision, tolerance: float
) -> None:
    from support.keras_models import import_keras, plain_network

    celu = import_keras().layers.Activation("celu")
    network = plain_network(middle=lambda x: celu(x - 1))  # x is at least 0
    content = OnnxExporter(network, ExportOptions()).convert(precision, calibration)
    assert operators(content)["Exp"] == 1
    assert not missing_in_mobile(content)
    assert np.abs(run(content, images) - np.asarray(network(images.astype(np.float32)))).max() < tolerance


def test_a_grouped_convolution_is_one_convolution(images: Images) -> None:
    from support.keras_models import import_keras, plain_network

    network = plain_network(middle=import_keras().layers.Conv2D(8, 3, padding="same", groups=4))
    content = OnnxExporter(network, ExportOptions()).convert(Precision.FLOAT32, None)
    assert operators(content)["Conv"] == 3
    assert np.abs(run(content, images) - np.asarray(network(images.astype(np.float32)))).max() < 1e-4


def test_adapted_statistics_are_constants_and_no_further_inputs(images: Images) -> None:
    from support import keras_models

    normalization = keras_models.import_keras().layers.Normalization()
    normalization.adapt(np.linspace(-1, 3, 160).reshape(2, 5, 2, 8).astype(np.float32))
    classifier, _ = as_classifier(keras_models.plain_network(middle=normalization), (32, 32, 3), 10)
    content = OnnxExporter(classifier, ExportOptions()).convert(Precision.FLOAT32, None)
    assert np.abs(run(content, images) - classifier(images.astype(np.float32))).max() < 1e-5


def test_an_operator_that_onnx_lacks_is_named_and_nothing_else_is_said(capfd: Any) -> None:
    from support import keras_models

    network = keras_models.plain_network(middle=lambda x: keras_models.import_keras().ops.erfinv(x))
    with pytest.raises(ExportError, match=r"ONNX has no operator for TensorFlow's Erfinv \(as in '.*erfinv.*'\)"):
        OnnxExporter(network, ExportOptions())
    assert capfd.readouterr() == ("", "")


def test_flatten_keeps_no_arithmetic_on_shapes(contents: dict[Precision, bytes]) -> None:
    assert not {"Shape", "Gather", "Slice", "Concat", "Cast"} & set(operators(contents[Precision.FLOAT32]))


def test_a_second_exporter_makes_the_same_bytes(
    model: Any, contents: dict[Precision, bytes], calibration: CalibrationSet
) -> None:
    again = OnnxExporter(model, ExportOptions())
    assert {each: again.convert(each, calibration) for each in again.precisions} == contents


def test_a_normalization_gets_the_same_bytes_with_other_networks_between(calibration: CalibrationSet) -> None:
    from support.keras_models import import_keras, plain_network

    layers = import_keras().layers
    network = plain_network(middle=layers.LayerNormalization())
    other = plain_network(middle=layers.RMSNormalization())
    first, _, again = (
        [OnnxExporter(each, ExportOptions()).convert(precision, calibration) for precision in OnnxExporter.precisions]
        for each in (network, other, network)
    )
    assert again == first


def test_int8_without_images_is_refused(exporter: OnnxExporter) -> None:
    with pytest.raises(CalibrationError, match="training split"):
        exporter.convert(Precision.INT8, None)


@pytest.mark.parametrize("method", [CalibrationMethod.MINMAX, CalibrationMethod.PERCENTILE])
def test_the_terminal_stays_quiet(
    exporter: OnnxExporter, calibration: CalibrationSet, method: CalibrationMethod, capfd: Any
) -> None:
    options = ExportOptions(scheme=QuantizationScheme(calibration=method))
    for precision in exporter.precisions:
        exporter.with_options(options).convert(precision, calibration)
    assert capfd.readouterr() == ("", "")
