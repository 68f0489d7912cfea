from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.files.tflite_files import run
from support.keras_models import plain_network

from edgekit.artifact import Precision
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.keras.layer_names import LayerNames
from edgekit.exporting.keras.unit_normalization import with_safe_lengths
from edgekit.exporting.onnx.exporter import OnnxExporter
from edgekit.exporting.tflite.exporter import TFLiteExporter
from edgekit.exporting.tflite.float_islands import find_islands
from edgekit.exporting.tflite.graph import Graph
from edgekit.foundation.keras_setup import import_keras
from edgekit.quantization import CalibrationSet

Images = NDArray[np.uint8]

AXES = [-1, 1, (2, 1), (1, 2, 3)]


def unit_network(axis: Any) -> Any:
    """A network in which some vectors to be brought to length 1 are all zeros."""
    layers = import_keras("the tests", backend="tensorflow").layers
    unit = layers.UnitNormalization(axis=axis, name="unit")
    return plain_network(middle=lambda x: unit(layers.ReLU()(x - 1.2)))


def scores_of(network: Any, images: Images) -> Any:
    return np.asarray(network(images.astype(np.float32), training=False))


@pytest.mark.parametrize("axis", AXES)
def test_vectors_have_length_1_and_zeros_stay_zeros(axis: Any) -> None:
    keras = import_keras("the tests", backend="tensorflow")
    pixels = keras.Input((5, 4, 3))
    inner = keras.Sequential([keras.Input((5, 4, 3)), keras.layers.UnitNormalization(axis=axis)])
    model = keras.Model(pixels, inner(inner(pixels)) + keras.ops.normalize(pixels, axis=axis))
    values = np.random.default_rng(0).normal(size=(4, 5, 4, 3)).astype(np.float32)
    values[0], values[1, 2], values[2, :, 2], values[3, 1, 1] = 0, 0, 0, 0
    safe = with_safe_lengths(model)
    assert safe is not model
    assert np.abs(np.asarray(safe(values)) - np.asarray(model(values))).max() < 1e-6
    assert {type(layer).__name__ for layer in safe.operations} == {"InputLayer", "UnitLength", "Add"}


def test_other_models_stay_as_they_are() -> None:
    keras = import_keras("the tests", backend="tensorflow")
    pixels = keras.Input((5, 4, 3))
    for given in (keras.layers.ReLU()(pixels), keras.ops.normalize(pixels, order=3), keras.ops.normalize(pixels, 0)):
        model = keras.Model(pixels, given)
        assert with_safe_lengths(model) is model


@pytest.mark.parametrize("axis", AXES)
def test_zeros_are_no_nan_in_any_tflite(axis: Any, images: Images, calibration: CalibrationSet) -> None:
    network = unit_network(axis)
    expected, exporter = scores_of(network, images), TFLiteExporter(network, ExportOptions())
    for precision, tolerance in (
        (Precision.FLOAT32, 1e-6),
        (Precision.FLOAT16, 1e-3),
        (Precision.DYNAMIC, 1e-3),
        (Precision.INT8, 5e-3),
    ):
        content = exporter.convert(precision, calibration)
        assert np.abs(run(content, images) - expected).max() < tolerance, precision
        assert [operator.name for operator in Graph(content).operators].count("L2_NORMALIZATION") == 1
    assert find_islands(content, LayerNames(network)) == ()


@pytest.mark.parametrize("axis", AXES)
def test_no_factor_lies_beyond_float16(axis: Any, images: Images) -> None:
    import onnxruntime

    network = unit_network(axis)
    content = OnnxExporter(network, ExportOptions()).convert(Precision.FLOAT16, None)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    scores = session.run(["scores"], {"pixels": images.astype(np.float32)})[0]
    assert np.abs(scores - scores_of(network, images)).max() < 1e-3
