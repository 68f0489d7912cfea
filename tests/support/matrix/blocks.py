"""Blocks of networks that the matrix is made of, each a function on a Keras tensor. Trains nothing."""

from typing import Any

from edgekit.foundation.keras_setup import import_keras


def keras() -> Any:
    """Keras on TensorFlow."""
    return import_keras("the tests", backend="tensorflow")


def scaled(pixels: Any) -> Any:
    """Pixels of 0 to 255 -> 0 to 1."""
    return keras().layers.Rescaling(1 / 255)(pixels)


def stem(x: Any, filters: int = 16, **options: Any) -> Any:
    """Half of the height and the width."""
    return keras().layers.Conv2D(filters, 3, strides=2, padding="same", **options)(x)


def head(x: Any, num_classes: int = 10, activation: str | None = "softmax", **options: Any) -> Any:
    """Flatten and one Dense layer."""
    layers = keras().layers
    return layers.Dense(num_classes, activation=activation, **options)(layers.Flatten()(x))


def convolutions(pixels: Any, between: Any = None) -> Any:
    """Two convolutions with `between` behind the first: a function on a tensor, by default ReLU."""
    layers = keras().layers
    x = stem(scaled(pixels))
    x = layers.ReLU()(x) if between is None else between(x)
    return layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)


def multilayer(x: Any, units: int, activation: str = "gelu") -> Any:
    """Two Dense layers on the last axis, which keeps its size."""
    layers = keras().layers
    return layers.Dense(x.shape[-1])(layers.Dense(units, activation=activation)(x))


def encoder(x: Any, heads: int = 2) -> Any:
    """A block of a transformer: (N, T, C), normalization before attention and before the two Dense layers."""
    layers, channels = keras().layers, x.shape[-1]
    normal = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.Add()([x, layers.MultiHeadAttention(heads, channels // heads)(normal, normal)])
    return layers.Add()([x, multilayer(layers.LayerNormalization(epsilon=1e-6)(x), 2 * channels)])


def patches(pixels: Any, size: int = 4, channels: int = 32) -> Any:
    """(N, H, W, C) -> (N, T, channels), with a learned position added."""
    layers = keras().layers
    x = layers.Conv2D(channels, size, strides=size)(scaled(pixels))
    x = layers.Reshape((-1, channels))(x)
    count = x.shape[1]
    places = layers.Embedding(count, channels)(keras().ops.arange(count))
    return x + places


def windows(x: Any, size: int, shift: int) -> Any:
    """Attention inside windows of size x size that are shifted by `shift`, as in Swin: (N, H, W, C) stays."""
    k, layers = keras(), keras().layers
    height, channels = x.shape[1], x.shape[-1]
    count = height // size
    normal = layers.LayerNormalization(epsilon=1e-5)(x)
    y = k.ops.roll(normal, (-shift, -shift), axis=(1, 2)) if shift else normal
    y = layers.Reshape((count, size, count, size, channels))(y)
    y = k.ops.reshape(k.ops.transpose(y, (0, 1, 3, 2, 4, 5)), (-1, size * size, channels))
    y = layers.MultiHeadAttention(2, channels // 2)(y, y)
    y = k.ops.reshape(y, (-1, count, count, size, size, channels))
    y = layers.Reshape((height, height, channels))(k.ops.transpose(y, (0, 1, 3, 2, 4, 5)))
    y = k.ops.roll(y, (shift, shift), axis=(1, 2)) if shift else y
    x = layers.Add()([x, y])
    return layers.Add()([x, multilayer(layers.LayerNormalization(epsilon=1e-5)(x), 2 * channels)])


def merged(x: Any) -> Any:
    """Four neighbours become one place with twice the channels, as in Swin."""
    k, layers = keras(), keras().layers
    parts = [x[:, row::2, column::2] for row in (0, 1) for column in (0, 1)]
    return layers.Dense(2 * x.shape[-1], use_bias=False)(
        layers.LayerNormalization(epsilon=1e-5)(k.ops.concatenate(parts, axis=-1))
    )


def mixer(x: Any) -> Any:
    """A block of an MLP-Mixer: (N, T, C); first along T, then along C."""
    layers = keras().layers
    y = layers.Permute((2, 1))(layers.LayerNormalization(epsilon=1e-6)(x))
    x = layers.Add()([x, layers.Permute((2, 1))(multilayer(y, 32))])
    return layers.Add()([x, multilayer(layers.LayerNormalization(epsilon=1e-6)(x), 64)])


def convnext(x: Any) -> Any:
    """A block of ConvNeXt: depthwise 7 x 7, normalization, two Dense layers, a learned scale, a sum."""
    from keras.src.applications.convnext import LayerScale

    layers, channels = keras().layers, x.shape[-1]
    y = layers.DepthwiseConv2D(7, padding="same")(x)
    y = multilayer(layers.LayerNormalization(epsilon=1e-6)(y), 4 * channels)
    return layers.Add()([x, LayerScale(0.5, channels)(y)])
