"""`edgekit train`: train a recipe; makes a run folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.options import WholeNumber, json_option, make_progress, others_to_stderr, print_json
from edgekit.cli.training_options import asked_training, training_options

if TYPE_CHECKING:
    from edgekit.runs.folder import RunFolder
    from edgekit.training.hardware import Hardware


@click.command("train")
@click.argument("recipe_name", metavar="[RECIPE]", default="resnet8")
@training_options
@click.option("--backend", metavar="NAME", help="tensorflow, jax or torch. [default: $KERAS_BACKEND, else tensorflow]")
@click.option("--mixed-precision", is_flag=True, help="Compute in half precision; weights and exports stay float32.")
@click.option(
    "--devices", metavar="all|N|cpu", help="Devices of this machine that share each batch. [default: one GPU]"
)
@click.option("--workers", metavar="HOST:PORT,…", help="Machines that train together. [default: those of $TF_CONFIG]")
@click.option(
    "--worker", type=WholeNumber(min=0), metavar="N", help="Which of them this one is, from 0; 0 writes the run."
)
@json_option
def command(recipe_name: str, data: str, out: Path | None, resume: bool, as_json: bool, **options: Any) -> None:
    """Train a recipe and write a run folder: the model, its scores on the test images, report and figures.

    RECIPE is a name from `edgekit recipes`, or a file of your own: path/to/mine.py. [default: resnet8]
    """
    from edgekit.foundation.keras_setup import import_keras
    from edgekit.recipe import name_of_recipe
    from edgekit.training.folders import choose_folder
    from edgekit.training.session import train

    name = name_of_recipe(recipe_name)
    out = out or choose_folder(name, resume=resume)
    hardware = _hardware(options)
    import_keras("edgekit train", options["backend"])
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
            hardware=hardware,
        )
    if run is None:
        click.echo(f"Worker {hardware.worker} is done; the run is written by worker 0.", err=True)
        return
    _show(run, as_json)


def _hardware(options: dict[str, Any]) -> "Hardware":
    """What the user chose; machines by --workers, or by TF_CONFIG as TensorFlow's users set it."""
    from edgekit.foundation.errors import UsageError
    from edgekit.training.hardware import Hardware, parse_devices, workers_of_environment

    if (options["workers"] is None) != (options["worker"] is None):
        raise UsageError("--workers and --worker belong together: all addresses, and which of them this machine is.")
    named = tuple((options["workers"] or "").split(",")), options["worker"] or 0
    workers, worker = named if options["workers"] is not None else workers_of_environment()
    return Hardware(
        devices=parse_devices(options["devices"]),
        mixed_precision=options["mixed_precision"],
        workers=workers,
        worker=worker,
    )


def _show(run: "RunFolder", as_json: bool) -> None:
    from edgekit.metrics.classification import classification_report
    from edgekit.rendering.classification import report_text

    reference = run.reference()
    report = classification_report(reference.scores, reference.labels, reference.class_names)
    if as_json:
        keys = ("recipe", "epochs", "saved_epoch", "seconds", "num_parameters", "dataset")
        manifest = {key: run.manifest.get(key) for key in keys}
        print_json({"run": str(run.path), **manifest, "report": report.to_dict()})
        return
    click.echo(report_text(report))
    saved, epochs = run.manifest.get("saved_epoch"), run.manifest["epochs"]
    if saved is not None and saved != epochs:
        click.echo(
            f"\nThe saved model is that of epoch {saved} of {epochs}, which a callback of the recipe went back to."
        )
    click.echo(f"\nAccuracy {report.accuracy:.4f} on {report.num_images:,} test images")
    click.echo(f"Run: {run.path}  (next: edgekit export {run.path} --int8)")
