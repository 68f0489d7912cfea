"""Which Keras layers an operator of a converted graph comes from, read from the paths in its names.

Does not know files or quantizers. A fused operator has the paths of all that went into it, "a/Relu;b/BiasAdd".
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from edgekit.foundation.errors import ExportError, UnknownNameError

if TYPE_CHECKING:
    import keras

_COUNTER = re.compile(r"_\d+$")
ROOT = "edgekit"
"""Name of the exported graph: every path begins with it, numbered if the graph was called more than once."""


class LayerPaths:
    """Which layers the paths in a name stand for.

    Args:
        layers: The names of all layers of a model, those of nested models among them.
        model_name: The model's own name.
    """

    def __init__(self, layers: Iterable[str], model_name: str) -> None:
        self._known, self.model_name = frozenset(layers), model_name

    def of(self, name: str) -> tuple[str, ...]:
        """The layers that the operator or tensor called `name` comes from, in the order of its paths."""
        found = (self._layer_in(path) for path in name.split(";"))
        return tuple(dict.fromkeys(layer for layer in found if layer))

    def _layer_in(self, path: str) -> str | None:
        """The innermost layer of a path: "conv" for "edgekit_1/model_1/block_1/conv_1/BiasAdd".

        The last part names an operation, and so does what follows a part that is not a layer: both may be called as
        some other layer is ("batch_normalization_1/batchnorm/add_1").
        """
        root, *parts = path.split("/")
        is_numbered = root != ROOT and _COUNTER.sub("", root) == ROOT
        innermost = None
        for part in parts[:-1]:
            without = _COUNTER.sub("", part)
            candidates = (without, part) if is_numbered else (part, without)
            if layer := next((name for name in candidates if name in self._known), None):
                innermost = layer
            elif self.model_name not in candidates:
                break
        return innermost


class LayerNames(LayerPaths):
    """The layers of one model.

    Args:
        model: The classifier that was exported.

    Attributes:
        all: Their names, those of nested models among them.
        last: The layer that gives the scores.
        model_name: The model's own name.
    """

    def __init__(self, model: "keras.Model") -> None:
        self.all = tuple(layer.name for layer in model._flatten_layers(include_self=False))
        self.last = str(model.outputs[0]._keras_history.operation.name)
        self._layers = {layer.name: layer for layer in model._flatten_layers(include_self=False)}
        super().__init__(self.all, model.name)

    def check(self, layers: Iterable[str]) -> None:
        """Raise UnknownNameError, with the closest name, for a layer that the model does not have."""
        for layer in layers:
            if layer not in self.all:
                raise UnknownNameError("layer", layer, self.all)

    def kind_of(self, layer: str, *, with_weights: bool) -> str:
        """What a layer computes, for a person: "LayerNormalization"; "softplus" for the activation of a Dense layer.

        Args:
            layer: Its name.
            with_weights: Whether its products are meant, or only what comes after them.
        """
        if layer not in self._layers:  # an operation of Keras that gives the scores
            return layer
        kind = type(self._layers[layer]).__name__
        activation = getattr(getattr(self._layers[layer], "activation", None), "__name__", "linear")
        return activation if kind == "Activation" or (activation != "linear" and not with_weights) else kind


def all_operators(found: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The operators of all these layers together, layer -> its operators; raises ExportError for one without any."""
    if empty := [layer for layer, operators in found.items() if not operators]:
        raise ExportError(
            f"Layer {', '.join(empty)} has no operator of its own in the file: it was merged into another, or does "
            f"nothing. Name the layer before it."
        )
    return frozenset().union(*found.values())
