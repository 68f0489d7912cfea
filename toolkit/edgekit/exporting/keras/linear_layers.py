"""Layers that are linear up to their activation, and what can be multiplied or added into their weights.

Knows convolutions (channels last), depthwise convolutions and dense layers; everything else is ignored here.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

_POSITIVELY_HOMOGENEOUS = {"linear", "relu", "leaky_relu"}
"""Activations with f(c * x) = c * f(x) for every c >= 0."""


def kind_of(layer: Any) -> str:
    """The name of the class of `layer` if it is one of Keras' own, else ""."""
    return type(layer).__name__ if type(layer).__module__.startswith("keras.") else ""


def is_homogeneous(layer: Any) -> bool:
    """Whether f(c * x) = c * f(x) for every c >= 0, one c per channel."""
    kind = kind_of(layer)
    if kind == "ReLU":
        return layer.max_value is None and not layer.threshold
    if kind == "Activation":
        return activation_of(layer) in _POSITIVELY_HOMOGENEOUS
    return kind in ("LeakyReLU", "PReLU")


def activation_of(layer: Any) -> str:
    """The name of the activation that is part of `layer`; "linear" if there is none, "" if it has no name."""
    activation = getattr(layer, "activation", None)
    return "linear" if activation is None else str(getattr(activation, "__name__", ""))


class Linear:
    """A copy of the weights of one layer, edited in float64; `layer` itself stays as it is.

    Args:
        layer: A Conv2D, DepthwiseConv2D or Dense.
    """

    def __init__(self, layer: Any) -> None:
        import numpy as np

        self.layer = layer
        weights = [np.asarray(each, np.float64) for each in layer.get_weights()]
        self._kernel = weights[0]
        self._bias: Vector | None = weights[1] if len(weights) > 1 else None

    @classmethod
    def of(cls, layer: Any) -> "Linear | None":
        """The layer's weights; None for a layer of another kind, or one that does more than its kind."""
        is_known = kind_of(layer) in ("Conv2D", "DepthwiseConv2D", "Dense")
        is_plain = getattr(layer, "data_format", "channels_last") == "channels_last" and not (
            getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", False)
        )
        return cls(layer) if is_known and is_plain else None

    @property
    def can_scale_outputs(self) -> bool:
        """Whether a factor per channel after the layer can become part of it."""
        return activation_of(self.layer) in _POSITIVELY_HOMOGENEOUS

    @property
    def can_scale_inputs(self) -> bool:
        """Whether a factor per channel before the layer can become part of it."""
        return int(getattr(self.layer, "groups", 1)) == 1 or self._is_depthwise

    @property
    def can_shift_inputs(self) -> bool:
        """Whether a summand per channel before the layer can become part of it: it must not be padded with zeros."""
        return getattr(self.layer, "padding", "valid") == "valid" or set(self.layer.kernel_size) == {1}

    @property
    def _is_depthwise(self) -> bool:
        return type(self.layer).__name__ == "DepthwiseConv2D"

    def scale_outputs(self, factors: "Vector") -> None:
        """Multiply the result by `factors`, (output channels,), at least 0."""
        self._kernel = self._kernel * factors.reshape(self._kernel.shape[2:] if self._is_depthwise else -1)
        self._bias = None if self._bias is None else self._bias * factors

    def scale_inputs(self, factors: "Vector") -> None:
        """Account for the input being multiplied by `factors`, (input channels,), first."""
        self._kernel = self._kernel * factors[:, None]

    def shift_inputs(self, summands: "Vector") -> None:
        """Account for `summands`, (input channels,), being added to the input first."""
        weighted = self._kernel * summands[:, None]
        channels = weighted.shape[-2:] if self._is_depthwise else weighted.shape[-1:]
        added = weighted.reshape(-1, math.prod(channels)).sum(axis=0)
        self._bias = added if self._bias is None else self._bias + added

    def reorder_outputs(self, order: Sequence[int]) -> None:
        """Let output channel i be the old channel `order[i]`; not for a depthwise convolution."""
        self._kernel = self._kernel[..., list(order)]
        self._bias = None if self._bias is None else self._bias[list(order)]

    def as_layer(self) -> Any:
        """A new layer of the same name with these weights; it is built when it is first called."""
        import numpy as np

        config = {**self.layer.get_config(), "use_bias": self._bias is not None}
        twin = type(self.layer).from_config(config)
        twin.build(self.layer.input.shape)
        twin.set_weights([each.astype(np.float32) for each in (self._kernel, self._bias) if each is not None])
        return twin
