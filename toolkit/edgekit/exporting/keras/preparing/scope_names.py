"""Layer names that TensorFlow accepts. Keras takes "conv 1" and "Größe:2" as names; a traced graph does not."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.\\/>-]")
"""What TensorFlow's name scopes do not take; see _VALID_SCOPE_NAME_REGEX in tensorflow/python/framework/ops.py."""
_FIRST = re.compile(r"[A-Za-z0-9.]")


def rename_layers(model: "keras.Model") -> dict[str, str]:
    """Give valid names to the layers and variables of `model`, in place, those of nested models among them.

    Returns:
        Old name -> new name of those that were renamed.
    """
    layers = model._flatten_layers()
    taken = {layer.name for layer in layers}
    renamed: dict[str, str] = {}
    for layer in layers:
        valid = _valid(layer.name, is_outermost=layer is model)
        if valid == layer.name:
            continue
        name = _free(valid, taken)
        taken.add(name)
        renamed[layer.name] = layer.name = name
    for variable in model.variables:
        _rename_variable(variable)
    return renamed


def _rename_variable(variable: Any) -> None:
    """Give a variable of TensorFlow a name that a SavedModel takes: it was made from the layer's first name."""
    stored = variable.value
    name = str(getattr(stored, "_handle_name", ""))
    stem = name.removesuffix(":0")
    if stem and (valid := _valid(stem, is_outermost=True)) != stem:
        stored._handle_name = f"{valid}:0"


def _valid(name: str, *, is_outermost: bool) -> str:
    """`name` with "_" for what is not allowed; the outermost scope must not begin with it."""
    cleaned = _FORBIDDEN.sub("_", name)
    return f"model{cleaned}" if is_outermost and not _FIRST.match(cleaned) else cleaned


def _free(name: str, taken: set[str]) -> str:
    """`name`, or the first of name_2, name_3 … that is free."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
