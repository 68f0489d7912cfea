"""The configuration of a Keras 2 model in the words of Keras 3. Reads no file and loads no weights.

Keras 3 translates most of it by itself. What is left: arguments that it has dropped, the places of classes that have
moved, layers for training alone, and functions of TensorFlow, see `keras2_functions`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from edgekit.exporting.keras.loading.keras2_functions import as_layer

_HOMES = {"Functional": "keras.src.models.functional", "Sequential": "keras.src.models.sequential"}
_GROUPED = {"Conv1D", "Conv2D", "Conv3D"}
"""The layers that still take `groups`; the others of Keras 2 wrote it too, always 1."""
_AUGMENTATION = frozenset(
    {
        "RandomBrightness",
        "RandomContrast",
        "RandomFlip",
        "RandomHeight",
        "RandomRotation",
        "RandomTranslation",
        "RandomWidth",
        "RandomZoom",
    }
)
"""Layers that change images in training alone: they are left out."""
_FUNCTIONS = frozenset({"TFOpLambda", "SlicingOpLambda"})


def in_keras3_words(configuration: Any) -> Any:
    """A copy of a Keras 2 `configuration` as Keras 3 writes it.

    Raises:
        ExportError: A function of TensorFlow has no layer in Keras 3; the message names it.
    """
    return _translated(configuration, dict(_names_with_slashes(configuration)))


def _names_with_slashes(node: Any) -> Iterator[tuple[str, str]]:
    """(name, name that Keras 3 takes) of each layer whose name has a slash, however deep."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    name = node.get("name") if isinstance(node, dict) else None
    if isinstance(name, str) and "/" in name:
        yield name, name.replace("/", ".")
    for child in children:
        yield from _names_with_slashes(child)


def _translated(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_translated(each, names) for each in node]
    if isinstance(node, str):
        return names.get(node, node)
    if not isinstance(node, dict):
        return node
    made = {key: _translated(value, names) for key, value in node.items()}
    if made.get("class_name") in _FUNCTIONS:
        return as_layer(made)
    if made.get("class_name") in _AUGMENTATION:
        return _left_out(made)
    if made.get("class_name") == "Policy" and isinstance(made.get("config"), dict):
        return made["config"].get("name")
    if isinstance(made.get("class_name"), str) and isinstance(made.get("config"), dict):
        _settle(made, made["class_name"], made["config"])
    return made


def _settle(made: dict[str, Any], name: str, config: dict[str, Any]) -> None:
    """Change one layer, or one object that a layer is given, in place."""
    if isinstance(made.get("module"), str):
        made["module"] = _HOMES.get(name, made["module"].replace("tf_keras", "keras", 1))
        if name != "InputLayer":
            config.pop("batch_input_shape", None)  # the build_config beside it says the same
    for ends in ("input_layers", "output_layers"):
        if isinstance(config.get(ends), list) and len(config[ends]) == 1:
            config[ends] = config[ends][0]  # a tensor, if Keras 3 would read a list of one
    if isinstance(config.get("layers"), list):
        _settle_calls(config)
    if name == "InputLayer" and "batch_input_shape" in config:
        config["batch_shape"] = config.pop("batch_input_shape")
    if name not in _GROUPED and config.get("groups") == 1:
        del config["groups"]
    if name == "BatchNormalization" and isinstance(config.get("axis"), list) and len(config["axis"]) == 1:
        config["axis"] = config["axis"][0]
    if name.startswith(("Separable", "Depthwise")):
        for argument in ("kernel_initializer", "kernel_regularizer", "kernel_constraint"):
            config.pop(argument, None)  # they count for training alone, and each of the two kernels has its own


def _settle_calls(config: dict[str, Any]) -> None:
    """Change, in place, how the layers of one network refer to the calls of networks inside it.

    Keras 2 counts the input of a network as its call 0. Keras 3 does not, but if a functional model gives an output
    of the one around it, it takes one off by itself.
    """
    inner = {each.get("name"): each.get("class_name") for each in config["layers"] if _has_own_input(each)}
    sequential = {name for name, kind in inner.items() if kind == "Sequential"}
    _count_calls_from_zero([each.get("inbound_nodes") for each in config["layers"]], set(inner))
    _count_calls_from_zero([config.get("output_layers")], sequential)


def _has_own_input(layer: Any) -> bool:
    """Whether a layer is a network that was built on an input of its own, which Keras 2 counts as a call."""
    layers = (layer.get("config") or {}).get("layers")
    return isinstance(layers, list) and bool(layers) and layers[0].get("class_name") == "InputLayer"


def _count_calls_from_zero(references: Any, names: set[Any]) -> None:
    """Change, in place, [layer, call, output, …] of the layers `names`: networks whose own input was call 0."""
    if isinstance(references, dict):
        references = list(references.values())
    if not isinstance(references, list):
        return
    if (
        len(references) >= 3
        and isinstance(references[0], str)
        and references[0] in names
        and isinstance(references[1], int)
    ):
        references[1] = max(0, references[1] - 1)
    for each in references:
        _count_calls_from_zero(each, names)


def _left_out(node: dict[str, Any]) -> dict[str, Any]:
    """A layer that passes on what it is given, in the place of `node`."""
    config = {"name": node["config"].get("name"), "trainable": True, "dtype": "float32"}
    kept = {key: value for key, value in node.items() if key in ("name", "inbound_nodes")}
    return {"module": "keras.layers", "class_name": "Identity", "config": config, "registered_name": None, **kept}
