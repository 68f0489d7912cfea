from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgekit.artifact import Precision
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.onnx import kernels_apart
from edgekit.exporting.onnx.exporter import OnnxExporter
from edgekit.exporting.onnx.tracing import carried_weights, freezing

SMALL, NEVER = 2**9, 2**62
"""Bytes from which on weights travel as tokens: all kernels of these networks, or none."""


def convolutions(layers: Any, x: Any) -> Any:
    """Batch normalization of each kind, a kernel that is called twice, factors in front and behind."""
    x = layers.BatchNormalization()(layers.Conv2D(16, 3, use_bias=False)(x))
    shared = layers.Conv2D(16, 3, padding="same")
    x = layers.BatchNormalization(scale=False)(shared(layers.ReLU()(x)))
    x = layers.Rescaling(0.5)(layers.Conv2D(32, 3)(layers.Activation("gelu")(shared(x))))
    x = layers.DepthwiseConv2D(3)(layers.Conv2D(32, 3, groups=2)(x))
    x = layers.BatchNormalization()(layers.Conv2DTranspose(16, 3)(x))
    return layers.GlobalAveragePooling2D()(layers.SeparableConv2D(32, 3)(x))


def dense_layers(layers: Any, x: Any) -> Any:
    """Rows that change their places, and batch normalization behind a dense layer."""
    x = layers.Flatten()(layers.Conv2D(8, 3, strides=4)(x))
    x = layers.BatchNormalization()(layers.Dense(64)(layers.Dense(32)(x)))
    return layers.UnitNormalization()(x)


def attention(layers: Any, x: Any) -> Any:
    """Kernels of three dimensions, and products that are Einsum in TensorFlow."""
    x = layers.Reshape((64, 32))(layers.Conv2D(32, 4, strides=4)(x))
    x = layers.Add()([x, layers.MultiHeadAttention(2, 16)(x, x)])
    return layers.GlobalAveragePooling1D()(layers.Dense(64)(layers.LayerNormalization()(x)))


@pytest.mark.parametrize("body", [convolutions, dense_layers, attention])
def test_the_files_do_not_show_how_the_weights_travelled(
    body: Callable[[Any, Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = network(body)
    made = []
    for least in (SMALL, NEVER):
        for module in (carried_weights, freezing, kernels_apart):
            monkeypatch.setattr(module, "MIN_BYTES", least)
        exporter = OnnxExporter(model, ExportOptions())
        made.append([exporter.convert(each, None) for each in (Precision.FLOAT32, Precision.FLOAT16)])
    assert made[0] == made[1]


def network(body: Callable[[Any, Any], Any]) -> Any:
    """32 x 32 pixels -> 10 probabilities, all weights random: batch normalization has something to do."""
    from support.keras_models import import_keras

    keras = import_keras("the tests", backend="tensorflow")
    keras.utils.set_random_seed(0)
    pixels = keras.Input((32, 32, 3))
    scores = keras.layers.Dense(10, activation="softmax")(body(keras.layers, pixels))
    model = keras.Model(pixels, scores)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        for weight in layer.weights if isinstance(layer, keras.layers.BatchNormalization) else ():
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    return model


def test_large_weights_are_those_of_the_model_itself() -> None:
    """Not copied on the way: the constant lies where TensorFlow has it."""
    from support.keras_models import import_keras

    from edgekit.exporting.keras.classifier import exported_graph
    from edgekit.exporting.onnx.tracing.from_keras import traced

    keras = import_keras("the tests", backend="tensorflow")
    pixels = keras.Input((32, 32, 3))
    x = keras.layers.Dense(1024)(keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(64, 3)(pixels)))
    model = keras.Model(pixels, keras.layers.Dense(10, activation="softmax")(keras.layers.Dense(1024)(x)))
    graph = traced(exported_graph(model, ExportOptions(), batch=None), 15).graph
    kernel = model.layers[-2].kernel.value
    places = [tensor.const_value.numpy().ctypes.data for tensor in graph.initializers.values()]
    assert np.asarray(memoryview(kernel.read_value())).ctypes.data in places
