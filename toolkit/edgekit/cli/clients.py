"""`edgekit clients`: where a file runs, and what it does there."""

from typing import Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import WholeNumber, data_option, json_option, make_progress, others_to_stderr, print_json
from edgekit.cli.precisions import LIST
from edgekit.cli.values import Named, Names


@click.command("clients", cls=GroupedCommand)
@click.argument("targets", metavar="[RUN | FILE...]", nargs=-1, type=Named("run"))
@click.option("--client", "-c", "clients", **LIST, type=Names("client"), help="Only these. [default: all]")
@click.option(
    "--install",
    "install",
    **LIST,
    type=Names("client"),
    help="Make the pinned environment of a client in edgekit's cache; all: of every one.",
)
@data_option(None, "Where the images come from, as NAME or NAME:PATH. [default: the run's own data]")
@click.option("--images", type=WholeNumber(min=1), metavar="N", default=64, show_default=True, help="How many.")
@click.option("--timeout", type=float, metavar="SECONDS", default=120.0, show_default=True, help="Per cell.")
@json_option
def command(targets: tuple[str, ...], as_json: bool, **chosen: Any) -> int:
    """Run files in every installed client, and say where each runs, what it answers, and what stands in the way.

    Each client runs in its own process and its own environment. The matrix of a run is stored in its clients.json.

    \b
    edgekit clients exported/first
    edgekit clients --install mediapipe model-int8.tflite
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.comparisons import clients

    with others_to_stderr():
        report = clients(list(targets), **chosen, progress=make_progress())
    if as_json:
        print_json(report.to_dict())
    else:
        from edgekit.rendering.terminal.clients_table import print_clients

        print_clients(report)
    return report.exit_status
