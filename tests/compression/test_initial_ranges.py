"""Ranges to start from, of a network whose batch normalization has settled and of one whose has not."""

import numpy as np
import pytest
from support.models.compression_networks import shaken

from edgekit.compression.bridge import to_keras2
from edgekit.compression.initial_ranges import LEAST_WIDTH, NEW_STATISTICS, starting_ranges
from edgekit.compression.quantizing import Keeping, Quantizing, quantized_outputs
from edgekit.foundation.keras_setup import import_keras

NUM_BATCHES = 3


@pytest.fixture
def batches():
    rng = np.random.default_rng(2)
    return [rng.integers(0, 256, (32, 8, 8, 3), dtype=np.uint8) for _ in range(NUM_BATCHES)]


@pytest.fixture
def network(libraries):
    """Convolution, batch normalization, ReLU, dropout, and a second round of it."""
    keras = import_keras("the tests", backend="tensorflow")
    layers = keras.layers
    x = pixels = keras.Input((8, 8, 3))
    for number in range(2):
        x = layers.Conv2D(6, 3, name=f"conv{number}")(x)
        x = layers.BatchNormalization(name=f"norm{number}")(x)
        x = layers.Dropout(0.5)(layers.ReLU(name=f"relu{number}")(x))
    scores = layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    return shaken(keras.Model(pixels, scores))


def settle(bridge, batches):
    """Moving statistics as a long training would have left them, by running over the batches many times."""
    layers = [layer for layer in bridge.model.layers if type(layer).__name__ == "Dropout"]
    for layer in layers:
        layer.rate = 0.0
    for _ in range(700):
        bridge.model(batches[0].astype("float32"), training=True)
    for layer in layers:
        layer.rate = 0.5


def statistics(model):
    return [weight.copy() for number in range(2) for weight in model.get_layer(f"norm{number}").get_weights()[2:]]


def test_statistics_that_have_not_settled_are_made_anew(libraries, network, batches):
    """Mean and variance of what comes in over the batches: computed here from the convolution's own output."""
    bridge = to_keras2(libraries, network)
    found, is_renewed = starting_ranges(libraries, bridge.model, quantized_outputs(bridge.model), batches)
    assert is_renewed
    comes_in = libraries.keras2.Model(bridge.model.inputs, bridge.model.get_layer("conv0").output)
    outputs = [comes_in.predict_on_batch(images.astype(np.float32)) for images in batches]
    mean, variance = statistics(bridge.model)[:2]
    np.testing.assert_allclose(mean, np.mean([each.mean((0, 1, 2)) for each in outputs], axis=0), rtol=1e-4)
    np.testing.assert_allclose(variance, np.mean([each.var((0, 1, 2)) for each in outputs], axis=0), rtol=1e-3)
    assert 1 < found["relu0"][1] < 20, "a normalized tensor, times its gamma"


def test_statistics_that_hold_are_kept_to_the_bit(libraries, network, batches):
    bridge = to_keras2(libraries, network)
    settle(bridge, batches)
    before = statistics(bridge.model)
    _, is_renewed = starting_ranges(libraries, bridge.model, quantized_outputs(bridge.model), batches)
    assert not is_renewed
    assert all(np.array_equal(one, other) for one, other in zip(before, statistics(bridge.model), strict=True))


def test_layers_are_set_back(libraries, network, batches):
    bridge = to_keras2(libraries, network)
    starting_ranges(libraries, bridge.model, quantized_outputs(bridge.model), batches)
    assert bridge.model.get_layer("norm0").momentum == pytest.approx(0.99)
    assert [layer.rate for layer in bridge.model.layers if type(layer).__name__ == "Dropout"] == [0.5, 0.5]


def test_the_user_is_told(libraries, network, batches):
    assert Quantizing(libraries, to_keras2(libraries, network), Keeping(), batches).remark == NEW_STATISTICS
    settled = to_keras2(libraries, network)
    settle(settled, batches)
    assert Quantizing(libraries, settled, Keeping(), batches).remark == ""


def test_a_dead_activation_has_a_range_with_width(libraries, batches):
    keras = import_keras("the tests", backend="tensorflow")
    pixels = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(2, 1, bias_initializer=keras.initializers.Constant(-1e6), name="conv")(pixels)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU(name="dead")(x))
    bridge = to_keras2(libraries, keras.Model(pixels, keras.layers.Dense(4, activation="softmax")(x)))
    found, _ = starting_ranges(libraries, bridge.model, quantized_outputs(bridge.model), batches)
    assert found["dead"] == (0.0, LEAST_WIDTH)
    step = Quantizing(libraries, bridge, Keeping(), batches)
    assert np.isfinite(step.model(batches[0].astype("float32"), training=True)).all()
