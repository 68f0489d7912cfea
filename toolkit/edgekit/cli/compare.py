"""`edgekit compare`: runs side by side."""

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import json_option, print_json
from edgekit.cli.values import Named
from edgekit.foundation.errors import UsageError


@click.command("compare", cls=GroupedCommand)
@click.argument("runs", metavar="[RUN]...", type=Named("run"), nargs=-1)
@click.option("--markdown", is_flag=True, help="Print a table for a README.")
@json_option
def command(runs: tuple[str, ...], markdown: bool, as_json: bool) -> None:
    """Compare runs: parameters, size, best epoch, validation and test accuracy, seconds.

    RUN is a run folder. [default: all under exported/] The highest validation accuracy comes first: choose by
    that, and look at the test images last. Runs with other test images are marked.

    \b
    edgekit compare
    edgekit compare exported/first exported/second --markdown
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.comparisons import compare
    from edgekit.rendering.terminal.runs_table import print_runs, runs_markdown

    if markdown and as_json:
        raise UsageError("Give either --markdown or --json, not both: each prints one document.")
    comparison = compare(runs or None)
    if as_json:
        print_json(comparison.to_dict())
    elif markdown:
        click.echo(runs_markdown(comparison))
    else:
        print_runs(comparison)
