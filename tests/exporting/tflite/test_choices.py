"""What may be chosen of integer `.tflite` files, for both quantizers, each file run in LiteRT."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.files.tflite_files import interpreter_of, run

from edgekit.artifact import Precision
from edgekit.exporting.formats import ExportOptions, TFLiteOptions
from edgekit.exporting.keras.layer_names import LayerNames
from edgekit.exporting.tflite.exporter import TFLiteExporter
from edgekit.exporting.tflite.float_islands import find_islands, in_words
from edgekit.foundation.errors import CalibrationError, ExportError, UnknownNameError
from edgekit.quantization import CalibrationSet
from edgekit.quantization.scheme import CalibrationMethod, Granularity, QuantizationScheme

Images = NDArray[np.uint8]
Scores = NDArray[np.float32]

both_quantizers = pytest.mark.parametrize("quantizer", ["tensorflow", "ai-edge"])


@pytest.fixture(scope="module")
def exporter(model: Any) -> TFLiteExporter:
    return TFLiteExporter(model, ExportOptions())


def options(quantizer: str, *, output: str = "probabilities", scheme: Any = None, **tflite: Any) -> ExportOptions:
    return ExportOptions(
        output=output, scheme=scheme or QuantizationScheme(), tflite=TFLiteOptions(quantizer=quantizer, **tflite)
    )


def most_scales(content: bytes) -> int:
    """How many scales one tensor of the file has at most, read from the file: an interpreter may copy them."""
    from ai_edge_litert.schema_py_generated import Model, ModelT

    tensors = ModelT.InitFromObj(Model.GetRootAs(content, 0)).subgraphs[0].tensors
    scales = [each.quantization.scale for each in tensors if each.quantization is not None]
    return max(len(each) for each in scales if each is not None)


@both_quantizers
@pytest.mark.parametrize("precision", [Precision.DYNAMIC, Precision.INT8, Precision.INT16X8])
def test_both_quantizers_make_every_integer_precision(
    exporter: TFLiteExporter,
    calibration: CalibrationSet,
    images: Images,
    reference: Scores,
    quantizer: str,
    precision: Precision,
) -> None:
    content = exporter.with_options(options(quantizer)).convert(precision, calibration)
    scores = run(content, images)
    assert (scores.argmax(1) == reference.argmax(1)).mean() > 0.9
    details = interpreter_of(content).get_input_details()[0]
    assert details["dtype"] == (np.uint8 if precision is Precision.INT8 else np.float32)
    kinds = {each["dtype"] for each in interpreter_of(content).get_tensor_details()}
    assert (np.int16 in kinds) == (precision is Precision.INT16X8)


@both_quantizers
def test_given_the_same_images_both_set_the_same_ranges(
    exporter: TFLiteExporter, calibration: CalibrationSet, images: Images, quantizer: str
) -> None:
    content = exporter.with_options(options(quantizer)).convert(Precision.INT8, calibration)
    default = exporter.convert(Precision.INT8, calibration)
    assert np.abs(run(content, images) - run(default, images)).max() < 0.02


@both_quantizers
@pytest.mark.parametrize("precision", [Precision.DYNAMIC, Precision.INT8, Precision.INT16X8])
def test_one_scale_a_tensor(
    exporter: TFLiteExporter, calibration: CalibrationSet, quantizer: str, precision: Precision
) -> None:
    per_tensor = options(quantizer, scheme=QuantizationScheme(granularity=Granularity.PER_TENSOR))
    content = exporter.with_options(per_tensor).convert(precision, calibration)
    assert most_scales(content) == 1
    assert most_scales(exporter.with_options(options(quantizer)).convert(precision, calibration)) > 1


@both_quantizers
@pytest.mark.parametrize("io", ["uint8", "int8", "float32"])
def test_every_input_and_output_type(
    exporter: TFLiteExporter, calibration: CalibrationSet, images: Images, reference: Scores, quantizer: str, io: str
) -> None:
    content = exporter.with_options(options(quantizer, io=io)).convert(Precision.INT8, calibration)
    interpreter = interpreter_of(content)
    assert interpreter.get_input_details()[0]["dtype"] == interpreter.get_output_details()[0]["dtype"] == np.dtype(io)
    assert (run(content, images).argmax(1) == reference.argmax(1)).mean() > 0.9


@both_quantizers
def test_a_float_head_answers_in_float_and_without_ties(
    exporter: TFLiteExporter, model: Any, calibration: CalibrationSet, images: Images, quantizer: str
) -> None:
    content = exporter.with_options(options(quantizer, float_head=True)).convert(Precision.INT8, calibration)
    interpreter = interpreter_of(content)
    assert interpreter.get_input_details()[0]["dtype"] == np.uint8
    assert interpreter.get_output_details()[0]["dtype"] == np.float32
    last = model.layers[-1].name
    assert in_words(find_islands(content, LayerNames(model))) == f"FULLY_CONNECTED ({last}), SOFTMAX ({last})"
    scores = run(content, images)
    assert len(np.unique(scores)) > 256
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)


@both_quantizers
def test_int8_logits_are_what_the_softmax_would_have_been_given(
    model: Any, calibration: CalibrationSet, images: Images, reference: Scores, quantizer: str
) -> None:
    content = TFLiteExporter(model, options(quantizer, output="logits")).convert(Precision.INT8, calibration)
    logits = run(content, images)
    assert interpreter_of(content).get_signature_list()["serving_default"]["outputs"] == ["logits"]
    assert logits.min() < 0
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert np.abs(probabilities / probabilities.sum(axis=1, keepdims=True) - reference).max() < 0.25


@both_quantizers
@pytest.mark.parametrize("method", ["percentile", "mse", "entropy"])
def test_robust_ranges_are_narrower(
    exporter: TFLiteExporter,
    calibration: CalibrationSet,
    images: Images,
    reference: Scores,
    quantizer: str,
    method: str,
) -> None:
    scheme = QuantizationScheme(calibration=CalibrationMethod(method))
    content = exporter.with_options(options(quantizer, scheme=scheme)).convert(Precision.INT8, calibration)
    default = exporter.with_options(options(quantizer)).convert(Precision.INT8, calibration)
    assert interpreter_of(content).get_input_details()[0]["quantization"] == (1.0, 0)
    assert _sum_of_activation_scales(content) < _sum_of_activation_scales(default)
    assert (run(content, images).argmax(1) == reference.argmax(1)).mean() > 0.9


def _sum_of_activation_scales(content: bytes) -> float:
    details = interpreter_of(content).get_tensor_details()
    return sum(each["quantization"][0] for each in details if each["dtype"] == np.int8 and each["shape"][0] == 1)


@both_quantizers
def test_each_layer_can_be_kept_in_float_by_its_name(
    exporter: TFLiteExporter, model: Any, calibration: CalibrationSet, quantizer: str
) -> None:
    """The layers have Keras' own names (conv2d, conv2d_1), which the converter numbers once more."""
    for layer in [layer for layer in model.layers if "conv" in layer.name or "dense" in layer.name]:
        scheme = QuantizationScheme(float_layers=(layer.name,))
        content = exporter.with_options(options(quantizer, scheme=scheme)).convert(Precision.INT8, calibration)
        shapes = [
            tuple(each["shape"])
            for each in interpreter_of(content).get_tensor_details()
            if each["dtype"] == np.float32 and len(each["shape"]) > 1 and each["shape"][0] > 1
        ]
        kernel = layer.get_weights()[0]
        wanted = kernel.T.shape if kernel.ndim == 2 else (kernel.shape[3], *kernel.shape[:3])
        assert shapes == [wanted], layer.name


