"""Builds the recipe's network, and checks it before hours are spent on it. Trains nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import RecipeError, first_line_of
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.recipe import Recipe
from edgekit.training.network.one_score import with_two_scores

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

Shape = tuple[int | None, int | None, int]


def build_network(keras: Any, recipe: Recipe, input_shape: Shape, num_classes: int) -> "keras.Model":
    """The recipe's network, from `input_shape` to `num_classes` scores.

    Raises:
        RecipeError: It takes or gives something else. One score is enough for two classes; see `one_score`.
    """
    try:
        network = recipe.build(input_shape, num_classes)
    except (Exception, SystemExit) as error:  # a recipe is its author's own program: it may raise anything
        if _is_too_small(recipe, input_shape, num_classes):
            raise _too_small(recipe, input_shape) from error
        raise RecipeError(
            f"Recipe '{recipe.name}' could not build its network for images of {input_shape} and {num_classes} "
            f"classes: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(network, keras.Model):
        raise RecipeError(f"build() of recipe '{recipe.name}' must return a keras.Model. Received {type(network)}.")
    expected_input, expected_output = (None, *input_shape), (None, num_classes)
    received_input, received_output = (getattr(network, name, None) for name in ("input_shape", "output_shape"))
    if num_classes == 2 and received_input == expected_input and received_output == (None, 1):
        return with_two_scores(keras, recipe.name, network)
    if received_input != expected_input or received_output != expected_output:
        raise RecipeError(
            f"The network of recipe '{recipe.name}' does not fit: expected input {expected_input} and output "
            f"{expected_output}, one score per class. Received input {received_input} and output {received_output}. "
            f"Use input_shape and num_classes as build() is given them."
        )
    return network


def _is_too_small(recipe: Recipe, input_shape: Shape, num_classes: int) -> bool:
    """Whether a network that failed for smaller images can be built for images of the recipe's own size."""
    height, width, channels = input_shape
    wanted = recipe.image_size
    if height is None or width is None or (height >= wanted[0] and width >= wanted[1]):
        return False
    try:
        recipe.build((*wanted, channels), num_classes)
    except (Exception, SystemExit):  # noqa: BLE001 - as above
        return False
    return True


def _too_small(recipe: Recipe, input_shape: Shape) -> RecipeError:
    height, width = recipe.image_size
    return RecipeError(
        f"Images of {input_shape[0]} x {input_shape[1]} pixels are too small for recipe '{recipe.name}', which is "
        f"meant for {height} x {width}: every pooling halves them. Take larger images (--image-size "
        f"{max(height, width)} for a folder of images), or another recipe."
    )


def made_by(recipe: Recipe, part: str, expected: type | tuple[type, ...], *arguments: Any) -> Any:
    """What `recipe.part(*arguments)` returns; raises RecipeError unless it is one of `expected`."""
    try:
        made = getattr(recipe, part)(*arguments)
    except (Exception, SystemExit) as error:  # as above
        raise RecipeError(
            f"{part}() of recipe '{recipe.name}' does not run: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(made, expected):
        kinds = expected if isinstance(expected, tuple) else (expected,)
        names = " or ".join("None" if kind is type(None) else f"{kind.__module__}.{kind.__name__}" for kind in kinds)
        raise RecipeError(f"{part}() of recipe '{recipe.name}' must return {names}. Received {type(made).__name__}.")
    return made


def check_answers(recipe: Recipe, network: "keras.Model", images: "NDArray[np.uint8]") -> None:
    """Raise RecipeError unless the untrained network gives probabilities for `images`, uint8 (N, H, W, 3)."""
    import keras
    import numpy as np

    scores = keras.ops.convert_to_numpy(network(images.astype("float32"), training=False))
    if not np.isfinite(scores).all():
        raise RecipeError(
            f"The untrained network of recipe '{recipe.name}' returns NaN or infinity for pixels of 0 to 255. "
            f"Scale them inside the network, as with keras.layers.Rescaling(1 / 255)."
        )
    if scores.min() < 0 or np.abs(scores.sum(axis=1) - 1).max() > 1e-3:
        raise RecipeError(
            f"The network of recipe '{recipe.name}' must give probabilities. Received scores from {scores.min():.3g} "
            f"to {scores.max():.3g} that do not add up to 1. End it with a softmax."
        )


def check_can_be_loaded(keras: Any, recipe: Recipe, network: "keras.Model") -> None:
    """Raise RecipeError unless the network survives being saved and loaded in Keras' safe mode."""
    with TemporaryFolder() as folder:
        path = Path(folder) / "model.keras"
        try:
            network.save(path)
            keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # what a foreign layer does when it is saved is anybody's guess
            raise RecipeError(
                f"The network of recipe '{recipe.name}' cannot be saved and loaded again, so it could never be "
                f"exported. Use Keras' own layers, and no Lambda. Keras says: {first_line_of(error)}"
            ) from error


def training_model(keras: Any, network: "keras.Model", augmentation: "keras.Layer | None") -> "keras.Model":
    """What `fit` trains: uint8 pixels -> augmentation, in training only -> `network`, which stays free of it."""

    class TrainingModel(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="training")
            self.augmentation = augmentation
            self.network = network

        def build(self, input_shape: Any) -> None:
            if self.augmentation is not None and not self.augmentation.built:
                self.augmentation.build(input_shape)

        def call(self, pixels: Any, training: bool = False) -> Any:
            images = keras.ops.cast(pixels, "float32")
            if training and self.augmentation is not None:
                images = self.augmentation(images, training=True)
            return self.network(images, training=training)

    return TrainingModel()
