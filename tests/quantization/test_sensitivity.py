import numpy as np
import pytest

from edgekit.foundation.keras_setup import import_keras
from edgekit.quantization.sensitivity import layer_errors, round_asymmetrically, round_symmetrically


def test_weights_have_a_scale_for_each_channel():
    weights = np.array([[127.0, 0.0127], [10.4, 0.00104]], np.float32)
    np.testing.assert_allclose(round_symmetrically(weights, (-1,)), [[127, 0.0127], [10, 0.001]], rtol=1e-6)
    assert not round_symmetrically(np.zeros((3, 2), np.float32), (-1,)).any()


def test_activations_have_256_steps_and_an_exact_zero():
    values = np.array([-1.0, 0.0, 0.4, 254.0], np.float32)
    np.testing.assert_allclose(round_asymmetrically(values), [-1, 0, 0, 254])
    np.testing.assert_allclose(round_asymmetrically(np.array([2.0, 510.0], np.float32)), [2, 510])


@pytest.fixture
def network():
    keras = import_keras("the tests", backend="tensorflow")
    keras.utils.set_random_seed(0)
    layers = keras.layers
    pixels = keras.Input((8, 8, 3))
    inner = keras.Sequential([keras.Input((8, 8, 4)), layers.SeparableConv2D(4, 3, name="inside")])
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(pixels)
    x = layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same", name="depth")(x))
    x = layers.Flatten()(inner(x))
    return keras.Model(pixels, layers.Dense(3, activation="softmax", name="last")(x))


IMAGES = np.random.default_rng(0).uniform(0, 255, (70, 8, 8, 3)).astype(np.float32)


def test_every_layer_with_a_kernel_is_there_and_the_model_is_as_before(network):
    before = [np.array(weight) for weight in network.weights]
    answer = np.asarray(network(IMAGES))
    errors = layer_errors(network, IMAGES)
    assert {error.layer for error in errors} == {"first", "depth", "inside", "last"}
    assert [error.sqnr_db for error in errors] == sorted(error.sqnr_db for error in errors)
    assert all(np.array_equal(old, np.array(new)) for old, new in zip(before, network.weights, strict=True))
    assert np.array_equal(answer, np.asarray(network(IMAGES)))
    assert all("call" not in vars(layer) for layer in network._flatten_layers())


def test_weights_that_only_widen_the_scale_are_found(network):
    """A channel that is always zero, with weights a thousand times as large as the others."""
    dark = IMAGES * np.array([0, 1, 1], np.float32)
    kernel = np.array(network.get_layer("first").kernel)
    kernel[:, :, 0] = 1000
    network.get_layer("first").kernel.assign(kernel)
    assert layer_errors(network, dark)[0].layer == "first"
