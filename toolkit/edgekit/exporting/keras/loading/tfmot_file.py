"""Keras 2 files with the wrappers of tensorflow-model-optimization: pruned, clustered, trained for quantization.

A wrapper holds a layer of Keras, its weights, and numbers for training. The file is copied without the wrappers. A
pruned kernel is what it is; a clustered one is made of the centroids nearest to it; one that was trained for
quantization is the float kernel before rounding. The ranges of tensors that such a training has learned are read, too.
Knows no library but the file.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.loading.tf_keras_model import read_configuration
from edgekit.foundation.errors import ExportError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LIBRARY = "tensorflow-model-optimization"
WRAPPERS = frozenset({"ClusterWeights", "PruneLowMagnitude", "QuantizeWrapper", "QuantizeWrapperV2"})
ROUNDS_INPUT = "QuantizeLayer"
"""The layer that rounds the input of a network that is trained for quantization."""
_ACTIVATION = "QuantizeAwareActivation"
_NO_ACTIVATION = "NoOpActivation"

_OF_LAYERS = (
    "depthwise_kernel",
    "pointwise_kernel",
    "kernel",
    "bias",
    "gamma",
    "beta",
    "moving_mean",
    "moving_variance",
    "alpha",
)
"""Weights of Keras' layers, in the order in which a layer lists them."""
_CENTROIDS = "cluster_centroids_"
_PLACES = {"output": "output", "post_activation": "output", "pre_activation": "before activation"}
"""Learned range -> which tensor of the layer it is of."""


@dataclass(frozen=True, kw_only=True)
class TrainedRange:
    """What quantization-aware training has learned of one tensor.

    Attributes:
        layer: The layer that gives it.
        is_before_activation: Whether it is what the layer gives to its own activation.
        low: Smallest value that int8 will be able to say, at most 0.
        high: Largest, at least 0.
    """

    layer: str
    is_before_activation: bool
    low: float
    high: float


def is_wrapped(configuration: Any) -> bool:
    """Whether a network holds layers of tensorflow-model-optimization."""
    return any(True for _ in _wrapped_nodes(configuration))


def write_unwrapped(path: Path, copy: Path) -> tuple[TrainedRange, ...]:
    """Copy the `.h5` file at `path` to `copy` without wrappers; returns the ranges that it has learned.

    Raises:
        ExportError: A wrapper is not known here.
    """
    import h5py  # type: ignore[import-untyped]

    configuration = read_configuration(path)
    names = {node["config"]["name"]: _inner_name(node) for node in _wrapped_nodes(configuration)}
    ranges: list[TrainedRange] = []
    with h5py.File(path, "r") as old, h5py.File(copy, "w") as new:
        new.attrs["keras_version"] = old.attrs["keras_version"]
        new.attrs["backend"] = "tensorflow"
        new.attrs["model_config"] = json.dumps(_without_wrappers(configuration, names))
        groups, weights = old["model_weights"], new.create_group("model_weights")
        weights.attrs["layer_names"] = groups.attrs["layer_names"]
        for name in groups.attrs["layer_names"]:
            group = {_text(each): groups[name][each][()] for each in groups[name].attrs["weight_names"]}
            _write(weights.create_group(name), _own_weights(path, group))
            ranges.extend(_ranges_in(group, names))
    return tuple(ranges)


