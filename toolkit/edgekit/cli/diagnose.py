"""`edgekit diagnose`: which layer of a quantized file causes drift."""

from typing import Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import (
    PATH,
    WholeNumber,
    data_option,
    json_option,
    make_progress,
    one_argument,
    others_to_stderr,
    print_json,
    rule_options,
)
from edgekit.cli.precisions import LIST, chosen_precisions, precision_options
from edgekit.cli.values import Names


@click.command("diagnose", cls=GroupedCommand)
@one_argument("target", "[RUN | FILE]")
@precision_options(
    "Which files of the run; or the switches below. [default: int8]",
    everything="All precisions but float32.",
    names=("float16", "dynamic", "int8", "int16x8"),
)
@click.option("--format", "-f", "formats", **LIST, type=Names("format"), help="Only tflite or onnx. [default: both]")
@click.option("--reference", type=PATH, metavar="FILE", help="The float file. [default: the run's float32]")
@data_option(
    None,
    "Data set whose training images are run (validation images if it has none), as NAME or NAME:PATH; by default what "
    "the model was trained with.",
)
@click.option("--images", type=int, metavar="N", default=64, show_default=True, help="How many images.")
@click.option("--seed", type=int, metavar="N", default=0, show_default=True, help="Seed of their choice.")
@click.option(
    "--input-range",
    metavar="RANGE",
    default="0..255",
    show_default=True,
    help="Pixel values that external models expect: 0..255, 0..1, -1..1, mean=…",
)
@click.option("--timeout", type=float, metavar="SECONDS", help="Stop a candidate after this time. [default: 600 + N]")
@click.option("--top", type=WholeNumber(min=1), metavar="N", default=10, show_default=True, help="Layers in the table.")
@click.option(
    "--figure",
    type=PATH,
    metavar="FILE.png",
    help="File for the picture. [default: in figures/ of the run]",
)
@rule_options
@json_option
def command(top: int, as_json: bool, **chosen: Any) -> None:
    """Compare every layer of a quantized file with the float model's, on training images.

    Each layer's own error is separated from the error it inherits: the float layer gets the input of the quantized one.

    \b
    edgekit diagnose
    edgekit diagnose exported/first --precision int8 --format tflite
    edgekit diagnose model-int8.onnx --reference model-float32.onnx --data folder:photos
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.diagnose import diagnose

    with others_to_stderr():
        found = diagnose(**chosen_precisions(chosen, "precision"), progress=make_progress())
    if as_json:
        print_json(found.to_dict())
        return
    from edgekit.rendering.terminal.layer_drift_table import print_layer_drift

    for report in found.reports:
        print_layer_drift(report, num_ranked=top)
    for path in found.figures:
        click.echo(f"Wrote {path}", err=True)
