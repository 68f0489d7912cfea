"""A network that takes gray images without a channel axis, (batch, height, width), as one that takes one channel."""

from typing import TYPE_CHECKING

from edgekit.foundation.keras_setup import import_keras

if TYPE_CHECKING:
    import keras


def with_channel_axis(model: "keras.Model", image_shape: tuple[int, int, int]) -> "keras.Model":
    """`model` from (batch, height, width, 1) if it takes (batch, height, width); else itself.

    The one channel is taken off by a Reshape, which moves no number; the layers and weights are shared.

    Args:
        model: It stays as it is.
        image_shape: (height, width, channels) of the images; fills in a size that the model leaves open.
    """
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) != 1 or len(inputs[0].shape) != 3 or image_shape[2] != 1:
        return model
    keras = import_keras("edgekit export")
    batch, *sides = inputs[0].shape
    height, width = (side or given for side, given in zip(sides, image_shape, strict=False))
    pixels = keras.Input(batch_shape=(batch, height, width, 1), dtype=inputs[0].dtype)
    plane = keras.layers.Reshape((height, width), name="without_channel_axis")(pixels)
    return keras.Model(pixels, model(plane), name=model.name)
