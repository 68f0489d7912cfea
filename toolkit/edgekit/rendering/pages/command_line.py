"""A call as the command that does the same, for a page that says how it was made."""

import inspect
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edgekit.datasets import Dataset
from edgekit.foundation.typed.names import names_of

PYTHON_ONLY = frozenset({"progress", "settings"})
"""Parameters that no command has."""


def command_line(function: Callable[..., Any], arguments: Mapping[str, Any]) -> str:
    """The command that does what `function(**arguments)` does, for a shell; defaults are left out.

    Args:
        function: A public function: its parameters are called like the options of the command, those that take
            several in the plural.
        arguments: Parameter -> value, those that no command has left out.
    """
    words = ["edgekit", function.__name__.replace("_", "-")]
    for name, parameter in inspect.signature(function).parameters.items():
        value = arguments.get(name, parameter.default)
        if name in PYTHON_ONLY or value is None or value == parameter.default:
            continue
        if parameter.default == ():
            value = names_of(value)
        is_option = parameter.kind is inspect.Parameter.KEYWORD_ONLY or name == "data"
        words += _option(name, value) if is_option else _texts(value)
    return shlex.join(words)


def _option(name: str, value: Any) -> list[str]:
    dashed = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{dashed}" if value else f"--no-{dashed}"]
    option = f"--{dashed.removesuffix('s') if _is_list(value) else dashed}"
    return [word for text in _texts(value) for word in (option, text)]


def _texts(value: Any) -> list[str]:
    if _is_list(value):
        return [text for each in value for text in _texts(each)]
    return [value.name if isinstance(value, Dataset) else os.fspath(value) if _is_path(value) else str(value)]


def _is_path(value: Any) -> bool:
    return isinstance(value, os.PathLike)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
