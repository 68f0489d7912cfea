"""`edgekit bench`: how fast files are, and whether a new one is slower than an old one."""

from typing import Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import PATH, WholeNumber, json_option, make_progress, others_to_stderr, print_json
from edgekit.cli.precisions import LIST, chosen_precisions, precision_options
from edgekit.cli.values import PERCENT, Named, Names


@click.command("bench", cls=GroupedCommand)
@click.argument("targets", metavar="[RUN | FILE...]", nargs=-1, type=Named("run"))
@click.option("--compare", is_flag=True, help="Compare OLD with NEW: two runs, two model files or two reports.")
@click.option(
    "--max-slowdown",
    type=PERCENT,
    default=5.0,
    show_default=True,
    metavar="PERCENT",
    help="With --compare: accept so much more time.",
)
@click.option("--runtime", "-r", "runtimes", **LIST, type=Names("runtime"), help="Only these runtimes.")
@precision_options("Which files of a run; or the switches below. [default: all]")
@click.option(
    "--format", "-f", "formats", multiple=True, type=Names("format"), metavar="tflite,onnx", help="Which formats."
)
@click.option(
    "--threads",
    multiple=True,
    type=WholeNumber(min=1, max=1024),
    metavar="N",
    help="Threads for latency; repeat it for several. [default: 1 and all]",
)
@click.option(
    "--rounds", type=WholeNumber(min=1, max=1000), metavar="N", help="Processes that measure each file. [default: 3]"
)
@click.option("--seconds", type=float, metavar="S", help="Of one measurement. [default: 1]")
@click.option(
    "--throughput/--no-throughput",
    default=True,
    help="Also find the most images per second. [default: yes]",
)
@click.option("--out", "-o", type=PATH, metavar="FILE", help="Write the report as JSON, for a later --compare.")
@json_option
def command(as_json: bool, **chosen: Any) -> int:
    """Measure latency at batch 1, highest throughput, time to load, and memory of exported files.

    RUN is a run folder (default: the newest), FILE a .tflite or .onnx model. Each file is measured in processes of its
    own, on random pixels, while no other file runs. No accuracy is measured: see edgekit verify.

    \b
    With --compare OLD NEW: exit status 3 if a file is slower than --max-slowdown allows, beyond noise.

    \b
    edgekit bench exported/first --int8
    edgekit bench --compare exported/first exported/second --max-slowdown 5%
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.bench import bench

    with others_to_stderr():
        result = bench(chosen.pop("targets") or None, **chosen_precisions(chosen), progress=make_progress())
    if as_json:
        print_json(result.to_dict())
    else:
        from edgekit.rendering.speed_table import print_speed, print_speed_comparison
        from edgekit.speed.report import SpeedReport

        if isinstance(result, SpeedReport):
            print_speed(result)
        else:
            print_speed_comparison(result)
    return result.exit_status
