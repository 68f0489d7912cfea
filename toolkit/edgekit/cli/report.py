"""`edgekit report`: one HTML page about the model of a run."""

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import PATH, json_option, one_argument, print_json


@click.command("report", cls=GroupedCommand)
@one_argument("run", "[RUN]")
@click.option(
    "--out", "-o", type=PATH, metavar="FILE", help="Where to write it. [default: model-report.html in the run folder]"
)
@json_option
def command(run: str | None, out: str | None, as_json: bool) -> None:
    """Write model-report.html: one page about a run's model, its learning curves, classes, mistakes and verification.

    The page needs no network and no other file. RUN is a run folder. [default: the newest one]

    \b
    edgekit report exported/first
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.pages import report

    page = report(run, out=out)
    if as_json:
        print_json(page.to_dict())
    else:
        click.echo(f"Page: {page.path}")
