"""The Keras 2 counterpart of each Keras 3 layer: one line per layer.

A layer becomes a chain of pieces, mostly of one. Activations that are arguments of a layer become pieces of
their own, and a separable convolution its two halves, because that is how they are quantized. Builds nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgekit.foundation.errors import CompressionError


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One layer of Keras 2.

    Attributes:
        kind: Its class in tf_keras.layers.
        options: Arguments of its constructor.
        weights: The variables of the Keras 3 layer that it takes its weights from, in its own order.
        suffix: Added to the layer's name if a layer becomes several pieces.
    """

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    weights: tuple[Any, ...] = ()
    suffix: str = ""


Translator = Callable[[Any], list[Piece]]
"""Takes a Keras 3 layer or operation."""


def _same(*names: str, kind: str | None = None, **renamed: str) -> Translator:
    """The layer of the same name, with the options `names`, and `renamed` (name in Keras 2 = name in Keras 3)."""

    def translate(layer: Any) -> list[Piece]:
        config = layer.get_config()
        options = {name: config[name] for name in names} | {new: config[old] for new, old in renamed.items()}
        return [Piece(kind=kind or type(layer).__name__, options=options, weights=tuple(layer.weights))]

    return translate


def _then_activation(translate: Translator) -> Translator:
    """The same, and after it a piece for the `activation` that the layer carries."""
    return lambda layer: [*translate(layer), *_activation_pieces(layer.activation, layer.name, "activation")]


def _nothing(_: Any) -> list[Piece]:
    return [Piece(kind="Identity")]


def _separable(layer: Any) -> list[Piece]:
    config = layer.get_config()
    shared = {name: config[name] for name in ("strides", "padding", "data_format", "dilation_rate", "depth_multiplier")}
    depthwise, *pointwise = layer.weights
    return [
        Piece(
            kind="DepthwiseConv2D",
            options={**shared, "kernel_size": config["kernel_size"], "use_bias": False},
            weights=(depthwise,),
            suffix="depthwise",
        ),
        Piece(
            kind="Conv2D",
            options={
                "filters": config["filters"],
                "kernel_size": 1,
                "data_format": config["data_format"],
                "use_bias": config["use_bias"],
            },
            weights=tuple(pointwise),
        ),
    ]


def _normalization(layer: Any) -> list[Piece]:
    """(x - mean) / sqrt(variance), the variance's root being at least Keras' epsilon."""
    import numpy as np

    mean, variance = np.asarray(layer.mean, np.float64), np.asarray(layer.variance, np.float64)
    root = np.maximum(np.sqrt(variance), 1e-7)
    scale, offset = (root, mean) if layer.invert else (1 / root, -mean / root)
    shape = [size for size in np.broadcast_shapes(scale.shape, offset.shape) if size > 1]
    if len(shape) > 1:
        raise CompressionError(
            f"Layer '{layer.name}' (Normalization) normalizes along more than one axis. Expected one mean "
            f"and variance per channel, or one in all."
        )
    return [Piece(kind="Rescaling", options={"scale": _flat(scale), "offset": _flat(offset)})]


def _flat(values: Any) -> Any:
    numbers = [float(value) for value in values.ravel()]
    return numbers[0] if len(numbers) == 1 else numbers


def _rescaling(layer: Any) -> list[Piece]:
    config = layer.get_config()
    return [Piece(kind="Rescaling", options={name: _number(config[name]) for name in ("scale", "offset")})]


def _number(value: Any) -> Any:
    if isinstance(value, dict):  # Keras 3 stores arrays as {"class_name": "__numpy__", "config": {"value": …}}
        value = value["config"]["value"]
    return value


def _activation(layer: Any) -> list[Piece]:
    return _activation_pieces(layer.activation, layer.name, "")


_SAME_ACTIVATIONS = frozenset(
    {"elu", "exponential", "gelu", "mish", "selu", "sigmoid", "silu", "softplus", "softsign", "swish", "tanh"}
)
_ACTIVATIONS: Mapping[str, tuple[Piece, ...]] = {
    "linear": (),
    "relu": (Piece(kind="ReLU"),),
    "relu6": (Piece(kind="ReLU", options={"max_value": 6.0}),),
    "leaky_relu": (Piece(kind="LeakyReLU", options={"alpha": 0.2}),),
    "softmax": (Piece(kind="Softmax"),),
    "hard_sigmoid": (
        Piece(kind="Rescaling", options={"scale": 1.0, "offset": 3.0}, suffix="shift"),
        Piece(kind="ReLU", options={"max_value": 6.0}, suffix="clip"),
        Piece(kind="Rescaling", options={"scale": 1 / 6}, suffix="scale"),
    ),
}


def _activation_pieces(activation: Any, layer_name: str, suffix: str) -> list[Piece]:
    name = getattr(activation, "__name__", None) or str(getattr(activation, "name", activation))
    if name in _SAME_ACTIVATIONS:
        return [Piece(kind="Activation", options={"activation": name}, suffix=suffix)]
    if name not in _ACTIVATIONS:
        known = ", ".join(sorted([*_SAME_ACTIVATIONS, *_ACTIVATIONS]))
        raise CompressionError(
            f"The activation '{name}' of layer '{layer_name}' has no counterpart in Keras 2. Known: {known}. Replace "
            f"it (relu6 for hard_swish, say) and train again."
        )
    return [
        Piece(kind=each.kind, options=each.options, suffix="_".join(filter(None, (suffix, each.suffix))))
        for each in _ACTIVATIONS[name]
    ]


