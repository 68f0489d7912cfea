"""The interface of a training recipe, and how recipes are found and loaded. Builds and trains nothing.

A recipe is one Python file that defines `RECIPE = Recipe(...)`. The built-in ones lie in `recipes/`
of the checkout and travel in the wheel; a user's own file is named by its path. Other packages add
theirs in the entry points "edgekit.recipes".
"""

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import EdgekitError, RecipeError
from edgekit.foundation.files.given_path import given_path
from edgekit.foundation.plugins import PluginGroup
from edgekit.foundation.registry import Registry

if TYPE_CHECKING:
    import keras


BALANCED = "balanced"
"""Class weights by which all classes weigh alike together."""


@dataclass(frozen=True, kw_only=True)
class SizePlan:
    """Sizes of crops for one number of epochs, from which those for another number are derived.

    Attributes:
        epochs: Passes that `image_sizes` are meant for.
        image_sizes: As in `TrainingSettings`.
        derived: The same for the settings that hold this plan.
    """

    epochs: int
    image_sizes: tuple[tuple[int, int], ...]
    derived: tuple[tuple[int, int], ...]

    def for_epochs(self, epochs: int) -> "SizePlan":
        """With the first epochs in proportion to `epochs`; a short training still ends at the last size."""
        if epochs == self.epochs:
            return replace(self, derived=self.image_sizes)
        moved = {start * epochs // self.epochs: side for start, side in self.image_sizes}
        return replace(self, derived=tuple(moved.items()))


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The settings of a training; the command line may replace single values.

    Attributes:
        epochs: Passes over the training split, at least 1.
        batch_size: Images per step, at least 1.
        seed: Seeds initial weights, order, augmentation and dropout.
        validation_fraction: Share of the training images held out for choosing; in (0, 1).
        image_sizes: ((first epoch, side in pixels), ...): from that epoch on, training batches are random
            crops of that side ("progressive resizing"); empty for the full image always. The first
            pair starts at epoch 0. The sides are meant for images of the recipe's `image_size`, and scale
            with larger or smaller ones. Validation and test always use the full image. With another number of
            epochs, as in `replace(settings, epochs=1)`, they move in proportion; new ones are used as they are.
        padding: Pixels by which full training images are padded on each side, by reflection, before a random crop of
            the original size; 0 for no padding.
        class_weights: "balanced": every class has the same weight in the loss; None: every image has.
        plan: The epochs and `image_sizes` that these were derived from; set by edgekit itself.
    """

    epochs: int
    batch_size: int = 128
    seed: int = 0
    validation_fraction: float = 0.1
    image_sizes: tuple[tuple[int, int], ...] = ()
    padding: int = 0
    class_weights: str | None = None
    plan: "SizePlan | None" = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise RecipeError(
                f"Epochs and batch size must be at least 1. Received {self.epochs} and {self.batch_size}."
            )
        if not 0 <= self.seed < 2**32:
            raise RecipeError(f"The seed must lie between 0 and {2**32 - 1}. Received {self.seed}.")
        if self.padding < 0:
            raise RecipeError(f"The padding must not be negative. Received {self.padding}.")
        if self.class_weights not in (None, BALANCED):
            raise RecipeError(f"Class weights can be '{BALANCED}', or left out. Received '{self.class_weights}'.")
        if not 0 < self.validation_fraction < 1:
            raise RecipeError(
                f"The validation fraction must lie between 0 and 1, both excluded. "
                f"Received {self.validation_fraction}. There must be images to train on, and others to validate on: "
                f"0.1 is usual."
            )
        plan = self.plan
        if plan is None or self.image_sizes != plan.derived:
            plan = SizePlan(epochs=self.epochs, image_sizes=self.image_sizes, derived=self.image_sizes)
        plan = plan.for_epochs(self.epochs)
        object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "image_sizes", plan.derived)
        starts = [start for start, _ in self.image_sizes]
        if starts and (starts[0] != 0 or starts != sorted(set(starts)) or starts[-1] >= self.epochs):
            raise RecipeError(
                f"image_sizes must start at epoch 0, rise, and stay below {self.epochs} epochs. "
                f"Received the first epochs {', '.join(map(str, starts))}."
            )

    def with_epochs(self, epochs: int) -> "TrainingSettings":
        """The same settings for another number of epochs, like `replace(settings, epochs=epochs)`."""
        return replace(self, epochs=epochs)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for the manifest."""
        left_out = {"plan"} if self.class_weights else {"plan", "class_weights"}
        return {name: value for name, value in asdict(self).items() if name not in left_out}


def no_augmentation() -> None:
    """No augmentation."""


def no_callbacks() -> list["keras.callbacks.Callback"]:
    """No callbacks beside edgekit's own."""
    return []


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One way to train one network.

    Attributes:
        name: Its name on the command line; the file's stem.
        summary: One line for `edgekit recipes`.
        settings: Its defaults.
        build: `build(input_shape, num_classes) -> keras.Model`. `input_shape` is (H, W, C), 3 channels for RGB
            or 1 for gray, where H and W are None while training on crops. Input: float32 pixels 0 to 255 (the
            scaling is a layer inside). Output: probabilities (N, num_classes). For two classes one score (N, 1) is
            enough, a probability of the second class (a sigmoid) or its logit.
        optimizer: `optimizer(num_steps) -> keras.optimizers.Optimizer`, `num_steps` being the steps of the
            whole training, for schedules.
        loss: Name or instance of a Keras loss on int64 labels; for one score also a loss on two classes, such as
            "binary_crossentropy".
        augmentation: `augmentation() -> keras.Layer | None`, applied to float32 training batches (0 to 255)
            before the network; never part of the saved model.
        callbacks: `callbacks() -> list`, of Keras callbacks, such as ReduceLROnPlateau.
        image_size: (height, width) to which sources without a size of their own resize, and for which the
            sides in `settings.image_sizes` are meant.
        file: Where it was loaded from.
        based_on: Files of the recipes that it was made from with `dataclasses.replace`.
    """

    name: str
    summary: str
    settings: TrainingSettings
    build: Callable[[tuple[int | None, int | None, int], int], "keras.Model"]
    optimizer: Callable[[int], "keras.optimizers.Optimizer"]
    loss: Any = "sparse_categorical_crossentropy"
    augmentation: Callable[[], "keras.Layer | None"] = no_augmentation
    callbacks: Callable[[], list["keras.callbacks.Callback"]] = no_callbacks
    image_size: tuple[int, int] = (32, 32)
    file: Path = field(default=Path(), compare=False)
    based_on: tuple[Path, ...] = field(default=(), compare=False)


VARIANTS = "variants"
"""Folder of the recipes that were tried and rejected: worth comparing with, not worth starting from."""


def recipes_folder() -> Path:
    """The folder of the built-in recipes: inside the wheel, or `recipes/` of the checkout."""
    package = Path(__file__).resolve().parent
    inside_wheel = package / "builtin_recipes"
    return inside_wheel if inside_wheel.is_dir() else package.parents[1] / "recipes"


def builtin_recipe_files() -> dict[str, Path]:
    """Name -> file of every built-in recipe, sorted by name, those of `variants/` last; loads none."""
    folder = recipes_folder()
    files = [*sorted(folder.glob("*.py")), *sorted((folder / VARIANTS).glob("*.py"))]
    return {path.stem: path for path in files if not path.stem.startswith("_")}


@dataclass(frozen=True, kw_only=True)
class RecipeSummary:
    """The row of a recipe in a list; None if not measured yet.

    Attributes:
        name: Its name on the command line.
        summary: One line.
        is_variant: Whether it is one of `variants/`.
        num_parameters: At 10 classes, batch statistics included.
        multiply_adds: Of convolutions and dense layers, for one image of 32 x 32 pixels.
        size_bytes: "tflite-float32", "tflite-int8" -> size of the exported file.
        measured: "data", "num_images", "accuracy_float32", "accuracy_int8", "seconds", "hardware", "command".
        origin: The package that brings it, with its version; None for a built-in one.
    """

    name: str
    summary: str
    is_variant: bool = False
    num_parameters: int | None = None
    multiply_adds: int | None = None
    size_bytes: dict[str, int | None] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    origin: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


def list_recipes() -> list[RecipeSummary]:
    """Every built-in recipe, then those of other packages.

    Loads no built-in recipe and no library: what is known of one is in `results.json` beside it. One of another
    package is loaded; if it cannot be used, that is a PluginWarning.
    """
    return [*_list_builtin_recipes(), *_list_plugin_recipes()]


def _list_builtin_recipes() -> list[RecipeSummary]:
    table = recipes_folder() / "results.json"
    try:
        results = json.loads(table.read_text())
    except (OSError, ValueError) as error:
        raise RecipeError(f"The results of the recipes cannot be read from {table}: {error}. Restore it.") from error
    known = RecipeSummary.__dataclass_fields__
    return [
        RecipeSummary(
            name=name,
            is_variant=path.parent.name == VARIANTS,
            **{"summary": ""} | {key: value for key, value in results.get(name, {}).items() if key in known},
        )
        for name, path in builtin_recipe_files().items()
    ]


def _list_plugin_recipes() -> list[RecipeSummary]:
    return [
        RecipeSummary(name=name, summary=recipe.summary, origin=plugin_recipes()[name].origin)
        for name, recipe in plugin_recipes().load_all()
    ]


def _problem_of(name: str, value: Any) -> str | None:
    """What is wrong with what another package brings as the recipe `name`, as a clause; None: nothing."""
    if not isinstance(value, Recipe):
        return "it is not an edgekit.Recipe"
    return None if value.name == name else f"its attribute name is '{value.name}', its entry point's '{name}'"


@cache
def plugin_recipes() -> Registry[Recipe]:
    """The recipes of other packages; none has the name of a built-in one."""
    group = PluginGroup(name="edgekit.recipes", problem=_problem_of)
    return Registry("recipe", {}, group, taken=builtin_recipe_files())


def name_of_recipe(name_or_path: str) -> str:
    """The name of the recipe that `name_or_path` means, a file's being its stem; loads no recipe.

    Raises:
        UnknownNameError: There is no recipe of that name, built in or in another package.
        RecipeError: The file is missing.
    """
    path = _file_of(name_or_path)
    if path is None:
        plugin_recipes()[name_or_path]
    return name_or_path if path is None else path.stem


def is_recipe(name: str) -> bool:
    """Whether a recipe of that name is built in or in another package; never looks for a file of that name."""
    return name in builtin_recipe_files() or name in plugin_recipes()


def recipe_names() -> list[str]:
    """The names of all recipes, built in and of other packages; loads none."""
    return sorted({*builtin_recipe_files(), *plugin_recipes()})


def load_recipe(name_or_path: str | os.PathLike[str]) -> Recipe:
    """The recipe of that name, built in or of another package, or the one that a path ending in `.py` defines.

    Recipes import Keras, so call `edgekit.foundation.keras_setup.import_keras` first if the backend matters.

    Raises:
        UnknownNameError: There is no recipe of that name.
        PluginError: Another package brings the recipe, and it cannot be used.
        RecipeError: The file is missing, does not run, or defines no `RECIPE`.
    """
    name_or_path = str(given_path(name_or_path))
    path = _file_of(name_or_path)
    if path is not None:
        return _load_file(path)
    recipe = plugin_recipes().load(name_or_path)
    module = sys.modules[plugin_recipes()[name_or_path].target.partition(":")[0]]
    return _from_file(recipe, Path(module.__file__ or ""))


def _file_of(name_or_path: str) -> Path | None:
    """The file of a built-in recipe, or the path itself if it ends in `.py`; None: it can only be a plug-in's."""
    if not name_or_path.endswith(".py"):
        return builtin_recipe_files().get(name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        raise RecipeError(f"There is no recipe file {path}.")
    return path


def _load_file(path: Path) -> Recipe:
    spec = importlib.util.spec_from_file_location(f"edgekit_recipe_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise RecipeError(f"{path} cannot be loaded as Python.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except EdgekitError as error:
        raise RecipeError(f"Recipe {path} is not valid: {error}") from error
    except (Exception, SystemExit) as error:  # the file is the user's own program: it may raise anything
        raise RecipeError(f"Recipe {path} does not run: {type(error).__name__}: {error}") from error
    recipe = getattr(module, "RECIPE", None)
    if not isinstance(recipe, Recipe):
        raise RecipeError(
            f"Recipe {path} must define RECIPE = edgekit.Recipe(...). Received {type(recipe).__name__}. "
            f"See recipes/resnet8.py for an example."
        )
    return _from_file(recipe, path)


def _from_file(recipe: Recipe, path: Path) -> Recipe:
    """`recipe` with the file it was loaded from; the one that it was made from before is what it is based on."""
    based_on = recipe.based_on if recipe.file == Path() else (*recipe.based_on, recipe.file)
    return replace(recipe, file=path, based_on=based_on)
