"""Networks that keep their channels first answer the same with channels last; what cannot be moved is named."""

from typing import Any

import numpy as np
import pytest

from edgekit.exporting.keras.preparing.channels_last import is_channels_first, with_channels_last
from edgekit.exporting.keras.preparing.outputs import as_functional
from edgekit.foundation.errors import ExportError

SIDE = 12


@pytest.fixture(scope="module")
def keras() -> Any:
    from support.keras_models import import_keras

    return import_keras("the tests", backend="tensorflow")


def noise() -> Any:
    return np.random.default_rng(1).uniform(0, 1, (4, SIDE, SIDE, 3)).astype(np.float32)


def network(keras: Any, *, first: bool, starts: str = "input") -> Any:
    """The same network in both formats: residual blocks with squeeze and excitation, PReLU, a concatenation, Flatten.

    `starts` is "input" for images with their channels where the network has them, "permute" for images with channels
    last.
    """
    layers = keras.layers
    data_format, axis = ("channels_first", 1) if first else ("channels_last", -1)
    shape = (3, SIDE, SIDE) if first and starts == "input" else (SIDE, SIDE, 3)
    pixels = keras.Input(shape)
    x = layers.Permute((3, 1, 2))(pixels) if first and starts == "permute" else pixels
    x = layers.ZeroPadding2D(1, data_format=data_format)(x * 2 - 1)
    x = layers.Conv2D(6, 3, strides=2, data_format=data_format)(x)
    x = layers.PReLU(shared_axes=(2, 3) if first else (1, 2), alpha_initializer="random_uniform")(x)
    x = layers.BatchNormalization(axis=axis, gamma_initializer="random_uniform", beta_initializer="random_uniform")(x)
    y = layers.DepthwiseConv2D(3, padding="same", data_format=data_format, activation="relu")(x)
    gate = layers.Dense(6, activation="sigmoid")(layers.GlobalAveragePooling2D(data_format=data_format)(y))
    gate = layers.Reshape((6, 1, 1) if first else (1, 1, 6))(gate)
    x = layers.Concatenate(axis=axis)([layers.Add()([x, layers.Multiply()([y, gate])]), y])
    x = layers.LayerNormalization(axis=axis, gamma_initializer="random_uniform")(x)
    inner = keras.Sequential([keras.Input(x.shape[1:]), layers.SeparableConv2D(5, 3, data_format=data_format)])
    x = layers.AveragePooling2D(2, data_format=data_format)(layers.LeakyReLU()(inner(x)))
    x = layers.Flatten(data_format=data_format)(layers.UpSampling2D(2, data_format=data_format)(x))
    return keras.Model(pixels, layers.Dense(4, activation="softmax")(x))


@pytest.mark.parametrize("starts", ["input", "permute"])
def test_the_same_weights_give_the_same_answers(keras: Any, starts: str) -> None:
    keras.utils.set_random_seed(0)
    last, first = network(keras, first=False), network(keras, first=True, starts=starts)
    weights = last.get_weights()
    first.set_weights(
        [each.transpose(2, 0, 1) if each.shape == (1, 1, 6) else each for each in weights]  # PReLU's alpha
    )
    moved = with_channels_last(first, 3)
    assert moved.input_shape == (None, SIDE, SIDE, 3)
    expected = np.asarray(last(noise()))
    assert np.abs(np.asarray(moved(noise())) - expected).max() < 1e-6
    assert expected.std() > 1e-3
    assert first.input_shape == ((None, 3, SIDE, SIDE) if starts == "input" else (None, SIDE, SIDE, 3))
    assert "Permute" not in {type(layer).__name__ for layer in moved.layers}


def test_a_network_with_its_channels_last_stays_as_it_is(keras: Any) -> None:
    model = network(keras, first=False)
    assert with_channels_last(model, 3) is model


def test_channels_first_is_told_by_the_shape() -> None:
    assert is_channels_first((None, 3, 32, 32), 3)
    assert is_channels_first((None, 3, None, None), 3)
    assert not is_channels_first((None, 32, 32, 3), 3)
    assert not is_channels_first((None, 3, 3, 3), 3)
    assert not is_channels_first((None, 3), 3)


def test_a_permute_to_channels_last_is_left_out(keras: Any) -> None:
    pixels = keras.Input((3, SIDE, SIDE))
    x = keras.layers.Conv2D(4, 3)(keras.layers.Permute((2, 3, 1))(pixels))
    model = keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))
    moved = with_channels_last(model, 3)
    expected = np.asarray(model(noise().transpose(0, 3, 1, 2)))
    assert np.abs(np.asarray(moved(noise())) - expected).max() < 1e-6


@pytest.mark.parametrize("kind", ["softmax", "dense", "array", "reshape", "axes", "format"])
def test_what_cannot_be_moved_is_named(keras: Any, kind: str) -> None:
    layers, pixels = keras.layers, keras.Input((3, SIDE, SIDE))
    made = {
        "softmax": lambda x: layers.Activation("softmax", name="culprit")(x),
        "dense": lambda x: layers.Dense(4, name="culprit")(x),
        "reshape": lambda x: layers.Reshape((SIDE, SIDE, 3), name="culprit")(x),
        "axes": lambda x: layers.LayerNormalization(axis=(1, 2, 3), name="culprit")(x),
        "format": lambda x: layers.Conv2D(4, 3, data_format="channels_last", name="culprit")(x),
    }
    if kind == "array":
        from keras.src.ops.numpy import Add

        made["array"] = lambda x: Add(name="culprit")(x, np.ones((3, 1, 1), np.float32))
    model = keras.Model(pixels, layers.Flatten()(made[kind](pixels)))
    with pytest.raises(
        ExportError, match=r"keeps its channels first, and layer 'culprit' .*data_format='channels_last'"
    ):
        with_channels_last(model, 3)


def test_a_class_of_its_own_cannot_be_followed(keras: Any) -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def call(self, pixels: Any) -> Any:
            return keras.ops.mean(pixels, axis=(2, 3))

    pixels = keras.Input((3, SIDE, SIDE))
    model = keras.Model(pixels, Own()(pixels))
    assert as_functional(model, (SIDE, SIDE, 3)) is model
    with pytest.raises(ExportError, match=r"layer 'own(_\d+)?' \(Own\) cannot be moved"):
        with_channels_last(model, 3)
