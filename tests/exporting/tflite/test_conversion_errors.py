"""What real failures of TensorFlow's converter and quantizer are called: no locations of MLIR, and what to do."""

from typing import Any

import numpy as np
import pytest
from support.keras_models import plain_network

from edgekit.artifact import Precision
from edgekit.exporting.formats import ExportOptions, TFLiteOptions
from edgekit.exporting.tflite.exporter import TFLiteExporter
from edgekit.foundation.errors import ExportError
from edgekit.foundation.keras_setup import import_keras
from edgekit.quantization import CalibrationSet

PREFIX = "The model could not be converted to TFLite "


def refusal(
    network: Any, precision: Precision = Precision.FLOAT32, calibration: CalibrationSet | None = None, **options: Any
) -> str:
    """What the export of `network` is refused with."""
    exporter = TFLiteExporter(network, ExportOptions(tflite=TFLiteOptions(**options)))
    with pytest.raises(ExportError) as found:
        exporter.convert(precision, calibration)
    said = str(found.value)
    assert not [part for part in ("loc(", "callsite", "<unknown>", "fused[", "\n") if part in said]
    return said


def recurrent(**options: Any) -> Any:
    keras = import_keras("the tests", backend="tensorflow")
    pixels = keras.Input((8, 8, 3))
    read = keras.layers.GRU(4, name="reader", **options)(keras.layers.Reshape((8, 24))(pixels))
    return keras.Model(pixels, keras.layers.Dense(5, activation="softmax")(read))


def test_a_loop_with_a_dynamic_batch_is_named_with_its_layer_and_what_helps() -> None:
    assert refusal(recurrent(), batch=None) == (
        PREFIX + "float32: TensorFlow's converter fails at TensorListReserve (layer reader): \"requires element_shape "
        'to be static during TF Lite transformation pass". Give a fixed batch (--batch 1), or build the layer without '
        "a loop (unroll=True)."
    )
    for helped, batch in ((recurrent(), 1), (recurrent(unroll=True), None)):
        exporter = TFLiteExporter(helped, ExportOptions(tflite=TFLiteOptions(batch=batch)))
        assert len(exporter.convert(Precision.FLOAT32, None)) > 1000


def test_a_graph_that_the_converter_itself_breaks_is_named_by_its_operation() -> None:
    """It makes one matrix product of a product and a wider sum, and then finds that the sizes differ."""
    ops = import_keras("the tests", backend="tensorflow").ops

    def product_and_wider_sum(x: Any) -> Any:
        means = ops.mean(x, axis=(1, 2))[:, None, None, :]
        return ops.matmul(means, np.ones((8, 8), np.float32)) + np.ones((1, 2, 2, 8), np.float32)

    said = refusal(plain_network(middle=product_and_wider_sum))
    assert said.startswith(PREFIX + "float32: TensorFlow's converter fails at reshape (as in 'edgekit_1/")
    assert "\"requires 'output' number of elements to match 'input' number" in said
    assert said.endswith("Replace the layer by one made of common operators, or export to ONNX.")


def test_another_float_type_is_named_as_what_lacks_the_operator() -> None:
    keras = import_keras("the tests", backend="tensorflow")

    def in_float64(x: Any) -> Any:
        return keras.ops.cast(keras.ops.relu(keras.ops.cast(x, "float64")), "float32")

    said = refusal(plain_network(middle=in_float64))
    assert said.startswith("LiteRT has no operator for Relu of float64. ")
    assert said.endswith("Let the layer compute in float32, or ask for it with --allow-flex.")


def test_what_the_quantizer_has_no_int16_form_of_can_be_kept_in_float(calibration: CalibrationSet) -> None:
    network = plain_network(middle=import_keras("the tests", backend="tensorflow").layers.UnitNormalization())
    said = refusal(network, Precision.INT16X8, calibration)
    assert said.startswith(PREFIX + "int16x8: TensorFlow's quantizer has no int16x8 form of L2_NORMALIZATION.")
    exporter = TFLiteExporter(network, ExportOptions(tflite=TFLiteOptions(quantizer="ai-edge")))
    assert len(exporter.convert(Precision.INT16X8, calibration)) > 1000


def test_flex_operators_cannot_be_calibrated_where_no_interpreter_has_them(calibration: CalibrationSet) -> None:
    enlarge = import_keras("the tests", backend="tensorflow").layers.UpSampling2D(interpolation="bicubic")
    said = refusal(plain_network(middle=enlarge), Precision.INT8, calibration, allow_flex=True)
    assert said.startswith(PREFIX + "int8: it holds Flex operators, which no interpreter here can run")
