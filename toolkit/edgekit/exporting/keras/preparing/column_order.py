"""The scores of a classifier in another order. Keras to Keras; exact.

If the last kernel's channels are the classes, they are put into the new order, which costs nothing; else the scores
themselves are, by one GATHER.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.graph_walk import Walk, rebuilt
from edgekit.exporting.keras.linear_layers import Linear, kind_of
from edgekit.foundation.keras_setup import import_keras

if TYPE_CHECKING:
    import keras

_EACH_CHANNEL_ALIKE = {
    "Activation",
    "ActivityRegularization",
    "Dropout",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Identity",
    "Softmax",
}
"""Layers that treat every channel alike: after them the channels are in the order of the kernel before."""


def with_columns_in_order(model: "keras.Model", order: Sequence[int]) -> "keras.Model":
    """`model` giving, as score i, its score `order[i]`; the given model stays as it is.

    Args:
        model: A model of one input, with one output (batch, C).
        order: A permutation of 0 to C - 1.
    """
    keras = import_keras("edgekit export")
    kernel = _last_kernel(model)
    if kernel is None:
        scores = keras.ops.take(model.outputs[0], list(order), axis=-1)
        return keras.Model(model.inputs[0], scores, name=model.name)
    kernel.reorder_outputs(order)
    twin = kernel.as_layer()

    def call(layer: Any, *arguments: Any, **options: Any) -> Any:
        return (twin if layer is kernel.layer else layer)(*arguments, **options)

    return rebuilt(model, call)


def _last_kernel(model: "keras.Model") -> Linear | None:
    """The kernel whose output channels are the scores; None if something else comes between, or cannot be told."""
    walk = Walk.through(model)
    if walk is None:
        return None
    makers = {id(tensor): step for step in walk.steps for tensor in step.outputs}
    readers = Counter(id(tensor) for step in walk.steps for tensor in step.inputs)
    calls = Counter(id(step.layer) for step in walk.steps)
    tensor = walk.output
    while (step := makers.get(id(tensor))) is not None:
        if len(step.inputs) != 1 or readers[id(tensor)] > (tensor is not walk.output):
            return None
        if kind_of(step.layer) in ("Dense", "Conv2D"):
            is_alone = calls[id(step.layer)] == 1 and getattr(step.layer, "groups", 1) == 1
            return Linear.of(step.layer) if is_alone else None
        if kind_of(step.layer) not in _EACH_CHANNEL_ALIKE or not _is_last_axis(step.layer):
            return None
        tensor = step.inputs[0]
    return None


def _is_last_axis(layer: Any) -> bool:
    """Whether `layer` works along the last axis, if it works along one."""
    return getattr(layer, "axis", -1) == -1 and getattr(layer, "data_format", "channels_last") == "channels_last"
