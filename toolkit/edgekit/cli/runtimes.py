"""`edgekit runtimes`: what executes artifacts here."""

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import json_option, others_to_stderr, print_json


@click.command("runtimes", cls=GroupedCommand)
@json_option
def command(as_json: bool) -> None:
    """List the runtimes: what each reads, its version, and what is missing here.

    \b
    edgekit runtimes --json
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.lists import runtimes

    with others_to_stderr():
        found = runtimes()
    if as_json:
        print_json({"runtimes": [runtime.to_dict() for runtime in found]})
        return
    from edgekit.rendering.terminal.doctor import print_runtimes

    print_runtimes(found)
