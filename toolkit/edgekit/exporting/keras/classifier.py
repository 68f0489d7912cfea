"""What every export starts from: a float32 Keras classifier, (None, H, W, 3) pixels in, (None, C) probabilities out.

Checks that a model is one and brings it into that form. Knows no format and no data.
"""

import json
from typing import TYPE_CHECKING, Any

from edgekit.exporting.options import ExportOptions
from edgekit.foundation.errors import ExportError
from edgekit.foundation.grammar import counted
from edgekit.foundation.keras_setup import import_keras
from edgekit.input_range import RAW, InputRange

if TYPE_CHECKING:
    import keras

INPUT_NAME = "pixels"
OUTPUT_NAME = "scores"

_PASS_ON = {"Activation", "ActivityRegularization", "Dropout", "Flatten", "Identity", "Reshape"}
"""Layers after which scores are still what they were; the layer before them decides."""


def as_classifier(
    model: "keras.Model", image_shape: tuple[int, int, int], num_classes: int
) -> tuple["keras.Model", bool]:
    """`model` in the form above, and whether a softmax had to be added because it gives logits.

    Args:
        model: Any Keras model.
        image_shape: (height, width, 3) of the images it is for; fills in a size that the model leaves open.
        num_classes: Classes of the data set.

    Raises:
        ExportError: It is not an image classifier of that shape and number of classes, or its weights
            hold NaN or infinity.
    """
    check_interface(model, image_shape, num_classes)
    check_weights(model)
    _check_not_quantized(model)
    model = _in_float32(model)
    _settle_statistics(model)
    _settle_constants(model)
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
    """`model` behind an input of raw pixels, float32 (batch, H, W, 3), 0 to 255, with the scaling built in.

    Its output is what `options.output` says; raises ExportError where logits cannot be had.
    """
    keras = import_keras("edgekit export")
    model = without_softmax(model) if options.gives_logits else model
    shape = tuple(model.inputs[0].shape[1:])
    pixels = keras.Input(batch_shape=(batch, *shape), dtype="float32", name=INPUT_NAME)
    scaled = scaling_layer(options.input_range or RAW)(pixels)
    return keras.Model(pixels, model(scaled, training=False), name="edgekit")


def scaling_layer(input_range: InputRange) -> Any:
    """The layer that turns pixels, 0 to 255, into what `input_range` says; the identity where they fit."""
    layers = import_keras("edgekit export").layers
    if input_range.is_raw:
        return layers.Identity(name="pixels_as_they_are")
    uniform = len(set(input_range.scale)) == 1 and len(set(input_range.offset)) == 1
    scale = input_range.scale[0] if uniform else list(input_range.scale)
    offset = input_range.offset[0] if uniform else list(input_range.offset)
    return layers.Rescaling(scale=scale, offset=offset, name="input_range")


def check_interface(model: "keras.Model", image_shape: tuple[int, int, int], num_classes: int) -> None:
    """Raise ExportError unless one input takes images of `image_shape` and one output gives `num_classes` scores."""
    inputs, outputs = getattr(model, "inputs", None) or [], getattr(model, "outputs", None) or []
    if not inputs and not outputs and model.weights:
        raise ExportError(
            f"The model '{model.name}' ({type(model).__name__}) is a class of its own, whose layers cannot be "
            f"followed. Make one of Keras' of it and save that: inputs = keras.Input((height, width, 3)); "
            f"keras.Model(inputs, model.call(inputs)).save('model.keras')."
        )
    if not inputs and not outputs:
        raise ExportError(
            f"The model '{model.name}' was saved before it was built: it has no shapes and no weights. Begin it with "
            f"keras.Input((height, width, 3)), train it, and save it again."
        )
    if len(inputs) != 1 or len(outputs) != 1:
        raise ExportError(
            f"The model has {counted(len(inputs), 'input')} and {counted(len(outputs), 'output')}: "
            f"{_interface(inputs, outputs)}. Not yet: "
            f"edgekit exports image classifiers with one input (batch, height, width, 3) and one output "
            f"(batch, classes)."
        )
    wanted, given = tuple(inputs[0].shape), tuple(outputs[0].shape)
    if len(wanted) != 4 or wanted[3] != 3 or not _is_numeric(inputs[0].dtype):
        raise ExportError(
            f"The model takes {inputs[0].dtype} of shape {wanted}. Not yet: edgekit exports models that take RGB "
            f"images, (batch, height, width, 3)."
        )
    if any(size not in (None, actual) for size, actual in zip(wanted[1:], image_shape, strict=True)):
        raise ExportError(
            f"The model takes images of {wanted[1]} x {wanted[2]}; the data set's are "
            f"{image_shape[0]} x {image_shape[1]}. Give the data set that the model was trained on."
        )
    if len(given) != 2:
        raise ExportError(
            f"The model gives an output of shape {given}. Not yet: edgekit exports classifiers, (batch, classes)."
        )
    if given[1] != num_classes:
        one_score = " A single sigmoid score is not enough: end the model with one score a class." * (given[1] == 1)
        raise ExportError(
            f"The model gives {counted(given[1], 'score')}; "
            f"the data set has {counted(num_classes, 'class')}.{one_score}"
        )


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


