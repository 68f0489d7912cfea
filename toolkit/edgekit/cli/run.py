"""`edgekit run`: train, export everything, verify, by the same calls as the three commands."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.options import (
    PATH,
    data_option,
    json_option,
    make_progress,
    others_to_stderr,
    skip_broken_option,
)

if TYPE_CHECKING:
    from edgekit.recipe import Recipe, TrainingSettings


@click.command("run")
@click.argument("recipe_name", metavar="[RECIPE]", default="resnet8")
@data_option("digits", "digits, cifar10, cifar10:PATH, folder:PATH, hub:OWNER/NAME or npz:PATH.")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the training images. [default: the recipe's]")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of everything random. [default: the recipe's, 0]")
@click.option("--out", type=PATH, help="The run folder. [default: exported/RECIPE, or -2, -3, … where it is taken]")
@click.option(
    "--reference-kernel-images",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    metavar="N",
    help="Images for LiteRT's reference kernels, which are hundreds of times slower.",
)
@skip_broken_option
@json_option
def command(recipe_name: str, data: str, out: Path | None, as_json: bool, **options: Any) -> int:
    """Train a recipe, export it in every format and precision, and verify each file in every runtime.

    \b
    The same as: edgekit train RECIPE --data DATASET && edgekit export && edgekit verify
    RECIPE is a name from `edgekit recipes`, or a file of your own: path/to/mine.py. [default: resnet8]

    \b
    Exit status: 0 all within tolerance, 3 drift beyond it, 1 an error.
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.cli.verify import finish
    from edgekit.datasets import DatasetRequest, load_dataset
    from edgekit.exporting import export
    from edgekit.keras_setup import import_keras
    from edgekit.recipe import load_recipe, recipe_file
    from edgekit.tolerance import Tolerances
    from edgekit.training import train
    from edgekit.training.folders import choose_folder
    from edgekit.verification.job import VerifyRequest, verify_request

    out = out or choose_folder(recipe_file(recipe_name).stem)
    tolerances = Tolerances.from_pyproject(Path("pyproject.toml"))
    import_keras("edgekit run")
    with others_to_stderr():
        recipe, progress = load_recipe(recipe_name), make_progress()
        settings = _settings(recipe, options)
        wanted = DatasetRequest(
            image_size=recipe.image_size,
            validation_fraction=settings.validation_fraction,
            seed=settings.seed,
            skip_broken=options["skip_broken"],
            progress=progress,
        )
        dataset = load_dataset(data, wanted)
        run = train(recipe, dataset, settings=settings, out=out, progress=progress)
        exported = export(run, dataset=dataset, progress=progress)
    request = VerifyRequest(
        targets=[run.path],
        data=data,
        tolerances=tolerances,
        reference_kernel_images=options["reference_kernel_images"],
        skip_broken=options["skip_broken"],
    )
    again = ["edgekit", "verify", str(run.path), "--data", data, *(["--skip-broken"] if options["skip_broken"] else [])]
    status = finish(verify_request(request, progress=progress), again=shlex.join(again), as_json=as_json)
    return exported.exit_status or status


def _settings(recipe: "Recipe", options: dict[str, Any]) -> "TrainingSettings":
    """The recipe's settings with what the user chose in place of its own."""
    from dataclasses import replace

    settings = recipe.settings if options["epochs"] is None else recipe.settings.with_epochs(options["epochs"])
    return settings if options["seed"] is None else replace(settings, seed=options["seed"])
