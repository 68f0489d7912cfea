"""Prepares a loaded model for tracing: finite weights, float32 layers, constants instead of tensors."""

import json
from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import ExportError
from edgekit.foundation.keras_setup import import_keras

if TYPE_CHECKING:
    import keras


def check_weights(model: "keras.Model") -> None:
    """Raise ExportError, naming the weight, if one holds NaN or infinity."""
    import numpy as np

    for weight in model.weights:
        values = np.asarray(weight)
        if np.issubdtype(values.dtype, np.inexact) and not np.isfinite(values).all():
            broken = int((~np.isfinite(values)).sum())
            raise ExportError(
                f"The weights of layer '{weight.path}' hold NaN or infinity ({broken:,} of {values.size:,} values): "
                f"the training diverged. Nothing useful can be exported; train again, with a smaller learning rate."
            )


def check_not_quantized(model: "keras.Model") -> None:
    """Raise ExportError, naming the layer, if Keras has quantized it: its arithmetic is for servers only."""
    for layer in model._flatten_layers():
        if mode := getattr(layer, "quantization_mode", None):
            raise ExportError(
                f"Layer '{layer.name}' was quantized by Keras, model.quantize('{mode}'). Expected the float model: "
                f"edgekit quantizes it for each format itself. Export the model that was saved before."
            )


def in_float32(model: "keras.Model") -> "keras.Model":
    """The same model computing in float32; mixed precision is for training, and converters do not take it."""
    keras = import_keras("edgekit export")
    computes = {layer.compute_dtype for layer in model._flatten_layers()}
    if computes <= {"float32"}:
        return model
    text = json.dumps(keras.saving.serialize_keras_object(model))
    for policy in ("mixed_float16", "mixed_bfloat16"):
        text = text.replace(f'"{policy}"', '"float32"')
    twin = keras.saving.deserialize_keras_object(json.loads(text), safe_mode=True)
    twin.set_weights(model.get_weights())
    if remaining := {layer.compute_dtype for layer in twin._flatten_layers()} - {"float32"}:
        raise ExportError(
            f"The model computes in {', '.join(sorted(remaining))}, which is not supported. Expected layers that "
            f"compute in float32, or in mixed precision."
        )
    return twin


def settle_statistics(model: "keras.Model") -> None:
    """Let each Normalization compute with the mean and variance of its weights, as constants.

    Keras sets them when a file is loaded, not with `set_weights`; and it keeps them as tensors outside the graph,
    which become further inputs of a traced one.
    """
    import numpy as np

    for layer in model._flatten_layers():
        if type(layer).__name__ == "Normalization":
            layer.finalize_state()
            layer.mean, layer.variance = np.asarray(layer.mean), np.asarray(layer.variance)


def settle_constants(model: Any) -> None:
    """Make numpy arrays of the tensors that operations are called with, as the mean in `pixels - mean`.

    A tensor from outside the graph becomes a further input of a traced one.
    """
    ops = import_keras("edgekit export").ops
    for operation in getattr(getattr(model, "_functional", None) or model, "operations", ()):
        settle_constants(operation)
        for node in operation._inbound_nodes:
            node.arguments.args, node.arguments.kwargs = node.arguments.convert(
                lambda each: ops.convert_to_numpy(each) if ops.is_tensor(each) else each
            )
