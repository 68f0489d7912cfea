"""Training images augmented as the recipe of the run says. Knows no network."""

from typing import TYPE_CHECKING, Any

from edgekit.recipe import load_recipe
from edgekit.training.network.building import made_by

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray


class Augmentation:
    """A recipe's augmentation, whose randomness depends on the seed and the epoch only.

    Args:
        layer: A Keras 3 layer; None for images as they are.
    """

    def __init__(self, layer: "keras.Layer | None") -> None:
        self._layer = layer

    @classmethod
    def of_recipe(cls, keras: Any, name_or_path: str | None) -> "Augmentation":
        """That of a recipe which the user has named, or which is built in or installed; None: images as they are.

        Raises:
            RecipeError: The recipe of that path does not run.
        """
        if name_or_path is None:
            return cls(None)
        return cls(made_by(load_recipe(name_or_path), "augmentation", (keras.Layer, type(None))))

    @property
    def is_there(self) -> bool:
        """Whether anything is done to the images."""
        return self._layer is not None

    def start_epoch(self, seed: int, epoch: int) -> None:
        """Set its random generators to where they are in that epoch, whatever was drawn before."""
        for number, variable in enumerate(self._layer.variables if self._layer is not None else ()):
            if str(variable.dtype) == "uint32":
                variable.assign([(seed + number) % 2**32, epoch * 2**16])

    def __call__(self, images: "NDArray[np.uint8]") -> "NDArray[np.float32]":
        """Images uint8 (B, H, W, 3) -> float32 of the same shape, 0 to 255."""
        import numpy as np

        pixels = images.astype(np.float32)
        return pixels if self._layer is None else np.asarray(self._layer(pixels, training=True), np.float32)