_POOLING = _same("pool_size", "strides", "padding", "data_format")
_GLOBAL_POOLING = _same("data_format", "keepdims")
_CONVOLUTION = ("kernel_size", "strides", "padding", "data_format", "dilation_rate", "use_bias")

TRANSLATORS: Mapping[str, Translator] = {
    "Activation": _activation,
    "Add": _same(),
    "Average": _same(),
    "AveragePooling2D": _POOLING,
    "BatchNormalization": _same("axis", "momentum", "epsilon", "center", "scale"),
    "Concatenate": _same("axis"),
    "Conv2D": _then_activation(_same("filters", "groups", *_CONVOLUTION)),
    "Conv2DTranspose": _then_activation(_same("filters", "output_padding", *_CONVOLUTION)),
    "Cropping2D": _same("cropping", "data_format"),
    "Dense": _then_activation(_same("units", "use_bias")),
    "DepthwiseConv2D": _then_activation(_same("depth_multiplier", *_CONVOLUTION)),
    "Dropout": _same("rate"),
    "ELU": _same("alpha"),
    "Flatten": _same("data_format"),
    "GlobalAveragePooling2D": _GLOBAL_POOLING,
    "GlobalMaxPooling2D": _GLOBAL_POOLING,
    "Identity": _nothing,
    "LeakyReLU": _same(alpha="negative_slope"),
    "MaxPooling2D": _POOLING,
    "Maximum": _same(),
    "Minimum": _same(),
    "Multiply": _same(),
    "Normalization": _normalization,
    "PReLU": _same("shared_axes"),
    "Permute": _same("dims"),
    "ReLU": _same("max_value", "negative_slope", "threshold"),
    "Rescaling": _rescaling,
    "Reshape": _same("target_shape"),
    "SeparableConv2D": _then_activation(_separable),
    "Softmax": _same("axis"),
    "SpatialDropout2D": _same("rate"),
    "Subtract": _same(),
    "UpSampling2D": _same("size", "data_format", "interpolation"),
    "ZeroPadding2D": _same("padding", "data_format"),
    # Of effect in training only, and left out of the fine-tuning:
    "ActivityRegularization": _nothing,
    "GaussianDropout": _nothing,
    "GaussianNoise": _nothing,
    "RandomBrightness": _nothing,
    "RandomContrast": _nothing,
    "RandomFlip": _nothing,
    "RandomRotation": _nothing,
    "RandomTranslation": _nothing,
    "RandomZoom": _nothing,
}
"""Class of the Keras 3 layer -> how it is made in Keras 2."""


def translate(layer: Any) -> list[Piece]:
    """The pieces of one layer; raises CompressionError, naming it, if Keras 2 has no counterpart."""
    kind = type(layer).__name__
    is_keras = type(layer).__module__.startswith("keras.src.layers")
    if kind not in TRANSLATORS or not is_keras:
        raise CompressionError(no_counterpart([f"'{layer.name}' ({kind})"]))
    return TRANSLATORS[kind](layer)


_ACTIVATION_OPERATIONS = {
    "Elu": "elu",
    "Gelu": "gelu",
    "HardSigmoid": "hard_sigmoid",
    "LeakyRelu": "leaky_relu",
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "Silu": "silu",
    "Tanh": "tanh",
}
_MERGING_OPERATIONS = frozenset({"Add", "Maximum", "Minimum", "Multiply", "Subtract"})
_WITH_A_NUMBER: Mapping[str, Callable[[float], tuple[float, float]]] = {
    "Add": lambda number: (1.0, number),
    "Divide": lambda number: (1 / number, 0.0),
    "Multiply": lambda number: (number, 0.0),
    "Subtract": lambda number: (1.0, -number),
    "TrueDivide": lambda number: (1 / number, 0.0),
}
"""Operation -> (scale, offset) of the Rescaling that does the same."""


def translate_operation(operation: Any) -> list[Piece] | None:
    """The pieces of an operation without a layer, such as `x / 127.5` or `keras.ops.relu(x)`; None: no counterpart."""
    module, kind = type(operation).__module__, type(operation).__name__
    if module == "keras.src.ops.nn" and kind in _ACTIVATION_OPERATIONS:
        return _activation_pieces(_ACTIVATION_OPERATIONS[kind], operation.name, "")
    if module != "keras.src.ops.numpy":
        return None
    first, *others = operation._inbound_nodes[0].arguments.args
    if len(others) != 1 or isinstance(first, int | float):
        return None
    if isinstance(others[0], int | float):
        if kind not in _WITH_A_NUMBER or others[0] == 0:
            return None
        scale, offset = _WITH_A_NUMBER[kind](float(others[0]))
        return [Piece(kind="Rescaling", options={"scale": scale, "offset": offset})]
    is_tensor = hasattr(others[0], "_keras_history")
    return [Piece(kind=kind)] if kind in _MERGING_OPERATIONS and is_tensor else None


def no_counterpart(layers: list[str]) -> str:
    """The sentence about layers that cannot be translated."""
    return (
        f"The model cannot be rebuilt in Keras 2, which tensorflow-model-optimization needs: Keras 2 has no "
        f"counterpart of {', '.join(layers)}. Known layers: {', '.join(sorted(TRANSLATORS))}. Replace the layer and "
        f"train again; edgekit export --int8, which needs no training, supports the model as it is."
    )
