"""A few training images, and what augmentation makes of them: to look at. Trains nothing."""

from typing import TYPE_CHECKING, Any

from edgekit.datasets import Split
from edgekit.recipe import Recipe, TrainingSettings
from edgekit.training.batches import random_crops, widen
from edgekit.training.network.building import made_by

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUM_IMAGES, NUM_VERSIONS = 8, 6

Examples = tuple[Split, "NDArray[np.uint8]"]
"""N images, and uint8 (N, NUM_VERSIONS, H, W, 3): what happened to each."""


def examples(keras: Any, recipe: Recipe, settings: TrainingSettings, training: Split) -> Examples | None:
    """The first images of the classes with their augmented versions; None if the recipe has no augmentation.

    The same seed gives the same versions. What the recipe does with crops of smaller sides is left out.
    """
    import numpy as np

    keras.utils.set_random_seed(settings.seed)
    layer = made_by(recipe, "augmentation", (keras.Layer, type(None)))
    if layer is None and not settings.padding:
        return None
    chosen = _some_of_each_class(training)
    images = np.repeat(chosen.images, NUM_VERSIONS, axis=0)
    if settings.padding:
        rng = np.random.default_rng(settings.seed)
        images = random_crops(widen(images, settings.padding), images.shape[1:3], rng)
    if layer is not None:
        changed = keras.ops.convert_to_numpy(layer(images.astype("float32"), training=True))
        images = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
    return chosen, images.reshape(len(chosen), NUM_VERSIONS, *images.shape[1:])


def _some_of_each_class(training: Split) -> Split:
    """At most NUM_IMAGES, evenly over the classes as far as that goes."""
    import numpy as np

    order = np.argsort(training.labels, kind="stable")
    labels = training.labels[order]
    rank = np.arange(len(labels)) - np.searchsorted(labels, labels)  # 0 for the first image of a class, and so on
    chosen = order[np.argsort(rank, kind="stable")[:NUM_IMAGES]]
    return Split(images=training.images[chosen], labels=training.labels[chosen])
