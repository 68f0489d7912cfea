"""The networks of the matrix, one function per kind: uint8 pixels as float32 -> scores. Trains nothing."""

from collections.abc import Callable
from typing import Any

from support.matrix.blocks import (
    convnext,
    convolutions,
    encoder,
    head,
    keras,
    merged,
    mixer,
    patches,
    scaled,
    stem,
    windows,
)

OWN_LAYER = '''"""A layer of the author's own, as people keep it beside their model."""

import keras


@keras.saving.register_keras_serializable(package="mine")
class Gate(keras.layers.Layer):
    """Each channel times the sigmoid of its mean."""

    def call(self, inputs):
        return inputs * keras.ops.sigmoid(keras.ops.mean(inputs, axis=(1, 2), keepdims=True))


@keras.saving.register_keras_serializable(package="mine")
class Net(keras.Model):
    """A subclassed model."""

    def __init__(self, **options):
        super().__init__(**options)
        self.first = keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")
        self.second = keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")
        self.flatten = keras.layers.Flatten()
        self.dense = keras.layers.Dense(10, activation="softmax")

    def call(self, pixels, training=False):
        return self.dense(self.flatten(self.second(self.first(pixels / 255))))
'''
SHAPE, GRAY = (16, 16, 3), (28, 28)


def plain(**last: Any) -> Any:
    """Two convolutions and a head; `last` is said of the head."""
    pixels = keras().Input(SHAPE)
    return keras().Model(pixels, head(convolutions(pixels), **last))


def with_activation(name: str) -> Callable[[], Any]:
    """The network whose first activation is `name`."""
    return lambda: between(lambda x: keras().layers.Activation(name)(x))


def between(middle: Callable[[Any], Any]) -> Any:
    """The network with `middle` behind its first convolution."""
    pixels = keras().Input(SHAPE)
    return keras().Model(pixels, head(convolutions(pixels, middle)))


def two_outputs(*, scores_alone: bool = False) -> Any:
    """Scores, and the features that they come from."""
    pixels = keras().Input(SHAPE)
    features = keras().layers.Flatten()(convolutions(pixels))
    scores = keras().layers.Dense(10, activation="softmax", name="scores")(features)
    return keras().Model(pixels, scores if scores_alone else {"features": features, "scores": scores})


def gray() -> Any:
    """(28, 28), as the tutorials on MNIST have it."""
    layers, pixels = keras().layers, keras().Input(GRAY)
    x = layers.Reshape((*GRAY, 1))(scaled(pixels))
    x = layers.Conv2D(16, 5, strides=4, activation="relu")(x)
    return keras().Model(pixels, head(x))


def nested() -> Any:
    """A base model inside a model, as in transfer learning."""
    layers, inside, pixels = keras().layers, keras().Input(SHAPE), keras().Input(SHAPE)
    x = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.8)(stem(inside)))
    base = keras().Model(inside, layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x), name="base")
    return keras().Model(pixels, head(base(scaled(pixels))))


def augmented() -> Any:
    """Layers that do something in training alone."""
    layers = keras().layers
    chain = keras().Sequential([layers.RandomTranslation(0.05, 0.05), layers.RandomZoom(0.05)], name="augmentation")
    pixels = keras().Input(SHAPE)
    x = layers.Dropout(0.1)(convolutions(layers.RandomContrast(0.1)(chain(pixels))))
    return keras().Model(pixels, head(x))


def of_keras2() -> Any:
    """A network of Keras 2 with a base model, augmentation, and TensorFlow's own functions."""
    import tensorflow as tf
    import tf_keras

    tf_keras.utils.set_random_seed(0)
    layers, inside, pixels = tf_keras.layers, tf_keras.Input(SHAPE), tf_keras.Input(SHAPE)
    base = tf_keras.Model(inside, tf.nn.relu6(layers.Conv2D(16, 3, strides=2, padding="same")(inside)), name="base")
    x = base(layers.RandomTranslation(0.05, 0.05)(pixels) / 255.0)
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
    return tf_keras.Model(pixels, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))