def _wrapped_nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every layer of the library below `node`, however deep."""
    if isinstance(node, dict):
        if node.get("class_name") in WRAPPERS | {ROUNDS_INPUT} and isinstance(node.get("config"), dict):
            yield node
        for value in node.values():
            yield from _wrapped_nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _wrapped_nodes(value)


def _inner_name(node: Mapping[str, Any]) -> str:
    config = node["config"]
    return str(config["layer"]["config"]["name"] if "layer" in config else config["name"])


def _without_wrappers(node: Any, names: Mapping[str, str]) -> Any:
    """A configuration with the layers inside in the place of their wrappers."""
    if isinstance(node, list):
        return [_without_wrappers(each, names) for each in node]
    if isinstance(node, str):
        return names.get(node, node)
    if not isinstance(node, dict):
        return node
    kind = node.get("class_name")
    if kind == _ACTIVATION:
        return _without_wrappers(node["config"]["activation"], names)
    if kind == _NO_ACTIVATION:
        return "linear"
    made = {key: _without_wrappers(value, names) for key, value in node.items()}
    if kind == ROUNDS_INPUT:
        config = {"name": made["config"]["name"], "trainable": True, "dtype": "float32", "activation": "linear"}
        return {**made, "class_name": "Activation", "config": config}
    if kind in WRAPPERS:
        outside = {key: value for key, value in made.items() if key in ("name", "inbound_nodes")}
        return {**made["config"]["layer"], **outside}
    return made


def _own_weights(path: Path, group: "Mapping[str, NDArray[Any]]") -> "dict[str, NDArray[np.float32]]":
    """The weights of the layers themselves, of each layer in Keras' order.

    Args:
        path: The file, for messages.
        group: All weights of one layer of the network by their names, "conv2d/kernel:0".
    """
    found: dict[str, Any] = {}
    for name, values in group.items():
        if (kind := _kind_of(name)) in _OF_LAYERS:
            clustered = _clustered(path, group, kind, values)
            found[name] = values if clustered is None else clustered
    layers = list(dict.fromkeys(name.rpartition("/")[0] for name in found))
    order = sorted(found, key=lambda name: (layers.index(name.rpartition("/")[0]), _OF_LAYERS.index(_kind_of(name))))
    return {name: found[name] for name in order}


def _clustered(
    path: Path, group: "Mapping[str, NDArray[Any]]", kind: str, weight: "NDArray[np.float32]"
) -> "NDArray[np.float32] | None":
    """`weight` with each value replaced by the nearest centroid, as each call does; None if it was not clustered."""
    import numpy as np

    found = {_kind_of(name): values for name, values in group.items() if _kind_of(name).startswith(_CENTROIDS + kind)}
    if not found:
        return None
    centroids = np.sort(found.get(_CENTROIDS + kind, np.zeros((0, 0))))
    if centroids.ndim != 1:
        raise ExportError(
            f"{path} holds a kernel that was clustered channel by channel, which is not known here. Strip the wrappers "
            f"with tensorflow_model_optimization.clustering.keras.strip_clustering(model), and save the model again."
        )
    return np.asarray(centroids[np.searchsorted((centroids[1:] + centroids[:-1]) / 2, weight)], np.float32)


def _ranges_in(group: "Mapping[str, NDArray[Any]]", names: Mapping[str, str]) -> Iterator[TrainedRange]:
    """The learned ranges among the weights of one layer: "quant_re_lu/output_min:0" and its maximum."""
    for name, values in group.items():
        kind, owner = _kind_of(name), name.rpartition("/")[0].rpartition("/")[2]
        place = _PLACES.get(kind.removesuffix("_min")) if kind.endswith("_min") else None
        if kind == f"{owner}_min":  # a QuantizeLayer
            place = "output"
        high = group.get(name.replace("_min:0", "_max:0"))
        if place is None or high is None or values.size != 1 or owner not in names:
            continue
        yield TrainedRange(
            layer=names[owner],
            is_before_activation=place != "output",
            low=min(0.0, float(values)),
            high=max(0.0, float(high)),
        )


def _kind_of(name: str) -> str:
    """The last part of a weight's name: "kernel" of "conv2d/kernel:0"."""
    return name.rpartition("/")[2].partition(":")[0]


def _write(group: Any, weights: "Mapping[str, NDArray[Any]]") -> None:
    group.attrs["weight_names"] = [name.encode() for name in weights]
    for name, values in weights.items():
        group.create_dataset(name, data=values)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
