"""The effect of pruning and clustering on a network's weights: zeros, distinct values, size when zipped."""

import gzip
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from edgekit.compression.bridge import layers_of
from edgekit.compression.steps import WEIGHTED
from edgekit.quantization.sensitivity import kernels_of

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True)
class LayerWeights:
    """The kernel of one layer.

    Attributes:
        layer: Its name.
        kind: Class of the layer.
        num_weights: How many.
        num_zeros: How many of them are exactly zero.
        num_distinct: How many different values there are.
        is_compressed: Whether pruning and clustering look at kernels of this kind.
    """

    layer: str
    kind: str
    num_weights: int
    num_zeros: int
    num_distinct: int
    is_compressed: bool

    @property
    def sparsity(self) -> float:
        """Share of zeros."""
        return self.num_zeros / self.num_weights

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"sparsity": round(self.sparsity, 6)}


def measure_layers(network: "keras.Model") -> list[LayerWeights]:
    """One entry for each kernel, in the order of the network."""
    import numpy as np

    found = []
    for layer in layers_of(network):
        for kernel in kernels_of(layer):
            values = np.asarray(kernel)
            is_point = kernel is getattr(layer, "pointwise_kernel", None)
            found.append(
                LayerWeights(
                    layer=layer.name,
                    kind=type(layer).__name__,
                    num_weights=int(values.size),
                    num_zeros=int((values == 0).sum()),
                    num_distinct=len(np.unique(values)),
                    is_compressed=type(layer).__name__ in WEIGHTED or is_point,
                )
            )
    return found


def zipped_bytes(network: "keras.Model") -> int:
    """Size of all weights as float32, zipped (gzip, level 9)."""
    import numpy as np

    content = b"".join(np.asarray(weight, np.float32).tobytes() for weight in network.weights)
    return len(gzip.compress(content, 9, mtime=0))
