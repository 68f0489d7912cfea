"""A network that keeps its channels first, (batch, channels, height, width), as one that keeps them last.

Files for phones keep them last, and TensorFlow computes nothing else on a processor. Every call of the network is made
again with its tensors moved: layers get another data format or axis, a Permute that only moves the channels goes, and
the weights stay what they are. Layers that are not listed here are rejected by name, never guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.graph_walk import leaves, run_again
from edgekit.exporting.keras.linear_layers import kind_of
from edgekit.foundation.errors import ExportError
from edgekit.foundation.keras_setup import import_keras

if TYPE_CHECKING:
    import keras

    Config = dict[str, Any]

_BY_FORMAT = frozenset(
    {
        "AveragePooling2D",
        "Conv2D",
        "Conv2DTranspose",
        "Cropping2D",
        "DepthwiseConv2D",
        "Flatten",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling2D",
        "MaxPooling2D",
        "SeparableConv2D",
        "SpatialDropout2D",
        "UpSampling2D",
        "ZeroPadding2D",
    }
)
"""Layers that say where their channels are; a Flatten puts them last by itself."""
_BY_AXIS = frozenset(
    {
        "BatchNormalization",
        "Concatenate",
        "GroupNormalization",
        "LayerNormalization",
        "Normalization",
        "Softmax",
        "UnitNormalization",
    }
)
"""Layers that work along an axis."""
_ELEMENTWISE = frozenset(
    {
        "Activation",
        "ActivityRegularization",
        "Add",
        "AlphaDropout",
        "Average",
        "Dropout",
        "ELU",
        "GaussianDropout",
        "GaussianNoise",
        "Identity",
        "LeakyReLU",
        "Maximum",
        "Minimum",
        "Multiply",
        "ReLU",
        "Rescaling",
        "Subtract",
    }
)
"""Layers, and operations of the same names, that do the same to every number, or to numbers at the same place."""
_TO_LAST = (2, 3, 1)
_TO_FIRST = (3, 1, 2)
_PLACES = {1: 3, 2: 1, 3: 2}
"""Axis of (batch, channels, height, width) -> axis of (batch, height, width, channels)."""


def is_channels_first(shape: Sequence[int | None], num_channels: int) -> bool:
    """Whether an input of this shape takes images of (channels, height, width)."""
    return len(shape) == 4 and shape[1] == num_channels and shape[3] != num_channels


def with_channels_last(model: "keras.Model", num_channels: int) -> "keras.Model":
    """`model` from (batch, height, width, channels); itself if it keeps its channels last everywhere.

    Args:
        model: It stays as it is.
        num_channels: Channels of an image.

    Raises:
        ExportError: A layer cannot be moved; the message names it.
    """
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) != 1:
        return model
    is_first = is_channels_first(tuple(inputs[0].shape), num_channels)
    layers = leaves(model)
    if not is_first and not any(getattr(each, "data_format", None) == "channels_first" for each in layers):
        return model
    if not layers:
        raise ExportError(
            f"The model takes images of shape {tuple(inputs[0].shape)}, channels first, and edgekit cannot read its "
            f"layers. {_ADVICE}"
        )
    mover = _Mover()
    pixels = mover.input(inputs[0], is_first=is_first)
    output = run_again(model, pixels, mover.call)
    if mover.is_moved(output):
        output = import_keras("edgekit export").ops.transpose(output, (0, 3, 1, 2))
    return import_keras("edgekit export").Model(pixels, output, name=model.name)


_ADVICE = (
    "Expected channels last, (batch, height, width, channels): build the network with data_format='channels_last', "
    "copy the weights (kernels have the same shape in both), and save it."
)


class _Mover:
    """Makes every call again, and knows which tensors have their channels last that had them first."""

    def __init__(self) -> None:
        self._moved: dict[int, Any] = {}
        self._twins: dict[int, Any] = {}

    def input(self, tensor: Any, *, is_first: bool) -> Any:
        """The new input."""
        keras = import_keras("edgekit export")
        batch, *sizes = tensor.shape
        shape = (sizes[1], sizes[2], sizes[0]) if is_first else tuple(sizes)
        pixels = keras.Input(batch_shape=(batch, *shape), dtype=tensor.dtype, name=tensor.name)
        return self._marked(pixels) if is_first else pixels

    def is_moved(self, tensor: Any) -> bool:
        """Whether the channels of `tensor` stand last, and stood first in the given network."""
        return id(tensor) in self._moved

    def call(self, layer: Any, *arguments: Any, **options: Any) -> Any:
        """What comes in the place of `layer(*arguments, **options)`."""
        tree = import_keras("edgekit export").tree
        tensors = [each for each in tree.flatten((arguments, options)) if hasattr(each, "_keras_history")]
        kind, moved = kind_of(layer), [self.is_moved(each) for each in tensors]
        if kind == "Permute" and len(tensors) == 1:
            return self._permuted(layer, tensors[0])
        if kind == "Reshape" and not any(moved) and tuple(layer.target_shape[1:]) == (1, 1):
            height_first = {"target_shape": (1, 1, layer.target_shape[0])}
            return self._marked(self._twin(layer, height_first)(*arguments, **options))
        if not any(moved):
            return layer(*arguments, **options)
        if not all(moved) or _holds_arrays((arguments, options)) or not (change := _CHANGES.get(kind)):
            raise _cannot(layer)
        made = self._twin(layer, change(layer))(*arguments, **options)
        return self._marked(made) if len(made.shape) == 4 else made

    def _permuted(self, layer: Any, tensor: Any) -> Any:
        """A Permute that only moves the channels is left out."""
        dims, is_moved = tuple(layer.dims), self.is_moved(tensor)
        if is_moved and dims == _TO_LAST:
            self._moved.pop(id(tensor))
            return self._copy(tensor)
        if not is_moved and dims == _TO_FIRST:
            return self._marked(self._copy(tensor))
        if is_moved:
            raise _cannot(layer)
        return layer(tensor)

    def _copy(self, tensor: Any) -> Any:
        """Another tensor of the same values, which may be marked otherwise."""
        return import_keras("edgekit export").layers.Identity()(tensor)

    def _marked(self, tensor: Any) -> Any:
        self._moved[id(tensor)] = tensor  # it is kept, so that no other gets its id
        return tensor

    def _twin(self, layer: Any, changes: "Config") -> Any:
        """`layer` with another configuration and the same weights; one for all of its calls."""
        if not changes:
            return layer
        if id(layer) not in self._twins:
            self._twins[id(layer)] = _Twin(layer, changes)
        return self._twins[id(layer)]


class _Twin:
    """A layer that gets its weights when it is first called."""

    def __init__(self, layer: Any, changes: "Config") -> None:
        self._layer, self._has_weights = layer, False
        self._twin = type(layer).from_config({**layer.get_config(), **changes})

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        result = self._twin(*arguments, **options)
        if not self._has_weights:
            weights = self._layer.get_weights()
            if kind_of(self._layer) == "PReLU":
                weights = [each.transpose(1, 2, 0) for each in weights]
            self._twin.set_weights(weights)
            self._has_weights = True
        return result


def _holds_arrays(values: Any) -> bool:
    """Whether a constant with axes of its own is among the arguments, which would have to be moved, too."""
    flat = import_keras("edgekit export").tree.flatten(values)
    return any(not hasattr(each, "_keras_history") and len(getattr(each, "shape", ())) > 0 for each in flat)


def _channels_last(layer: Any) -> "Config":
    if layer.data_format != "channels_first":
        raise _cannot(layer)
    return {"data_format": "channels_last"}


def _other_axis(layer: Any) -> "Config":
    """The axis, or the one axis of a list, where it lies now."""
    given = layer.axis
    axes = list(given) if isinstance(given, list | tuple) else [given]
    if len(axes) != 1:
        raise _cannot(layer)
    axis = _PLACES.get(axes[0] % 4)
    if axis is None:
        raise _cannot(layer)
    return {"axis": [axis] if isinstance(given, list | tuple) else axis}


def _shared_axes(layer: Any) -> "Config":
    return {"shared_axes": sorted(_PLACES[axis] for axis in layer.shared_axes or ())}


def _same(layer: Any) -> "Config":
    """An elementwise layer as it is; a softmax works along the last axis, and a list of scales along that too."""
    if getattr(getattr(layer, "activation", None), "__name__", "") in ("softmax", "log_softmax", "glu"):
        raise _cannot(layer)
    if any(hasattr(getattr(layer, name, 0.0), "__len__") for name in ("scale", "offset")):
        raise _cannot(layer)
    return {}


_CHANGES: Mapping[str, Callable[[Any], "Config"]] = {
    **dict.fromkeys(_BY_FORMAT, _channels_last),
    **dict.fromkeys(_BY_AXIS, _other_axis),
    **dict.fromkeys(_ELEMENTWISE, _same),
    "PReLU": _shared_axes,
}
"""Class of a layer -> what changes in its configuration."""


def _cannot(layer: Any) -> ExportError:
    return ExportError(
        f"The model keeps its channels first, and layer '{layer.name}' ({type(layer).__name__}) cannot be moved to "
        f"channels last. {_ADVICE}"
    )
