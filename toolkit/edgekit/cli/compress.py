"""`edgekit compress`: prune, cluster, or train a run's network for int8; makes a new run."""

from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import (
    PATH,
    WholeNumber,
    custom_objects_option,
    data_option,
    json_option,
    make_progress,
    one_argument,
    others_to_stderr,
    print_json,
    seed_option,
    skip_broken_option,
)
from edgekit.cli.values import PERCENT
from edgekit.foundation.grammar import for_shell

if TYPE_CHECKING:
    from edgekit.runs.folder import RunFolder

DATA_HELP = "What the run was trained on, as NAME or NAME:PATH. [default: the run's]"


@click.command("compress", cls=GroupedCommand)
@one_argument("run", "[RUN]")
@click.option("--prune", type=PERCENT, metavar="SPARSITY", help="Make this share of the weights zero, such as 0.5.")
@click.option("--cluster", type=int, metavar="N", help="Share weights: N distinct values per layer, such as 16.")
@click.option("--qat", is_flag=True, help="Quantization-aware training: learn the ranges and weights of int8.")
@click.option(
    "--epochs",
    "-e",
    type=WholeNumber(min=1),
    metavar="N",
    default=5,
    show_default=True,
    help="Epochs of each step: passes over the training images.",
)
@click.option(
    "--learning-rate",
    type=float,
    metavar="RATE",
    help="Adam's, at the start of each step. [default: 0.001 for --prune, 0.0001 for the others]",
)
@click.option(
    "--batch-size",
    "-b",
    type=WholeNumber(min=1),
    metavar="N",
    default=128,
    show_default=True,
    help="Images per step of the optimizer.",
)
@seed_option("Seed of image order, crops and dropout.")
@data_option(None, DATA_HELP)
@click.option(
    "--recipe",
    metavar="RECIPE",
    help="Whose augmentation the images get: a name, or a file. [default: the run's, if built in or installed]",
)
@click.option(
    "--out",
    "-o",
    type=PATH,
    metavar="DIR",
    help="The new run folder. [default: exported/RUN-WHAT, or -2, -3, … if taken]",
)
@click.option("--resume", is_flag=True, help="Continue a compression that was killed or interrupted.")
@custom_objects_option
@skip_broken_option
@json_option
def command(as_json: bool, **chosen: Any) -> None:
    """Prune, cluster or train for int8 the network of RUN, by default the newest; makes a new run.

    The steps follow each other, and each keeps the result of the steps before it: zeros stay zero, and shared weights
    stay shared. The new run is exported and verified like any other; its int8 files use the ranges that --qat has
    learned.

    \b
    edgekit compress exported/first --qat
    edgekit compress exported/first --prune 0.5 --cluster 16 --qat --epochs 10
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.compress import compress

    with others_to_stderr():
        run = compress(**chosen, progress=make_progress())
    _show(run, as_json)


def _show(run: "RunFolder", as_json: bool) -> None:
    from edgekit.metrics.classification import classification_report
    from edgekit.rendering.terminal.compression import print_compression

    reference = run.reference()
    report = classification_report(reference.scores, reference.labels, reference.class_names)
    if as_json:
        manifest = {
            key: run.manifest.get(key) for key in ("compression", "epochs", "seconds", "num_parameters", "dataset")
        }
        print_json({"run": str(run.path), **manifest, "report": report.to_dict()})
        return
    print_compression(run.manifest.get("compression", {}), report)
    click.echo(f"Run: {run.path}  (next: edgekit export {for_shell(run.path)} --int8)")
