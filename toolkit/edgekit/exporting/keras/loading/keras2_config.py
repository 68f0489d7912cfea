"""The configuration of a Keras 2 model in the words of Keras 3. Reads no file and loads no weights.

Keras 3 translates most of it by itself. What is left: arguments that it has dropped, the places of classes that have
moved, and arithmetic that Keras 2 writes by TensorFlow's names (`x / 127.5` is a TFOpLambda called math.truediv).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from edgekit.foundation.errors import ExportError

_HOMES = {"Functional": "keras.src.models.functional", "Sequential": "keras.src.models.sequential"}
_GROUPED = {"Conv1D", "Conv2D", "Conv3D"}
"""The layers that still take `groups`; the others of Keras 2 wrote it too, always 1."""
_CONSTANT = "_CONSTANT_VALUE"
_RESCALING: Mapping[str, Any] = {
    "add": lambda number: (1.0, number),
    "sub": lambda number: (1.0, -number),
    "mul": lambda number: (number, 0.0),
    "truediv": lambda number: (1.0 / number, 0.0),
}
"""Operator with a number behind it -> (scale, offset) of a Rescaling that does the same."""
_MERGING = {"add": "Add", "sub": "Subtract", "mul": "Multiply"}
_COMMUTATIVE = {"add", "mul"}
_SHORT = {"subtract": "sub", "multiply": "mul", "divide": "truediv"}


def in_keras3_words(configuration: Any) -> Any:
    """A copy of a Keras 2 `configuration` as Keras 3 writes it.

    Raises:
        ExportError: An operation of TensorFlow has no Keras layer here; the message names it.
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
    if made.get("class_name") == "TFOpLambda":
        return _as_layer(made)
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
            config[ends] = config[ends][0]  # a tensor, where Keras 3 would read a list of one
    if isinstance(config.get("layers"), list):
        inner = {each.get("name") for each in config["layers"] if each.get("class_name") == "Sequential"}
        _count_calls_from_zero(
            [config.get("output_layers"), [each.get("inbound_nodes") for each in config["layers"]]], inner
        )
    if name == "InputLayer" and "batch_input_shape" in config:
        config["batch_shape"] = config.pop("batch_input_shape")
    if name not in _GROUPED and config.get("groups") == 1:
        del config["groups"]
    if name == "BatchNormalization" and isinstance(config.get("axis"), list) and len(config["axis"]) == 1:
        config["axis"] = config["axis"][0]
    if name.startswith(("Separable", "Depthwise")):
        for argument in ("kernel_initializer", "kernel_regularizer", "kernel_constraint"):
            config.pop(argument, None)  # they count for training alone, and each of the two kernels has its own


def _count_calls_from_zero(references: Any, names: set[Any]) -> None:
    """Change, in place, [layer, call, output, …] of the layers `names`: networks whose own input was call 0."""
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


def _as_layer(node: Mapping[str, Any]) -> dict[str, Any]:
    """The layer that does what the TFOpLambda `node` does: a Rescaling, or one that merges two tensors."""
    name, function = node["config"]["name"], str(node["config"]["function"])
    word = function.rpartition(".")[2]
    operator, nodes = _SHORT.get(word, word), node.get("inbound_nodes", [])
    if len(nodes) != 1 or function.rpartition(".")[0] not in {"math", "__operators__"}:
        raise _unknown(name, function)
    tensor, other = _operands(nodes[0], operator)
    if isinstance(other, int | float) and operator in _RESCALING and (other or operator != "truediv"):
        scale, offset = _RESCALING[operator](other)
        return _layer("Rescaling", name, {"scale": scale, "offset": offset}, [tensor])
    if isinstance(other, list) and operator in _MERGING:
        return _layer(_MERGING[operator], name, {}, [tensor, [*other, {}]])
    raise _unknown(name, function)


def _operands(inbound: Any, operator: str) -> tuple[list[Any], Any]:
    """The tensor of one inbound node, as [layer, node, index, {}], and its number or the other tensor, if any."""
    layer, index, value, arguments = inbound
    other = arguments.get("y")
    if layer != _CONSTANT:
        return [layer, index, value, {}], other
    if operator in _COMMUTATIVE and isinstance(other, list):
        return [*other, {}], value
    return [layer, index, value, {}], None


def _layer(kind: str, name: str, config: dict[str, Any], inputs: list[Any]) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, "trainable": True, "dtype": "float32", **config},
        "registered_name": None,
        "name": name,
        "inbound_nodes": [inputs],
    }


def _unknown(name: str, function: str) -> ExportError:
    return ExportError(
        f"Layer '{name}' is TensorFlow's {function}, written by Keras 2; Keras 3 has no layer for it. Replace it by a "
        f"Keras layer and save the model again."
    )
