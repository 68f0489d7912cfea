"""Where quantization-aware training starts from: the range of every tensor, as the training will see it.

Training normalizes by the statistics of its batch, a finished network by the moving ones. If a training was too
short for these (the 0.999 of keras.applications' MobileNetV2 takes thousands of steps), ranges seen with one are
useless for the other. All is cut off, and the loss is NaN at the first step. Such a network first gets new moving
statistics, from the same images; one whose statistics hold keeps its own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgekit.foundation.model_optimization import Libraries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ranges = Mapping[str, tuple[float, float]]
    """Name of a layer -> smallest and largest value of its output."""

NEW_STATISTICS = (
    "The network's batch normalization had not settled: normalized by the statistics of training batches, its "
    "activations have other ranges. Training starts from recomputed statistics. Training the original longer, or with "
    "a smaller momentum of BatchNormalization, gives a better start."
)

MOST_CHANGE = 2.0
"""By this factor a range may grow or shrink with fresh statistics before the moving ones count as unfinished."""

LEAST_WIDTH = 1e-3
"""Of a tensor that is 0 on every image: a range without width would round it to NaN."""


def starting_ranges(
    libraries: Libraries, model: Any, names: Sequence[str], batches: "Sequence[NDArray[np.uint8]]"
) -> "tuple[Ranges, bool]":
    """The ranges, and whether moving statistics of `model` were recomputed for them.

    Args:
        libraries: Both versions of Keras.
        model: A flat Keras 2 model; its batch normalizations may be changed.
        names: The layers whose outputs are asked for.
        batches: Training images, uint8 (B, H, W, 3) each.
    """
    observe = range_observer(libraries, model, names)
    found = observe(batches)
    normalizing = [each for each in model.layers if type(each).__name__ == "BatchNormalization"]
    if not normalizing:
        return found, False
    before = [each.get_weights() for each in normalizing]
    _renew_statistics(model, normalizing, batches)
    renewed = observe(batches)
    if _are_alike(found, renewed):
        for layer, weights in zip(normalizing, before, strict=True):
            layer.set_weights(weights)
        return found, False
    return renewed, True


def range_observer(
    libraries: Libraries, model: Any, names: Sequence[str]
) -> "Callable[[Sequence[NDArray[np.uint8]]], Ranges]":
    """What gives, for batches of images, the range of each layer's output with the weights that `model` has then.

    A range is the mean over batches of the smallest and of the largest value, LEAST_WIDTH apart. TensorFlow gives a
    tensor's memory back as soon as its ends are known, so that not all outputs are there at once.
    """
    import numpy as np

    tf = libraries.tf
    watched = libraries.keras2.Model(model.inputs, [model.get_layer(name).get_output_at(0) for name in names])

    def ends_of(pixels: Any) -> Any:
        outputs = watched(pixels, training=False)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        return tf.stack([tf.stack([tf.reduce_min(each), tf.reduce_max(each)]) for each in outputs])

    ends_in_graph = tf.function(ends_of, reduce_retracing=True)

    def observe(batches: "Sequence[NDArray[np.uint8]]") -> "Ranges":
        means = np.mean(
            [np.asarray(ends_in_graph(images.astype(np.float32)), np.float64) for images in batches], axis=0
        )
        return {
            name: (float(low), max(float(high), float(low) + LEAST_WIDTH))
            for name, (low, high) in zip(names, means, strict=True)
        }

    return observe


def _renew_statistics(model: Any, normalizing: Sequence[Any], batches: "Sequence[NDArray[np.uint8]]") -> None:
    """Make the moving statistics the mean over `batches`, each seen as training sees it but for dropout."""
    with _set_for_a_while(model.layers, "rate", 0.0), _set_for_a_while(normalizing, "momentum", 0.0):
        for number, images in enumerate(batches):
            for layer in normalizing:
                layer.momentum = number / (number + 1)  # the mean of all so far
            model(images.astype("float32"), training=True)


@contextmanager
def _set_for_a_while(layers: Sequence[Any], name: str, value: float) -> Iterator[None]:
    """Give the attribute another value in every layer that has it."""
    before = [(layer, getattr(layer, name)) for layer in layers if hasattr(layer, name)]
    for layer, _ in before:
        setattr(layer, name, value)
    try:
        yield
    finally:
        for layer, kept in before:
            setattr(layer, name, kept)


def _are_alike(found: "Ranges", renewed: "Ranges") -> bool:
    for name, (low, high) in found.items():
        ratio = (high - low) / (renewed[name][1] - renewed[name][0])
        if not 1 / MOST_CHANGE <= ratio <= MOST_CHANGE:
            return False
    return True
