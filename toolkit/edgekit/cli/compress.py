"""`edgekit compress`: prune, cluster, or train a run's network for int8; makes a new run."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.options import (
    PATH,
    WholeNumber,
    data_option,
    json_option,
    make_progress,
    others_to_stderr,
    print_json,
    skip_broken_option,
)

if TYPE_CHECKING:
    from edgekit.runs.folder import RunFolder

DATA_HELP = "What the run was trained on, as NAME or NAME:PATH. [default: as the run says]"


@click.command("compress")
@click.argument("target", required=False, metavar="[RUN]", type=PATH)
@click.option("--prune", "sparsity", type=float, metavar="SPARSITY", help="Make this share of the weights zero: 0.5.")
@click.option("--cluster", "num_clusters", type=int, metavar="N", help="Leave each layer N distinct weights: 16.")
@click.option("--qat", is_flag=True, help="Quantization-aware training: learn the ranges and weights of int8.")
@click.option(
    "--epochs",
    type=WholeNumber(min=1),
    metavar="N",
    help="Passes over the training images of each step. [default: 5]",
)
@click.option(
    "--learning-rate",
    type=float,
    metavar="RATE",
    help="Adam's, at the start of each step. [default: 0.001 for --prune, 0.0001 for the others]",
)
@click.option(
    "--batch-size", type=WholeNumber(min=1), metavar="N", help="Images a step of the optimizer. [default: 128]"
)
@click.option(
    "--seed",
    type=WholeNumber(0, 2**32 - 1),
    metavar="N",
    help="Of the order of images, crops, dropout. [default: 0]",
)
@data_option(None, DATA_HELP)
@click.option(
    "--recipe",
    metavar="RECIPE",
    help="Whose augmentation the images get: a name, or a file. [default: the run's, if built in]",
)
@click.option(
    "--out", type=PATH, metavar="DIR", help="The new run folder. [default: exported/RUN-WHAT, or -2, -3, … if taken]"
)
@click.option("--resume", is_flag=True, help="Go on with what was killed or interrupted.")
@skip_broken_option
@json_option
def command(target: Path | None, as_json: bool, **chosen: Any) -> None:
    """Prune, cluster or train for int8 the network of RUN, by default the newest; makes a new run.

    The steps follow each other, and each keeps what the ones before it have made: zeros stay zero, and the
    weights of a layer go on sharing their values. The new run is exported and verified like any other; its int8
    files use the ranges that --qat has learned.

    \b
    edgekit compress exported/first --qat
    edgekit compress exported/first --prune 0.5 --cluster 16 --qat --epochs 10
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.compression import CompressionSettings, CompressRequest, compress_request
    from edgekit.recipe import name_of_recipe

    names = ("sparsity", "num_clusters", "qat", "epochs", "learning_rate", "batch_size", "seed")
    settings = CompressionSettings(**{name: chosen[name] for name in names if chosen[name] is not None})
    if chosen["recipe"] is not None:
        name_of_recipe(chosen["recipe"])
    request = CompressRequest(
        settings=settings,
        target=target,
        **{name: chosen[name] for name in ("data", "recipe", "out", "resume", "skip_broken")},
    )
    with others_to_stderr():
        run = compress_request(request, progress=make_progress())
    _show(run, as_json)


def _show(run: "RunFolder", as_json: bool) -> None:
    from edgekit.metrics.classification import classification_report
    from edgekit.rendering.terminal.compression import print_compression

    reference = run.reference()
    report = classification_report(reference.scores, reference.labels, reference.class_names)
    if as_json:
        manifest = {key: run.manifest[key] for key in ("compression", "epochs", "seconds", "num_parameters", "dataset")}
        print_json({"run": str(run.path), **manifest, "report": report.to_dict()})
        return
    print_compression(run.manifest["compression"], report)
    click.echo(f"Run: {run.path}  (next: edgekit export {run.path} --int8)")
