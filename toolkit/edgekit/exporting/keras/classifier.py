"""What every export starts from: a float32 Keras classifier, (None, H, W, C) pixels in, (None, C) probabilities out.

Checks that a model is one and brings it into that form. Knows no format and no data.
"""

from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.before_tracing import (
    check_not_quantized,
    check_weights,
    in_float32,
    settle_constants,
    settle_statistics,
)
from edgekit.exporting.keras.head import gives_logits, without_softmax
from edgekit.exporting.keras.interface import check_interface
from edgekit.exporting.options import ExportOptions
from edgekit.foundation.errors import ExportError
from edgekit.foundation.keras_setup import import_keras
from edgekit.input_range import RAW, InputRange

if TYPE_CHECKING:
    import keras

INPUT_NAME = "pixels"
OUTPUT_NAME = "scores"


def as_classifier(
    model: "keras.Model", image_shape: tuple[int, int, int], num_classes: int
) -> tuple["keras.Model", bool]:
    """`model` in the form above, and whether a softmax had to be added because it gives logits.

    Args:
        model: Any Keras model.
        image_shape: (height, width, channels) of the images it is for; fills in a size that the model leaves open.
        num_classes: Classes of the data set.

    Raises:
        ExportError: It is not an image classifier of that shape and number of classes, or its weights
            hold NaN or infinity.
    """
    check_interface(model, image_shape, num_classes)
    check_weights(model)
    check_not_quantized(model)
    model = in_float32(model)
    settle_statistics(model)
    settle_constants(model)
    adds_softmax = gives_logits(model, image_shape)
    if not adds_softmax and tuple(model.inputs[0].shape[1:]) == image_shape:
        return model, False
    keras = import_keras("edgekit export")
    pixels = keras.Input(image_shape, dtype="float32", name=INPUT_NAME)
    scores = model(pixels, training=False)
    if adds_softmax:
        scores = keras.layers.Softmax(name=OUTPUT_NAME)(scores)
    return keras.Model(pixels, scores, name="classifier"), adds_softmax


def exported_graph(model: "keras.Model", options: ExportOptions, batch: int | None) -> "keras.Model":
    """`model` with an input of raw pixels, float32 (batch, H, W, C), 0 to 255, and the scaling built in.

    Its output is what `options.output` says.

    Raises:
        ExportError: Logits cannot be had, or the range has a value for each of three channels, and images have one.
    """
    keras = import_keras("edgekit export")
    model = without_softmax(model) if options.gives_logits else model
    shape = tuple(model.inputs[0].shape[1:])
    input_range = options.input_range or RAW
    if shape[2] == 1 and not input_range.is_uniform:
        raise ExportError(
            f"The model takes gray images, of one channel. Expected an --input-range with one mean and one deviation, "
            f"as in mean=0.1307,std=0.3081. Received {input_range.text}."
        )
    pixels = keras.Input(batch_shape=(batch, *shape), dtype="float32", name=INPUT_NAME)
    scaled = scaling_layer(input_range)(pixels)
    return keras.Model(pixels, model(scaled, training=False), name="edgekit")


def scaling_layer(input_range: InputRange) -> Any:
    """The layer that turns pixels, 0 to 255, into what `input_range` says; the identity if they fit."""
    layers = import_keras("edgekit export").layers
    if input_range.is_raw:
        return layers.Identity(name="pixels_as_they_are")
    uniform = input_range.is_uniform
    scale = input_range.scale[0] if uniform else list(input_range.scale)
    offset = input_range.offset[0] if uniform else list(input_range.offset)
    return layers.Rescaling(scale=scale, offset=offset, name="input_range")
