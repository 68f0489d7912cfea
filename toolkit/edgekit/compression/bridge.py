"""From a Keras 3 network to the same one in Keras 2, and its trained weights back; both checked on real images.

Nested models become one flat graph, because tensorflow-model-optimization takes no other. A layer that is used
twice stays one layer. Trains nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgekit.compression.translators import TRANSLATORS, Piece, no_counterpart, translate, translate_operation
from edgekit.foundation.errors import CompressionError
from edgekit.foundation.mapped_arrays import images_at_once
from edgekit.foundation.model_optimization import Libraries, import_libraries

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

    Weights = Mapping[str, Sequence[NDArray[np.float32]]]
    """Name of a Keras 2 layer -> its weights, in its own order."""

MAX_DIFFERENCE = 1e-5
"""How far any score of any image may differ for two networks to be called equal."""

NUM_IMAGES = 64
"""Real images on which equality is proven."""

AT_ONCE = 2**16
"""Pixels that are compared at once: Keras 3 keeps the output of every layer until a model has answered."""


@dataclass(frozen=True, kw_only=True)
class Bridge:
    """One network in both versions of Keras.

    Attributes:
        network: The Keras 3 network.
        model: The Keras 2 model: flat, functional, float32.
        origins: Name of a layer of `model` -> the variables of `network` that it stands for.
    """

    network: "keras.Model"
    model: Any
    origins: Mapping[str, tuple[Any, ...]]

    def bring_back(self, weights: "Weights") -> None:
        """Give `network` the weights of Keras 2 layers; names that are not in `origins` are refused."""
        for name, values in weights.items():
            for variable, value in zip(self.origins[name], values, strict=True):
                variable.assign(value)

    def prove_equal(self, images: "NDArray[np.uint8]") -> float:
        """The largest difference of any score on `images`, uint8 (N, H, W, 3).

        Raises:
            CompressionError: It is more than MAX_DIFFERENCE.
        """
        return check_equal(self.network, self.model, images)


def check_equal(reference: Any, candidate: Any, images: "NDArray[np.uint8]") -> float:
    """The largest difference of the scores that two Keras models give to `images`.

    If it is more than MAX_DIFFERENCE in float32, whose rounding a deep network can amplify beyond that, both are
    computed in float64: networks that are the same agree there, others do not.

    Args:
        reference: A Keras 3 or Keras 2 model, float32.
        candidate: The other.
        images: uint8 (N, H, W, 3).

    Raises:
        CompressionError: It is more than MAX_DIFFERENCE.
    """
    difference = _difference(reference, candidate, images)
    if not difference <= MAX_DIFFERENCE and math.isfinite(difference):
        difference = _difference(in_float64(reference), in_float64(candidate), images)
    if not difference <= MAX_DIFFERENCE:
        kinds = ", ".join(sorted({type(each).__name__ for each in layers_of(reference)}))
        raise CompressionError(
            f"The network rebuilt in the other version of Keras is not the same: on {len(images)} training images a "
            f"score differs by {difference:.3g}, at most {MAX_DIFFERENCE} is expected. Nothing was written. Please "
            f"report the layers of your model: {kinds}."
        )
    return difference


def _difference(reference: Any, candidate: Any, images: "NDArray[np.uint8]") -> float:
    import numpy as np

    size, largest = images_at_once(images.shape[1:], len(images), AT_ONCE), 0.0
    for start in range(0, len(images), size):
        pixels = images[start : start + size].astype(np.float32)  # exactly, in float64 too
        expected, received = (np.asarray(model(pixels, training=False)) for model in (reference, candidate))
        if expected.shape != received.shape:
            return np.inf
        difference = float(np.abs(expected - received).max())
        if not difference <= largest:  # NaN too
            largest = difference
    return largest


def in_float64(model: Any) -> Any:
    """A copy of a Keras 3 or Keras 2 model, with the same weights, that computes in float64."""
    libraries = import_libraries()

    def double(layer: Any) -> Any:
        computes = {"dtype": "float64"} if hasattr(layer, "weights") else {}  # an operation takes its inputs' dtype
        return type(layer).from_config({**layer.get_config(), **computes})

    if isinstance(model, libraries.keras.Model):
        copy = libraries.keras.models.clone_model(model, clone_function=double, recursive=True)
    else:
        copy = libraries.keras2.models.clone_model(model, clone_function=double)
    copy.set_weights(model.get_weights())
    return copy


def layers_of(network: Any) -> list[Any]:
    """Every layer of a Keras 3 or Keras 2 model once, in the order of the network; of a model inside it, its layers."""
    inside = ([each] if not getattr(each, "layers", None) else layers_of(each) for each in network.layers)
    return list({id(layer): layer for layers in inside for layer in layers}.values())


def to_keras2(libraries: Libraries, network: "keras.Model") -> Bridge:
    """Rebuild `network` in Keras 2, with the same weights.

    Args:
        libraries: Both versions of Keras.
        network: float32, one input of pixels, one output of scores; functional or sequential.

    Raises:
        CompressionError: A layer has no counterpart (all of them are named), or the model is neither
            functional nor sequential.
    """
    builder = _Builder(libraries)
    graph = _graph_of(network)
    builder.check(graph)
    pixels = libraries.keras2.Input(tuple(network.inputs[0].shape[1:]), name="pixels")
    (scores,) = builder.walk(graph, [pixels])
    model = libraries.keras2.Model(pixels, scores, name=network.name)
    builder.copy_weights()
    return Bridge(network=network, model=model, origins=builder.origins)


def _graph_of(model: Any) -> Any:
    """The functional graph of a model; raises CompressionError if it has none."""
    graph = getattr(model, "_functional", None) or model  # a sequential model keeps its graph there
    if not hasattr(graph, "_nodes_by_depth"):
        raise CompressionError(
            f"'{model.name}' ({type(model).__name__}) is a subclass of keras.Model with its own call method, which "
            f"edgekit cannot read. Expected a functional or a sequential model."
        )
    return graph


class _Builder:
    """Walks through a Keras 3 graph and builds what it meets."""

    def __init__(self, libraries: Libraries) -> None:
        self._keras, self._keras2 = libraries.keras, libraries.keras2
        self._built: dict[int, list[Any]] = {}
        self._names: set[str] = {"pixels"}
        self._layers: dict[str, Any] = {}
        self.origins: dict[str, tuple[Any, ...]] = {}

    def check(self, graph: Any) -> None:
        """Raise CompressionError that names every layer without a counterpart."""
        missing = sorted(set(self._missing(graph)))
        if missing:
            raise CompressionError(no_counterpart(missing))

    def _missing(self, graph: Any) -> list[str]:
        found = []
        for operation in graph.operations:
            if self._is_model(operation):
                found += self._missing(_graph_of(operation))
            elif translate_operation(operation) is None and not self._is_input(operation):
                is_layer = type(operation).__module__.startswith("keras.src.layers")
                if not is_layer or type(operation).__name__ not in TRANSLATORS:
                    found.append(f"'{operation.name}' ({type(operation).__name__})")
        return found

    def walk(self, graph: Any, inputs: list[Any]) -> list[Any]:
        """The outputs of `graph` on `inputs`, Keras 2 tensors."""
        tensors = {id(ours): theirs for ours, theirs in zip(graph.inputs, inputs, strict=True)}
        for depth in sorted(graph._nodes_by_depth, reverse=True):
            for node in graph._nodes_by_depth[depth]:
                if node.is_input:
                    continue
                outputs = self._call(node, [tensors[id(tensor)] for tensor in node.input_tensors])
                tensors |= {id(ours): theirs for ours, theirs in zip(node.outputs, outputs, strict=True)}
        return [tensors[id(tensor)] for tensor in graph.outputs]

    def _call(self, node: Any, arguments: list[Any]) -> list[Any]:
        operation = node.operation
        if self._is_model(operation):
            return self.walk(_graph_of(operation), arguments)
        result = arguments[0] if len(arguments) == 1 else arguments
        for layer in self._layers_for(operation):
            result = layer(result)
        return [result]

    def _layers_for(self, operation: Any) -> list[Any]:
        if id(operation) not in self._built:
            pieces = translate_operation(operation) or translate(operation)
            self._built[id(operation)] = [self._make(operation, piece) for piece in pieces]
        return self._built[id(operation)]

    def _make(self, operation: Any, piece: Piece) -> Any:
        name = self._free_name("_".join(filter(None, (operation.name, piece.suffix))))
        layer = getattr(self._keras2.layers, piece.kind)(**piece.options, name=name)
        self._layers[name] = layer
        if piece.weights:
            self.origins[name] = piece.weights
        return layer

    def _free_name(self, wanted: str) -> str:
        name, number = wanted.lstrip("_") or "layer", 1
        while name in self._names:
            number += 1
            name = f"{wanted}_{number}"
        self._names.add(name)
        return name

    def copy_weights(self) -> None:
        """Give the built layers the values that the network has."""
        import numpy as np

        for name, variables in self.origins.items():
            self._layers[name].set_weights([np.asarray(variable) for variable in variables])

    def _is_model(self, operation: Any) -> bool:
        return isinstance(operation, self._keras.Model)

    def _is_input(self, operation: Any) -> bool:
        return isinstance(operation, self._keras.layers.InputLayer)
