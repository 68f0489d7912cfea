import numpy as np
import pytest
from support.models.compression_networks import shaken

from edgekit.compression.bridge import MAX_DIFFERENCE, check_equal, in_float64, to_keras2
from edgekit.foundation.errors import CompressionError
from edgekit.foundation.keras_setup import import_keras
from edgekit.recipe import load_recipe


def noise(side=32):
    return np.random.default_rng(1).integers(0, 256, (4, side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", ["cnn6", "resnet8", "vgg_augmented"])
def test_the_recipes_go_through_the_bridge(libraries, name):
    bridge = to_keras2(libraries, shaken(load_recipe(name).build((32, 32, 3), 10)))
    assert bridge.prove_equal(noise()) <= MAX_DIFFERENCE
    assert bridge.model.count_params() == bridge.network.count_params()


def test_mobilenet_v2_goes_through_the_bridge(libraries):
    keras = import_keras("the tests", backend="tensorflow")
    bare = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, include_top=False)
    pixels = keras.Input((32, 32, 3))
    features = keras.layers.GlobalAveragePooling2D()(bare(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)))
    network = shaken(keras.Model(pixels, keras.layers.Dense(10, activation="softmax")(features)))
    bridge = to_keras2(libraries, network)
    assert bridge.prove_equal(noise()) <= MAX_DIFFERENCE
    assert not [layer for layer in bridge.model.layers if hasattr(layer, "layers")], "the nested model became flat"


@pytest.fixture
def twice(libraries):
    """A nested model and a layer, both used twice."""
    keras = import_keras("the tests", backend="tensorflow")
    layers = keras.layers
    nested = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(3, 3, padding="same", name="conv")], name="nest")
    shared = layers.Conv2D(3, 1, name="conv_2")
    pixels = keras.Input((16, 16, 3))
    x = layers.Rescaling(1 / 255)(pixels)
    x = shared(nested(shared(nested(x))))
    scores = layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    return to_keras2(libraries, shaken(keras.Model(pixels, scores)))


def test_what_is_used_twice_stays_one(twice):
    assert twice.prove_equal(noise(16)) <= MAX_DIFFERENCE
    assert [layer.name for layer in twice.model.layers if "conv" in layer.name] == ["conv", "conv_2"]


def test_weights_come_back(twice):
    weights = {name: [value + 0.01 for value in twice.model.get_layer(name).get_weights()] for name in twice.origins}
    twice.bring_back(weights)
    with pytest.raises(CompressionError, match=r"not the same: on 4 training images a score differs by .*Conv2D"):
        twice.prove_equal(noise(16))
    for name, values in weights.items():
        twice.model.get_layer(name).set_weights(values)
    assert twice.prove_equal(noise(16)) <= MAX_DIFFERENCE


def amplified(keras, epsilon=0.0):
    """Two layers whose large values nearly cancel, so that a score shows how float32 rounds them."""
    layers = keras.layers
    pixels = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, padding="same", name="conv")(layers.Rescaling(300.0)(pixels))
    x = layers.Subtract()([layers.Conv2D(8, 3, padding="same", name="other")(layers.Rescaling(300.0)(pixels)), x])
    scores = layers.Dense(4, activation="softmax", name="scores")(layers.GlobalAveragePooling2D()(x))
    network = shaken(keras.Model(pixels, scores))
    kernel = np.asarray(network.get_layer("conv").kernel)
    network.get_layer("other").set_weights([kernel * np.float32(1 + 1e-5 + epsilon), np.zeros(8)])
    network.get_layer("conv").set_weights([kernel, np.zeros(8)])
    return network


def test_rounding_that_a_network_amplifies_is_told_from_another_network(libraries):
    """The same network, its arithmetic in float64: the pair is equal there and not in float32."""
    keras = import_keras("the tests", backend="tensorflow")
    network, images = amplified(keras), noise(16)
    exact = in_float64(network)
    rounding = np.abs(np.asarray(network(images.astype(np.float32))) - np.asarray(exact(images))).max()
    assert rounding > MAX_DIFFERENCE, "the network does not amplify: the test shows nothing"
    assert check_equal(network, exact, images) <= MAX_DIFFERENCE
    with pytest.raises(CompressionError, match="not the same"):
        check_equal(network, amplified(keras, epsilon=1e-5), images)


@pytest.mark.parametrize("name", ["cnn6", "resnet8", "vgg_augmented"])
def test_float64_copies_answer_as_the_network(libraries, name):
    bridge = to_keras2(libraries, shaken(load_recipe(name).build((32, 32, 3), 10)))
    pixels = noise().astype(np.float32)
    scores = [np.asarray(in_float64(each)(pixels)) for each in (bridge.network, bridge.model)]
    assert [each.dtype for each in scores] == [np.float64, np.float64]
    assert np.abs(scores[0] - scores[1]).max() < 1e-6
    np.testing.assert_allclose(np.asarray(bridge.network(pixels)), scores[0], atol=1e-4)


def test_a_model_with_a_call_of_its_own_is_refused(libraries):
    keras = import_keras("the tests", backend="tensorflow")

    class Mine(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(CompressionError, match=r"a subclass of keras\.Model with its own call method"):
        to_keras2(libraries, Mine())