def test_a_layer_that_is_not_there_or_has_no_operator(exporter: TFLiteExporter, calibration: CalibrationSet) -> None:
    for name, error, message in (
        ("conf2d", UnknownNameError, "Unknown layer 'conf2d'. Did you mean 'conv2d"),
        ("dropout", ExportError, "has no operator of its own"),
    ):
        known = next((each for each in exporter._names.all if each.startswith(name)), name)
        scheme = QuantizationScheme(float_layers=(known,))
        with pytest.raises(error, match=message):
            exporter.with_options(options("tensorflow", scheme=scheme)).convert(Precision.INT8, calibration)


def test_islands_of_the_ai_edge_quantizer_are_named_by_layer(calibration: CalibrationSet) -> None:
    from support.keras_models import import_keras, plain_network

    network = plain_network(middle=import_keras().layers.LeakyReLU(name="leaky"))
    exporter = TFLiteExporter(network, options("ai-edge"))
    content = exporter.convert(Precision.INT8, calibration)
    assert in_words(find_islands(content, LayerNames(network))) == "LEAKY_RELU (leaky)"
    whole = exporter.with_options(options("tensorflow")).convert(Precision.INT8, calibration)
    assert find_islands(whole, LayerNames(network)) == ()


def test_an_operator_without_an_integer_form_can_be_kept_in_float(calibration: CalibrationSet, images: Images) -> None:
    from support.keras_models import import_keras, plain_network

    network = plain_network(middle=import_keras().layers.ELU(name="soft"))
    exporter = TFLiteExporter(network, options("tensorflow"))
    with pytest.raises(ExportError, match=r"ELU would lose .*\(layer soft\)"):
        exporter.with_options(options("tensorflow", strict_int8=True)).convert(Precision.INT8, calibration)
    scheme = QuantizationScheme(float_layers=("soft",))
    content = exporter.with_options(options("tensorflow", scheme=scheme)).convert(Precision.INT8, calibration)
    assert content == exporter.convert(Precision.INT8, calibration), "it is kept in float by default"
    assert np.abs(run(content, images) - np.asarray(network(images.astype(np.float32)))).max() < 0.2


