"""Ranges that tensorflow-model-optimization has learned, by layer, as ranges of tensors that a converter finds again.

What a run of `edgekit compress --qat` keeps, made of an external file: each range gets the fingerprint
of the tensor that it is of, on the same two probe images.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.loading.tfmot_file import TrainedRange
from edgekit.input_range import InputRange
from edgekit.quantization.learned_ranges import LearnedRange, LearnedRanges, fingerprint_of, probe_images

if TYPE_CHECKING:
    import keras


def with_fingerprints(
    model: "keras.Model",
    trained: Sequence[TrainedRange],
    input_range: InputRange,
    image_shape: tuple[int, int, int],
) -> LearnedRanges:
    """The learned ranges of the tensors of `model`.

    Args:
        model: As it was loaded, its layers called as in `trained`.
        trained: What the file holds.
        input_range: What the model wants of pixels of 0 to 255.
        image_shape: (height, width, 3).
    """
    import keras
    import numpy as np

    places = list(_places(model, trained))
    if not places:
        return LearnedRanges(image_shape=image_shape, ranges=())
    watched = keras.Model(model.inputs, [tensor for _, tensor in places])
    scale, offset = np.array(input_range.scale, np.float32), np.array(input_range.offset, np.float32)
    outputs = watched.predict_on_batch(probe_images(image_shape).astype(np.float32) * scale + offset)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return LearnedRanges(
        image_shape=image_shape,
        ranges=tuple(
            LearnedRange(
                layer=each.layer,
                low=each.low,
                high=each.high,
                size=int(output[0].size),
                fingerprint=fingerprint_of(list(np.asarray(output))),
            )
            for (each, _), output in zip(places, outputs, strict=True)
        ),
    )


def _places(model: "keras.Model", trained: Sequence[TrainedRange]) -> "Iterator[tuple[TrainedRange, Any]]":
    """Each range with the tensor that it is of, once for every call of its layer; ranges of no tensor are left out."""
    layers = {layer.name: layer for layer in model.layers}
    for each in trained:
        layer = layers.get(each.layer)
        for node in layer._inbound_nodes if layer is not None else ():
            if len(node.outputs) == 1:
                yield each, _before_activation(layer, node) if each.is_before_activation else node.outputs[0]


def _before_activation(layer: Any, node: Any) -> Any:
    """What a layer gives to its own activation: the output of a copy without it."""
    config = layer.get_config() | {"name": f"{layer.name}_before_activation", "activation": "linear"}
    copy = type(layer).from_config(config)
    output = copy(node.arguments.args[0])
    copy.set_weights(layer.get_weights())
    return output
