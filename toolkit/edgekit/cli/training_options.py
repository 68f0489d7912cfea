"""What `train` and `run` let a user choose about a training, and what comes of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.options import PATH, WholeNumber, data_option, skip_broken_option

if TYPE_CHECKING:
    from edgekit.datasets import Dataset
    from edgekit.foundation.progress import Progress
    from edgekit.recipe import Recipe, TrainingSettings

_OPTIONS = (
    data_option("digits", "digits, cifar10, cifar10:PATH, folder:PATH, csv:FILE, hub:OWNER/NAME or npz:PATH."),
    click.option(
        "--epochs",
        type=WholeNumber(min=1),
        metavar="N",
        help="Passes over the training images. [default: the recipe's]",
    ),
    click.option(
        "--seed",
        type=WholeNumber(0, 2**32 - 1),
        metavar="N",
        help="Seed of everything random. [default: the recipe's, 0]",
    ),
    click.option("--batch-size", type=WholeNumber(min=1), metavar="N", help="Images a step. [default: the recipe's]"),
    click.option(
        "--validation-fraction",
        type=float,
        metavar="SHARE",
        help="Share of the training images held out for choosing, between 0 and 1. [default: the recipe's]",
    ),
    click.option(
        "--image-size",
        type=WholeNumber(min=1),
        metavar="N",
        help="Side in pixels to which the images of a folder are resized. [default: the recipe's]",
    ),
    click.option(
        "--out", type=PATH, metavar="DIR", help="The run folder. [default: exported/RECIPE, or -2, -3, … where taken]"
    ),
    click.option(
        "--tensorboard", is_flag=True, help="Write the history for TensorBoard too, into logs/ of the run folder."
    ),
    skip_broken_option,
    click.option("--resume", is_flag=True, help="Go on with a training that was killed or interrupted."),
)


def training_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """All of them, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def asked_training(
    recipe_name: str, data: str, options: dict[str, Any], progress: "Progress"
) -> "tuple[Recipe, Dataset, TrainingSettings]":
    """The recipe, its data set and its settings, as the user chose them; raises what loading them raises."""
    from edgekit.recipe import load_recipe

    recipe = load_recipe(recipe_name)
    settings = _settings_of(recipe, options)
    return recipe, _load_data(data, recipe, settings, options, progress), settings


def _settings_of(recipe: "Recipe", options: dict[str, Any]) -> "TrainingSettings":
    """The recipe's settings with what the user chose in place of its own; raises UsageError."""
    from dataclasses import replace

    from edgekit.foundation.errors import RecipeError, UsageError

    settings = recipe.settings if options["epochs"] is None else recipe.settings.with_epochs(options["epochs"])
    names = ("seed", "batch_size", "validation_fraction")
    try:
        return replace(settings, **{name: options[name] for name in names if options[name] is not None})
    except RecipeError as error:
        raise UsageError(str(error)) from error


def _load_data(
    data: str, recipe: "Recipe", settings: "TrainingSettings", options: dict[str, Any], progress: "Progress"
) -> "Dataset":
    """The data set, split as the settings want it; raises DatasetError, and UsageError where it cannot be resized."""
    from edgekit.datasets import DatasetRequest, load_dataset
    from edgekit.foundation.errors import UsageError

    side = options["image_size"]
    request = DatasetRequest(
        image_size=(side, side) if side else recipe.image_size,
        validation_fraction=settings.validation_fraction,
        seed=settings.seed,
        skip_broken=options["skip_broken"],
        progress=progress,
    )
    dataset = load_dataset(data, request)
    height, width, _ = dataset.image_shape
    if side and (height, width) != (side, side):
        raise UsageError(
            f"The images of '{dataset.name}' are {height} x {width} pixels and stay so; --image-size {side} resizes "
            f"those of folder: and hub: only. Leave it out."
        )
    return dataset
