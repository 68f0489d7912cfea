"""`edgekit tune`: the smallest file within a budget of drift."""

from typing import Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import (
    calibration_option,
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
from edgekit.cli.precisions import LIST
from edgekit.cli.values import PERCENT, Names


@click.command("tune", cls=GroupedCommand)
@one_argument("run", "[RUN]")
@click.option(
    "--max-accuracy-drop",
    type=PERCENT,
    default=0.5,
    show_default=True,
    metavar="POINTS",
    help="Accept a loss of accuracy up to this.",
)
@click.option(
    "--max-flips",
    type=PERCENT,
    default="2%",
    show_default=True,
    metavar="PERCENT",
    help="Accept this share of predictions that differ from the float model's.",
)
@click.option(
    "--format",
    "-f",
    "formats",
    multiple=True,
    type=Names("format"),
    default=["tflite"],
    metavar="tflite,onnx",
    help="What to try. [default: tflite]",
)
@click.option(
    "--runtime", "-r", "runtimes", **LIST, type=Names("runtime"), help="Runtimes to measure in; one per format."
)
@data_option(None, "The data set of the run, as NAME or NAME:PATH. [default: the run's]")
@calibration_option("Training images that calibrate.")
@seed_option("Chooses them.")
@click.option("--restart", is_flag=True, help="Discard the trials of an earlier search.")
@custom_objects_option
@skip_broken_option
@json_option
def command(as_json: bool, **chosen: Any) -> int:
    """Find the smallest file of RUN, by default the newest, that keeps to a budget of drift.

    Precisions, quantization schemes and calibration methods are tried on the validation images; if none is
    enough, int8 with the most sensitive layers kept in float. The winner is kept in the run and measured once
    on the test split. Every trial is a row in tuning/trials.jsonl; a search that was stopped continues from there.

    \b
    Exit status: 0 found, and within the budget on the test split; 3 not; 1 an error.

    \b
    edgekit tune --max-accuracy-drop 0.1 --max-flips 0.5%
    edgekit tune exported/first --format tflite,onnx
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.schemes import tune
    from edgekit.rendering.terminal.search_table import print_tuning

    with others_to_stderr():
        report = tune(**chosen, progress=make_progress())
    if as_json:
        print_json(report.to_dict())
    else:
        print_tuning(report)
    click.echo(f"Wrote {report.frontier_path}", err=True)
    return report.exit_status
