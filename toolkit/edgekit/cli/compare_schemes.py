"""`edgekit compare-schemes`: quantizers and schemes side by side, on validation images."""

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
from edgekit.cli.precisions import chosen_precisions, precision_options


@click.command("compare-schemes", cls=GroupedCommand)
@one_argument("run", "[RUN]")
@precision_options(
    "Which precisions: dynamic, int8, int16x8; or the switches below. [default: int8]",
    everything="All three.",
    names=("dynamic", "int8", "int16x8"),
)
@data_option(None, "What the run was trained on, as NAME or NAME:PATH.")
@calibration_option("Training images that calibrate each file.")
@seed_option("Chooses them.")
@click.option("--check-calibration", is_flag=True, help="Calibrate each file once more, with other images.")
@click.option(
    "--split",
    default="validation",
    show_default=True,
    metavar="validation|test",
    help="Images to compare on; test is for the last measurement.",
)
@custom_objects_option
@skip_broken_option
@json_option
def command(as_json: bool, **chosen: Any) -> None:
    """Make integer .tflite files of a run with every quantizer and scheme, compare them, and keep none.

    RUN is by default the newest run. Schemes: ranges by minmax, percentile, mean squared error and entropy; per-tensor
    scales; a float head.

    \b
    edgekit compare-schemes exported/first
    edgekit compare-schemes exported/first --dynamic --int8 --int16x8 --check-calibration
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.schemes import compare_schemes

    with others_to_stderr():
        comparison = compare_schemes(**chosen_precisions(chosen), progress=make_progress())
    if as_json:
        print_json(comparison.to_dict())
    else:
        from edgekit.rendering.terminal.schemes_table import print_schemes

        print_schemes(comparison)
