from typing import Any

import numpy as np
import pytest

from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.keras.classifier import exported_graph
from edgekit.exporting.keras.preparing.column_order import with_columns_in_order

SHAPE, ORDER = (8, 8, 3), [2, 0, 3, 1]


@pytest.fixture(scope="module")
def keras() -> Any:
    from support.keras_models import import_keras

    return import_keras("the tests", backend="tensorflow")


def noise() -> Any:
    return np.random.default_rng(1).uniform(0, 255, (8, *SHAPE)).astype(np.float32)


def network(keras: Any, end: str) -> Any:
    keras.utils.set_random_seed(3)
    layers, pixels = keras.layers, keras.Input(SHAPE)
    scaled = layers.Rescaling(1 / 255)(pixels)
    if end == "convolution":
        made = layers.Softmax()(layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(scaled)))
    elif end == "groups":
        made = layers.Softmax()(
            layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, groups=2)(layers.Conv2D(2, 1)(scaled)))
        )
    elif end == "twice":
        last = layers.Dense(4, activation="softmax")
        made = layers.Average()([last(layers.Flatten()(scaled)), last(layers.Flatten()(1 - scaled))])
    elif end == "nested":
        inner = keras.Input(SHAPE)
        made = keras.Model(inner, layers.Dense(4, activation="softmax")(layers.Flatten()(inner)))(scaled)
    elif end == "read twice":
        logits = layers.Dense(4)(layers.Flatten()(scaled))
        made = layers.Softmax()(logits * keras.ops.sigmoid(logits))
    else:
        made = layers.Dense(4, activation="softmax")(layers.Flatten()(scaled))
    return keras.Model(pixels, made)


@pytest.mark.parametrize("end", ["dense", "convolution", "groups", "twice", "nested", "read twice"])
def test_scores_come_in_the_order_that_is_asked_for(keras: Any, end: str) -> None:
    model = network(keras, end)
    before = np.asarray(model(noise()))
    made = with_columns_in_order(model, ORDER)
    assert np.abs(np.asarray(made(noise())) - before[:, ORDER]).max() < 1e-6
    assert np.array_equal(np.asarray(model(noise())), before)
    assert np.abs(before - before[:, ORDER]).max() > 1e-3


@pytest.mark.parametrize("end", ["dense", "convolution", "nested"])
def test_behind_a_kernel_no_operation_is_added(keras: Any, end: str) -> None:
    made = with_columns_in_order(network(keras, end), ORDER)
    assert "Take" not in {type(operation).__name__ for operation in made.operations}


@pytest.mark.parametrize("end", ["dense", "groups", "nested"])
def test_logits_come_in_that_order_too(keras: Any, end: str) -> None:
    made = with_columns_in_order(network(keras, end), ORDER)
    logits = exported_graph(made, ExportOptions(output="logits"), batch=None)(noise())
    assert np.abs(np.asarray(keras.ops.softmax(logits)) - np.asarray(made(noise()))).max() < 1e-6
    assert np.abs(np.asarray(logits).sum(axis=1) - 1).max() > 1e-3
