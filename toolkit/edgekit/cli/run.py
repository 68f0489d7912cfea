"""`edgekit run`: train, export everything, verify, by the same calls as the three commands."""

import shlex
from pathlib import Path
from typing import Any

import click

from edgekit.cli.options import json_option, make_progress, others_to_stderr, reference_kernel_option
from edgekit.cli.training_options import asked_training, training_options


@click.command("run")
@click.argument("recipe_name", metavar="[RECIPE]", default="resnet8")
@training_options
@reference_kernel_option
@json_option
def command(recipe_name: str, data: str, out: Path | None, resume: bool, as_json: bool, **options: Any) -> int:
    """Train a recipe, export it in every format and precision, and verify each file in every runtime.

    \b
    The same as: edgekit train RECIPE --data DATASET && edgekit export && edgekit verify
    RECIPE is a name from `edgekit recipes`, or a file of your own: path/to/mine.py. [default: resnet8]

    \b
    Exit status: 0 all within tolerance, 3 drift beyond it, 1 an error.
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.cli.verify import finish
    from edgekit.exporting.session import export
    from edgekit.recipe import name_of_recipe
    from edgekit.tolerance import Tolerances
    from edgekit.training.folders import choose_folder
    from edgekit.training.session import train
    from edgekit.verification.job import verify_request
    from edgekit.verification.request import VerifyRequest

    out = out or choose_folder(name_of_recipe(recipe_name), resume=resume)
    tolerances = Tolerances.from_pyproject(Path("pyproject.toml"))
    _import_tensorflow_keras()
    with others_to_stderr():
        progress = make_progress()
        recipe, dataset, settings = asked_training(recipe_name, data, options, progress)
        run = train(
            recipe,
            dataset,
            settings=settings,
            out=out,
            resume=resume,
            progress=progress,
            tensorboard=options["tensorboard"],
        )
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


def _import_tensorflow_keras() -> None:
    """Raise UsageError where Keras is told to run on a backend that could not export in the same process."""
    import os

    from edgekit.foundation.errors import UsageError
    from edgekit.foundation.keras_setup import BACKENDS, import_keras

    wanted = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if wanted in BACKENDS and wanted != "tensorflow":
        raise UsageError(
            f"edgekit run trains and exports in one process, and exports need TensorFlow, but KERAS_BACKEND is "
            f"'{wanted}'. Unset it, or use two commands: edgekit train --backend {wanted} && edgekit export"
        )
    import_keras("edgekit run")