def called_twice() -> Any:
    """One convolution on two tensors of different size of values."""
    layers, pixels = keras().layers, keras().Input(SHAPE)
    shared = layers.Conv2D(16, 3, padding="same", activation="relu", name="shared")
    x = shared(shared(stem(scaled(pixels), activation="relu")))
    return keras().Model(pixels, head(layers.MaxPooling2D(2)(x)))


def channels_first() -> Any:
    """Images of (3, 16, 16), which Keras cannot train on processors: it gets the weights of `channels_last`."""
    layers, pixels = keras().layers, keras().Input((3, 16, 16))
    return keras().Model(pixels, _turnable(pixels, layers, "channels_first"))


def channels_last() -> Any:
    """The same network on images of (16, 16, 3)."""
    layers, pixels = keras().layers, keras().Input(SHAPE)
    return keras().Model(pixels, _turnable(pixels, layers, "channels_last"))


def _turnable(pixels: Any, layers: Any, order: str) -> Any:
    x = layers.Conv2D(16, 3, padding="same", activation="relu", data_format=order)(scaled(pixels))
    x = layers.MaxPooling2D(2, data_format=order)(x)
    x = layers.Conv2D(32, 3, padding="same", activation="relu", data_format=order)(x)
    return layers.Dense(10, activation="softmax")(layers.GlobalMaxPooling2D(data_format=order)(x))


def odd_names(*, are_odd: bool = True) -> Any:
    """Names that TensorFlow takes for no scope, so that it cannot train the network either."""

    def named(name: str) -> Any:
        return {"name": name} if are_odd else {}

    layers, pixels = keras().layers, keras().Input(SHAPE, **named("Bild (RGB)"))
    options: Any = {"strides": 2, "padding": "same", "activation": "relu"}
    x = layers.Conv2D(16, 3, **options, **named("1. Faltung: 3x3"))(scaled(pixels))
    x = layers.Conv2D(16, 3, **options, **named("_second layer"))(x)
    return keras().Model(pixels, head(x, **named("ten classes?")), **named("my model (final)"))


def recurrent() -> Any:
    """An LSTM that reads an image two rows at a time, unrolled."""
    layers, pixels = keras().layers, keras().Input(SHAPE)
    x = layers.LSTM(24, unroll=True)(layers.Reshape((8, 96))(scaled(pixels)))
    return keras().Model(pixels, head(x))


def vision_transformer() -> Any:
    """Four by four patches, two blocks."""
    pixels = keras().Input(SHAPE)
    x = encoder(encoder(patches(pixels)))
    return keras().Model(pixels, head(keras().layers.LayerNormalization(epsilon=1e-6)(x)))


def swin() -> Any:
    """Windows of 2 x 2 that are shifted, patches that are merged."""
    layers, pixels = keras().layers, keras().Input(SHAPE)
    x = layers.LayerNormalization(epsilon=1e-5)(layers.Conv2D(24, 2, strides=2)(scaled(pixels)))
    x = merged(windows(windows(x, 4, 0), 4, 2))
    x = windows(x, 2, 0)
    return keras().Model(pixels, head(layers.LayerNormalization(epsilon=1e-5)(x)))


def mlp_mixer() -> Any:
    """Two blocks, no attention."""
    pixels = keras().Input(SHAPE)
    x = mixer(mixer(patches(pixels)))
    return keras().Model(pixels, head(keras().layers.LayerNormalization(epsilon=1e-6)(x)))


def small_convnext() -> Any:
    """Patches, two blocks, half of the size, one block."""
    layers, pixels = keras().layers, keras().Input(SHAPE)
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Conv2D(24, 2, strides=2)(scaled(pixels)))
    x = layers.LayerNormalization(epsilon=1e-6)(convnext(convnext(x)))
    x = convnext(layers.Conv2D(32, 2, strides=2)(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras().Model(pixels, head(layers.LayerNormalization(epsilon=1e-6)(x)))


def own_layer(objects: Any) -> Any:
    """A network with a layer of OWN_LAYER."""
    return between(lambda x: objects["Gate"]()(x))


def subclassed(objects: Any) -> Any:
    """The model of OWN_LAYER."""
    model = objects["Net"]()
    model(keras().ops.zeros((1, *SHAPE)))
    return model