@both_quantizers
def test_images_of_another_size_are_refused(model: Any, quantizer: str) -> None:
    from dataclasses import replace

    from support.keras_models import digits

    smaller = replace(CalibrationSet.choose(digits(), 20), source=digits().train.images[:, :16, :16])
    with pytest.raises(CalibrationError, match=r"have shape \(16, 16, 3\); the model takes \(32, 32, 3\)"):
        TFLiteExporter(model, options(quantizer)).convert(Precision.INT8, smaller)


@both_quantizers
def test_depthwise_convolutions_have_the_biases_that_their_int16_kernels_want(
    calibration: CalibrationSet, images: Images, quantizer: str
) -> None:
    from support.keras_models import import_keras, plain_network

    network = plain_network(middle=import_keras().layers.DepthwiseConv2D(3, padding="same"))
    content = TFLiteExporter(network, options(quantizer)).convert(Precision.INT16X8, calibration)
    assert np.abs(run(content, images) - np.asarray(network(images.astype(np.float32)))).max() < 0.05


@both_quantizers
def test_sums_of_int16_take_any_scale(calibration: CalibrationSet, images: Images, quantizer: str) -> None:
    """LiteRT refuses a file whose sums are marked as having scales of powers of two alone, and have others."""
    from support.keras_models import import_keras

    keras = import_keras("the tests", backend="tensorflow")
    keras.utils.set_random_seed(0)
    pixels = keras.Input((32, 32, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu6")(x)
    for _ in range(2):
        x = keras.layers.Add()([x, keras.layers.Conv2D(8, 1, kernel_initializer=keras.initializers.Constant(4.0))(x)])
    x = keras.layers.GlobalAveragePooling2D()(x)
    network = keras.Model(pixels, keras.layers.Dense(10, activation="softmax")(x))
    content = TFLiteExporter(network, options(quantizer)).convert(Precision.INT16X8, calibration)
    assert np.abs(run(content, images) - np.asarray(network(images.astype(np.float32)))).max() < 0.05
