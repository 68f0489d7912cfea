"""One step of a compression: the wrappers that it puts around layers, and what remains when it is done.

    Pruning      small weights become zero, more and more of them
    Clustering   the weights of a layer share a few values
    (quantizing.py holds the third)

Each works on a fresh Keras 2 model and knows nothing of epochs, files and data.
"""

from typing import TYPE_CHECKING, Any, Protocol

from edgekit.compression.bridge import Bridge
from edgekit.foundation.model_optimization import Libraries

if TYPE_CHECKING:
    from edgekit.compression.bridge import Weights

PRUNED_UNTIL = 0.7
"""Share of the step after which the final sparsity is reached; the rest is for getting used to it."""

NUM_MASK_CHANGES = 100

WEIGHTED = ("Conv2D", "Conv2DTranspose", "Dense")
"""Layers whose kernels are pruned and clustered. A depthwise kernel is small, and each of its weights counts."""


class Step(Protocol):
    """One step.

    Attributes:
        model: The Keras 2 model to train.
        title: What it does, in words.
        remark: What the user should know of this network; "" for nothing.
    """

    model: Any
    title: str
    remark: str

    def callbacks(self) -> list[Any]:
        """Keras 2 callbacks that it needs."""

    def weights(self) -> "Weights":
        """Of every layer in the bridge's `origins`, without what was put around it."""


class Pruning:
    """Polynomial schedule from no zeros to `sparsity`.

    Args:
        libraries: Both versions of Keras.
        bridge: The network.
        sparsity: Share of zeros at the end, in (0, 1).
        num_steps: Steps of the optimizer in all.
    """

    remark = ""

    def __init__(self, libraries: Libraries, bridge: Bridge, sparsity: float, num_steps: int) -> None:
        self.title = f"pruning to {sparsity:.0%} zeros"
        self._libraries, self._origins = libraries, bridge.origins
        pruning = libraries.tfmot.sparsity.keras
        last = max(1, int(num_steps * PRUNED_UNTIL))
        schedule = pruning.PolynomialDecay(
            initial_sparsity=0.0,
            final_sparsity=sparsity,
            begin_step=0,
            end_step=last,
            frequency=max(1, last // NUM_MASK_CHANGES),
        )
        self.model = wrapped(
            libraries,
            bridge,
            lambda layer: (
                pruning.prune_low_magnitude(layer, pruning_schedule=schedule) if is_weighted(layer) else layer
            ),
        )

    def callbacks(self) -> list[Any]:
        """Counts the steps, and zeroes what must be zero at the end of an epoch."""
        return [self._libraries.tfmot.sparsity.keras.UpdatePruningStep()]

    def weights(self) -> "Weights":
        """Without masks."""
        return weights_of(self._libraries.tfmot.sparsity.keras.strip_pruning(self.model), self._origins)


class Clustering:
    """The weights of each layer share `num_clusters` values, which are trained.

    Args:
        libraries: Both versions of Keras.
        bridge: The network.
        num_clusters: How many.
        keeps_zeros: Whether weights that are zero stay zero.
    """

    remark = ""

    def __init__(self, libraries: Libraries, bridge: Bridge, num_clusters: int, *, keeps_zeros: bool) -> None:
        self.title = f"clustering to {num_clusters} distinct weights per layer"
        self._libraries, self._origins = libraries, bridge.origins
        clustering = libraries.tfmot.clustering.keras
        options: dict[str, Any] = {
            "number_of_clusters": num_clusters,
            "cluster_centroids_init": clustering.CentroidInitialization.KMEANS_PLUS_PLUS,
        }
        wrap: Any = clustering.cluster_weights
        if keeps_zeros:
            from tensorflow_model_optimization.python.core.clustering.keras.experimental import cluster

            wrap, options = cluster.cluster_weights, {**options, "preserve_sparsity": True}

        def around(layer: Any) -> Any:
            is_large = is_weighted(layer) and layer.kernel.shape.num_elements() > num_clusters
            return wrap(layer, **options) if is_large else layer

        self.model = wrapped(libraries, bridge, around)

    def callbacks(self) -> list[Any]:
        """None."""
        return []

    def weights(self) -> "Weights":
        """With each weight replaced by its cluster's value."""
        return weights_of(self._libraries.tfmot.clustering.keras.strip_clustering(self.model), self._origins)


def wrapped(libraries: Libraries, bridge: Bridge, around: Any) -> Any:
    """The bridge's model once more, each layer as `around` gives it back: itself, or in a wrapper."""
    return libraries.keras2.models.clone_model(bridge.model, clone_function=around)


def is_weighted(layer: Any) -> bool:
    """Whether the layer's kernel is pruned and clustered."""
    return type(layer).__name__ in WEIGHTED


def weights_of(model: Any, origins: Any) -> "Weights":
    """The weights of the layers named in `origins`."""
    return {name: model.get_layer(name).get_weights() for name in origins}
