"""How much each layer of a Keras model loses by itself when it computes in int8, the others staying in float.

One pass over some images tells it of all layers: when a layer is called, it answers once in float and once with its
weights and its input rounded as an int8 kernel rounds them. The float answer goes on, so no layer is blamed for
another. Batch normalization after a convolution does not matter here: with one scale per channel, a factor per channel
changes both answers alike. Knows no format and no quantizer.
"""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgekit.foundation.mapped_arrays import images_at_once

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

BATCH = 64
"""Images at once, fewer if they are large."""

AT_ONCE = 2**16
"""Pixels of one batch at most: Keras 3 keeps the output of every layer until a model has answered."""

CHANNEL_AXES = {"DepthwiseConv1D": (-2, -1), "DepthwiseConv2D": (-2, -1), "Conv2DTranspose": (-2,)}
"""Class of a layer -> the axes of its kernel that have a scale for each index; the last axis for every other class."""


@dataclass(frozen=True, kw_only=True)
class LayerError:
    """What one layer loses by itself.

    Attributes:
        layer: Its name.
        sqnr_db: Signal-to-quantization-noise ratio of its output, 10 log10(sum y^2 / sum (y_int8 - y)^2), in dB;
            infinite if nothing changes.
    """

    layer: str
    sqnr_db: float


@dataclass
class _Power:
    signal: float = 0.0
    noise: float = 0.0


@dataclass
class _Recorder:
    """Sums up, layer by layer, while a model is called."""

    powers: dict[str, _Power] = field(default_factory=dict)

    @contextmanager
    def listening(self, layer: "keras.Layer") -> Iterator[None]:
        """While the block runs, `layer` also answers in int8; what it returns is unchanged."""
        in_float = layer.call

        def call(features: Any, *arguments: Any, **options: Any) -> Any:
            answer = in_float(features, *arguments, **options)
            with _rounded_weights(layer):
                rounded = in_float(_rounded_activations(features), *arguments, **options)
            self._add(layer.name, answer, rounded)
            return answer

        object.__setattr__(layer, "call", call)  # past Keras' own bookkeeping of attributes
        try:
            yield
        finally:
            object.__delattr__(layer, "call")

    def _add(self, name: str, answer: Any, rounded: Any) -> None:
        import numpy as np

        expected = np.asarray(answer, np.float64)
        power = self.powers.setdefault(name, _Power())
        power.signal += float((expected**2).sum())
        power.noise += float(((np.asarray(rounded, np.float64) - expected) ** 2).sum())


def layer_errors(model: "keras.Model", images: "NDArray[np.float32]") -> list[LayerError]:
    """Every layer with a kernel, the one that loses most first; of equal ones the earlier first.

    Args:
        model: Any Keras model on the TensorFlow backend, nested ones and shared layers included.
        images: float32 (N, H, W, 3), in the range that the model wants, N at least 1.
    """
    recorder = _Recorder()
    with ExitStack() as stack:
        for layer in model._flatten_layers(include_self=False):
            if kernels_of(layer):
                stack.enter_context(recorder.listening(layer))
        size = images_at_once(images.shape[1:], BATCH, AT_ONCE)
        for start in range(0, len(images), size):
            model(images[start : start + size], training=False)
    errors = [LayerError(layer=name, sqnr_db=_decibel(power)) for name, power in recorder.powers.items()]
    return sorted(errors, key=lambda error: error.sqnr_db)


def round_symmetrically(weights: "NDArray[np.float32]", channel_axes: tuple[int, ...]) -> "NDArray[np.float32]":
    """Weights as int8 holds them: q = round(w / s), |q| at most 127, s = max |w| / 127 for each channel."""
    import numpy as np

    kept = {axis % weights.ndim for axis in channel_axes}
    largest = np.abs(weights).max(axis=tuple(axis for axis in range(weights.ndim) if axis not in kept), keepdims=True)
    scale = np.where(largest > 0, largest / 127, 1.0)
    return (np.round(weights / scale) * scale).astype(np.float32)


def round_asymmetrically(values: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Activations as 8 bits hold them: 256 steps from the smallest to the largest value, 0 being one of them."""
    import numpy as np

    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    scale = (high - low) / 255 or 1.0
    zero_point = round(-low / scale)
    steps = np.clip(np.round(values / scale) + zero_point, 0, 255)
    return ((steps - zero_point) * scale).astype(np.float32)


def _rounded_activations(features: Any) -> Any:
    import numpy as np

    return round_asymmetrically(np.asarray(features, np.float32))


@contextmanager
def _rounded_weights(layer: "keras.Layer") -> Iterator[None]:
    import numpy as np

    kept = [(kernel, np.array(kernel)) for kernel in kernels_of(layer)]
    axes = CHANNEL_AXES.get(type(layer).__name__, (-1,))
    try:
        for kernel, values in kept:
            kernel.assign(round_symmetrically(values, axes))
        yield
    finally:
        for kernel, values in kept:
            kernel.assign(values)


def kernels_of(layer: "keras.Layer") -> list[Any]:
    """The weights of a layer that multiply; empty for one without any, and for one that only holds other layers."""
    names = ("kernel", "depthwise_kernel", "pointwise_kernel")
    return [
        kernel for name in names if (kernel := getattr(layer, name, None)) is not None and hasattr(kernel, "assign")
    ]


def _decibel(power: _Power) -> float:
    return math.inf if power.noise == 0 else 10 * math.log10(max(power.signal, 1e-30) / power.noise)