def _check_not_quantized(model: "keras.Model") -> None:
    """Raise ExportError, naming the layer, where Keras has quantized it: its arithmetic is for servers alone."""
    for layer in model._flatten_layers():
        if mode := getattr(layer, "quantization_mode", None):
            raise ExportError(
                f"Layer '{layer.name}' was quantized by Keras, model.quantize('{mode}'). Expected the float model: "
                f"edgekit quantizes it for each format itself. Export the model that was saved before."
            )


def gives_logits(model: "keras.Model", image_shape: tuple[int, int, int]) -> bool:
    """Whether a softmax is missing: the last activation is linear, or unknown, and rows do not sum to 1.

    The softmax of a log-softmax is the softmax, so that is missing too. A model that ends in any other activation
    (softmax, sigmoid) is taken at its word.
    """
    if _last_activation(model) not in {"linear", "log_softmax"}:
        return False
    import numpy as np

    noise = np.random.default_rng(0).uniform(0, 255, (4, *image_shape)).astype(np.float32)
    scores = np.asarray(model(noise, training=False))
    return bool(scores.min() < 0 or np.abs(scores.sum(axis=1) - 1).max() > 1e-3)


def without_softmax(model: "keras.Model") -> "keras.Model":
    """A copy of the classifier `model` that gives what its softmax is given; raises ExportError where it has none."""
    last, name = _last_operation(model)
    if name != "softmax":
        raise ExportError(
            f"Logits cannot be had: the model ends in '{last.name}' ({type(last).__name__}), not in a softmax. "
            f"Expected a Softmax layer, or a layer with activation='softmax'. Leave --output logits out."
        )
    keras = import_keras("edgekit export")
    config = keras.saving.serialize_keras_object(model)
    _leave_out_softmax(config, last.name)
    twin = keras.saving.deserialize_keras_object(config, safe_mode=True)
    twin.set_weights(model.get_weights())
    _settle_statistics(twin)
    _settle_constants(twin)
    return twin


def _leave_out_softmax(config: Any, layer_name: str) -> None:
    """Make the layer called `layer_name` in a serialized model linear."""
    if isinstance(config, list):
        for each in config:
            _leave_out_softmax(each, layer_name)
    if not isinstance(config, dict):
        return
    own = config.get("config")
    if isinstance(own, dict) and own.get("name") == layer_name and "layers" not in own:
        if config["class_name"] == "Softmax":
            config["module"], config["class_name"], config["registered_name"] = "keras.layers", "Activation", None
            config["config"] = {"name": layer_name, "dtype": own.get("dtype"), "activation": "linear"}
            for node in config.get("inbound_nodes", []):
                node["kwargs"] = {}  # a softmax may be given a mask
        else:
            own["activation"] = "linear"
        return
    for each in config.values():
        _leave_out_softmax(each, layer_name)


def _last_activation(model: "keras.Model") -> str:
    """Name of the activation that the output went through last; "linear" where none is found."""
    return _last_operation(model)[1]


def _last_operation(model: "keras.Model") -> tuple[Any, str]:
    """What decides the kind of scores: the last operation that does more than pass them on, and its activation."""
    tensor = model.outputs[0]
    while True:
        operation = tensor._keras_history.operation
        if getattr(operation, "layers", None) and getattr(operation, "outputs", None):
            tensor = operation.outputs[0]
            continue
        name = getattr(getattr(operation, "activation", None), "__name__", "linear")
        if name == "linear" and type(operation).__name__ in {"Softmax", "Sigmoid"}:
            return operation, type(operation).__name__.lower()
        if name != "linear" or type(operation).__name__ not in _PASS_ON:
            return operation, name
        tensor = operation.input


def _in_float32(model: "keras.Model") -> "keras.Model":
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
            f"The model computes in {', '.join(sorted(remaining))}. Not yet: edgekit exports models whose layers "
            f"compute in float32, or in mixed precision."
        )
    return twin


def _settle_statistics(model: "keras.Model") -> None:
    """Let each Normalization compute with the mean and variance that stand in its weights, as constants.

    Keras sets them when a file is loaded, not with `set_weights`; and it keeps them as tensors outside the graph,
    which become further inputs of a traced one.
    """
    import numpy as np

    for layer in model._flatten_layers():
        if type(layer).__name__ == "Normalization":
            layer.finalize_state()
            layer.mean, layer.variance = np.asarray(layer.mean), np.asarray(layer.variance)


def _settle_constants(model: Any) -> None:
    """Make numpy arrays of the tensors that operations are called with, as the mean in `pixels - mean`.

    A tensor from outside the graph becomes a further input of a traced one.
    """
    ops = import_keras("edgekit export").ops
    for operation in getattr(getattr(model, "_functional", None) or model, "operations", ()):
        _settle_constants(operation)
        for node in operation._inbound_nodes:
            node.arguments.args, node.arguments.kwargs = node.arguments.convert(
                lambda each: ops.convert_to_numpy(each) if ops.is_tensor(each) else each
            )


def _is_numeric(dtype: Any) -> bool:
    return str(dtype).startswith(("float", "bfloat", "int", "uint"))


def _interface(inputs: list[Any], outputs: list[Any]) -> str:
    def words(tensors: list[Any]) -> str:
        return " and ".join(f"{tensor.dtype} {tuple(tensor.shape)}" for tensor in tensors) or "nothing"

    return f"{words(inputs)} in, {words(outputs)} out"
