"""Which Keras layers the tensors of an exported file come from, as the configuration in a `.keras` file names them.

Reads that configuration alone: no model is loaded, and no TensorFlow. What a file calls its tensors ("edgekit_1/net_1/
conv_2/Relu;...") is of no use for naming the layer that must stay in float.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgekit.exporting.keras.layer_names import ROOT, LayerPaths
from edgekit.layer_drift.report import LayerDrift

CONFIGURATION = "config.json"
LARGEST_CONFIGURATION = 2**26
"""Bytes; a network of 2,000 layers needs 2 MiB."""
WITH_PRODUCTS = ("Conv", "Dense", "EinsumDense", "Attention", "LSTM", "GRU", "SeparableConv", "DepthwiseConv")
"""How the classes of layers begin or end that multiply by weights: what a fused operator is known by."""


class KerasLayers:
    """The layers of one model.

    Args:
        kinds: Name of a layer -> name of its class, those of nested models among them.
        model_name: The model's own name.
        last: The layer that gives the scores; None if that is not known.
    """

    def __init__(self, kinds: Mapping[str, str], model_name: str, last: str | None = None) -> None:
        self._kinds, self._paths = kinds, LayerPaths(kinds, model_name)
        self._model_name, self._last = model_name, last

    @classmethod
    def in_file(cls, path: Path) -> "KerasLayers | None":
        """Those of the `.keras` file at `path`; None if it holds no configuration that can be read."""
        try:
            with zipfile.ZipFile(path) as archive:
                if archive.getinfo(CONFIGURATION).file_size > LARGEST_CONFIGURATION:
                    return None
                config = json.loads(archive.read(CONFIGURATION))["config"]
            return cls(dict(_layers_in(config)), str(config["name"]), _last_in(config))
        except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, RecursionError, NotImplementedError):
            return None

    def all_named(self, layers: Sequence[LayerDrift]) -> tuple[LayerDrift, ...]:
        """The same layers, each as by `named`; the file's output, which has lost its name, is of the last layer."""
        found = [self.named(layer) for layer in layers]
        if found and not found[-1].keras_layers and self._last is not None:
            found[-1] = replace(found[-1], keras_layers=(self._last,))
        return tuple(found)

    def named(self, layer: LayerDrift) -> LayerDrift:
        """The same, with the Keras layers that its operator does the work of, the one that multiplies first."""
        path = layer.name if layer.name.startswith(ROOT) else ";".join(map(self._rooted, layer.name.split(";")))
        layers = sorted(self._paths.of(path), key=lambda name: not self._multiplies(name))
        return replace(layer, keras_layers=tuple(layers))

    def _rooted(self, path: str) -> str:
        """The path before an `.onnx` file's exporter has taken off its root, numbered as the model's name is."""
        return f"{ROOT}/{path}" if path.partition("/")[0] == self._model_name else f"{ROOT}_1/{path}"

    def _multiplies(self, name: str) -> bool:
        kind = self._kinds[name]
        return any(kind.startswith(each) or kind.endswith(each) for each in WITH_PRODUCTS)


def _layers_in(config: Any) -> Iterator[tuple[str, str]]:
    """(name, class) of each layer in the configuration of a model, and of the models and layers that it wraps."""
    for layer in config.get("layers", ()):
        yield from _layer(layer)
    wrapped = config.get("layer")
    if isinstance(wrapped, dict):
        yield from _layer(wrapped)


def _last_in(config: Any) -> str | None:
    """The layer that gives the output, by the configuration of a model."""
    outputs = config.get("output_layers")
    while isinstance(outputs, list) and outputs:
        outputs = outputs[0]
    return outputs if isinstance(outputs, str) else None


def _layer(layer: Any) -> Iterator[tuple[str, str]]:
    own = layer.get("config", {})
    name = own.get("name", layer.get("name"))
    if isinstance(name, str):
        yield name, str(layer.get("class_name", ""))
    yield from _layers_in(own)
