"""Results that a notebook shows as tables. Knows no table; what renders is loaded when a notebook asks for it."""

import importlib

RENDERER = "edgekit.rendering.notebook:html_of"


class Displayed:
    """A result with `_repr_html_`, which notebooks call for the last value of a cell."""

    def _repr_html_(self) -> str:
        """What the command prints, as tables and paragraphs of HTML."""
        module, _, name = RENDERER.partition(":")
        return str(getattr(importlib.import_module(module), name)(self))
