"""The maximum over windows by another way: the same values and the same gradient."""

import numpy as np
import pytest

from edgekit.training.network.pooling import has_max_pooling, largest_in_windows, without_scatter

WINDOWS = [((2, 2), (2, 2), "valid"), ((3, 3), (2, 2), "same"), ((3, 2), (1, 3), "same"), ((1, 1), (2, 2), "valid")]


@pytest.fixture(scope="module")
def keras():
    from edgekit.foundation.keras_setup import import_keras

    return import_keras("the test")


@pytest.mark.parametrize(("size", "strides", "padding"), WINDOWS)
@pytest.mark.parametrize("shape", [(2, 8, 8, 3), (1, 7, 9, 2)])
def test_values_and_gradients_are_those_of_keras(size, strides, padding, shape, keras):
    import tensorflow as tf

    images = tf.constant(np.random.default_rng(0).normal(size=shape), tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(images)
        expected = keras.ops.max_pool(images, size, strides, padding, "channels_last")
        received = largest_in_windows(keras.ops, images, size, strides, padding, "channels_last")
        one, other = (tf.reduce_sum(values * tf.cos(values)) for values in (expected, received))
    np.testing.assert_array_equal(received, expected)
    np.testing.assert_allclose(tape.gradient(other, images), tape.gradient(one, images), rtol=1e-5, atol=1e-6)


def test_channels_may_come_first(keras):
    images = np.random.default_rng(0).normal(size=(2, 3, 7, 9)).astype(np.float32)
    received = largest_in_windows(keras.ops, images, (3, 2), (2, 2), "same", "channels_first")
    last = keras.ops.max_pool(np.moveaxis(images, 1, 3), (3, 2), (2, 2), "same", "channels_last")
    np.testing.assert_array_equal(received, np.moveaxis(np.asarray(last), 3, 1))


def test_a_network_answers_as_before_without_one_pooling_operation(keras):
    import tensorflow as tf

    inner = keras.Sequential([keras.Input((8, 8, 4)), keras.layers.MaxPooling2D(3, padding="same")])
    pixels = keras.Input((16, 16, 3))
    network = keras.Model(pixels, inner(keras.layers.MaxPooling2D()(keras.layers.Conv2D(4, 3, padding="same")(pixels))))
    images = np.random.default_rng(0).normal(size=(2, 16, 16, 3)).astype(np.float32)

    def operations():
        graph = tf.function(lambda images: network(images)).get_concrete_function(images).graph
        return [operation.type for operation in graph.get_operations()]

    before, answers = operations(), np.asarray(network(images))
    without_scatter(keras, network)
    assert (before.count("MaxPool"), operations().count("MaxPool")) == (2, 0)
    np.testing.assert_array_equal(np.asarray(network(images)), answers)


def test_only_a_network_with_max_pooling_has_some(keras):
    for layer, expected in ((keras.layers.MaxPooling2D(), True), (keras.layers.AveragePooling2D(2), False)):
        assert has_max_pooling(keras, keras.Sequential([keras.Input((4, 4, 1)), layer])) is expected
