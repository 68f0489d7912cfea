"""How much a network computes for one image. Trains nothing."""

from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

_KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")


def count_multiply_adds(network: "keras.Model") -> int:
    """Multiply-adds of all convolutions and dense layers for one image, at the network's own input size.

    A kernel's every weight is used once at each place of the layer's output. Everything else (additions,
    pooling, normalization, which is folded into the convolutions when exported) is left out.
    """
    return sum(_multiply_adds(layer) for layer in network._flatten_layers(include_self=False))


def _multiply_adds(layer: Any) -> int:
    kernels = [getattr(layer, name) for name in _KERNELS if getattr(layer, name, None) is not None]
    if not kernels:
        return 0
    num_places = prod(layer.output.shape[1:-1])
    return sum(prod(kernel.shape) for kernel in kernels) * num_places
