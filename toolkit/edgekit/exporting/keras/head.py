"""The end of a classifier: its last activation, and the same network without it. The given model stays as it is."""

from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.before_tracing import settle_constants, settle_statistics
from edgekit.foundation.errors import ExportError
from edgekit.foundation.keras_setup import import_keras

if TYPE_CHECKING:
    import keras

ACTIVATION_CLASSES = frozenset({"Softmax", "Sigmoid"})
"""Classes, of layers and of operations, that are an activation and nothing else."""

_PASS_ON = {"Activation", "ActivityRegularization", "Dropout", "Flatten", "Identity", "Reshape", "Take"}
"""Operations after which scores are still what they were; the one before them decides."""


def gives_logits(model: "keras.Model", image_shape: tuple[int, int, int]) -> bool:
    """Whether a softmax is missing: the last activation is linear, or unknown, and rows do not sum to 1.

    The softmax of a log-softmax is the softmax, so that is missing too. A model that ends in any other activation
    (softmax, sigmoid) is taken at its word.
    """
    if last_operation(model)[1] not in {"linear", "log_softmax"}:
        return False
    import numpy as np

    noise = np.random.default_rng(0).uniform(0, 255, (4, *image_shape)).astype(np.float32)
    scores = np.asarray(model(noise, training=False))
    return bool(scores.min() < 0 or np.abs(scores.sum(axis=1) - 1).max() > 1e-3)


def without_softmax(model: "keras.Model") -> "keras.Model":
    """A copy of the classifier `model` that gives what its softmax is given; raises ExportError if it has none."""
    last, name = last_operation(model)
    if name != "softmax":
        raise ExportError(
            f"Logits are not available: the model ends in '{last.name}' ({type(last).__name__}), not in a softmax. "
            f"Expected a Softmax layer, or a layer with activation='softmax'. Leave --output logits out."
        )
    return without_activation(model, last)


def without_activation(model: "keras.Model", last: Any) -> "keras.Model":
    """A copy of `model` whose layer `last`, see `last_operation`, is linear."""
    keras = import_keras("edgekit export")
    config = keras.saving.serialize_keras_object(model)
    _make_linear(config, last.name)
    twin = keras.saving.deserialize_keras_object(config, safe_mode=True)
    twin.set_weights(model.get_weights())
    settle_statistics(twin)
    settle_constants(twin)
    return twin


def _make_linear(config: Any, layer_name: str) -> None:
    """Make the layer called `layer_name` in a serialized model linear."""
    if isinstance(config, list):
        for each in config:
            _make_linear(each, layer_name)
    if not isinstance(config, dict):
        return
    own = config.get("config")
    if isinstance(own, dict) and own.get("name") == layer_name and "layers" not in own:
        if config["class_name"] in ACTIVATION_CLASSES:
            config["module"], config["class_name"], config["registered_name"] = "keras.layers", "Activation", None
            config["config"] = {"name": layer_name, "dtype": own.get("dtype"), "activation": "linear"}
            for node in config.get("inbound_nodes", []):
                node["kwargs"] = {}  # a softmax may be given a mask
        else:
            own["activation"] = "linear"
        return
    for each in config.values():
        _make_linear(each, layer_name)


def last_operation(model: "keras.Model") -> tuple[Any, str]:
    """What decides the kind of scores: the last operation that does more than pass them on, and its activation."""
    tensor = model.outputs[0]
    while True:
        operation = tensor._keras_history.operation
        if getattr(operation, "layers", None) and getattr(operation, "outputs", None):
            tensor = operation.outputs[tensor._keras_history.tensor_index]
            continue
        name = getattr(getattr(operation, "activation", None), "__name__", "linear")
        if name == "linear" and type(operation).__name__ in ACTIVATION_CLASSES:
            return operation, type(operation).__name__.lower()
        if name != "linear" or type(operation).__name__ not in _PASS_ON:
            return operation, name
        tensor = operation.input
