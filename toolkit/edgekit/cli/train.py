"""`edgekit train`: train a recipe; makes a run folder."""

from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import WholeNumber, json_option, make_progress, one_argument, others_to_stderr, print_json
from edgekit.cli.training_options import training_options
from edgekit.cli.values import Names
from edgekit.foundation.grammar import for_shell

if TYPE_CHECKING:
    from edgekit.runs.folder import RunFolder


@click.command("train", cls=GroupedCommand)
@one_argument("recipe", "[RECIPE]", kind="recipe", default="resnet8")
@training_options
@click.option("--backend", metavar="NAME", help="tensorflow, jax or torch. [default: $KERAS_BACKEND, else tensorflow]")
@click.option("--mixed-precision", is_flag=True, help="Compute in half precision; weights and exports stay float32.")
@click.option(
    "--devices", metavar="all|N|cpu", help="Devices of this machine that share each batch. [default: one GPU]"
)
@click.option(
    "--workers",
    multiple=True,
    type=Names(""),
    metavar="HOST:PORT,…",
    help="Machines that train together. [default: those of $TF_CONFIG]",
)
@click.option(
    "--worker",
    type=WholeNumber(min=0),
    metavar="N",
    help="Index of this machine in --workers, from 0; machine 0 writes the run.",
)
@json_option
def command(as_json: bool, **chosen: Any) -> None:
    """Train a recipe and write a run folder: the model, its scores on the test images, report and figures.

    RECIPE is a name from `edgekit recipes`, or a file of your own: path/to/mine.py. [default: resnet8]

    \b
    edgekit train
    edgekit train resnet8 --data folder:photos --image-size 96 --epochs 20
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.train import train

    with others_to_stderr():
        run = train(**chosen, progress=make_progress())
    if run is None:
        click.echo("This worker is done; the run is written by worker 0.", err=True)
        return
    _show(run, as_json)


def _show(run: "RunFolder", as_json: bool) -> None:
    from edgekit.metrics.classification import classification_report
    from edgekit.metrics.weaknesses import weaknesses_of
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
    for sentence in weaknesses_of(report.confusion_cells, reference.class_names):
        click.echo(f"Warning: {sentence}")
    click.echo(f"Run: {run.path}  (next: edgekit export {for_shell(run.path)} --int8)")
