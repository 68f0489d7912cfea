"""What the results of edgekit have in common: plain values for JSON, and a table in a notebook. Knows no result."""

import importlib
from collections.abc import Mapping
from enum import Enum
from typing import Any

RENDERER = "edgekit.rendering.notebook:html_of"


class Displayed:
    """A result with `_repr_html_`, which notebooks call for the last value of a cell."""

    def _repr_html_(self) -> str:
        """What the command prints, as tables and paragraphs of HTML."""
        module, _, name = RENDERER.partition(":")
        return str(getattr(importlib.import_module(module), name)(self))


def plain(value: Any) -> Any:
    """The value as JSON gives it back: lists for tuples, values for members of enums, all the way down."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value
