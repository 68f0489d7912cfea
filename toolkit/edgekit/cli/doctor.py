"""`edgekit doctor`: what is installed, what works and what does not."""

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import json_option, make_progress, others_to_stderr, print_json


@click.command("doctor", cls=GroupedCommand)
@json_option
def command(as_json: bool) -> int:
    """Show versions, processor features, runtimes, and what works here.

    Exit status: 0 if edgekit verify can work, else 1.

    \b
    edgekit doctor
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.lists import doctor

    with others_to_stderr():
        diagnosis = doctor(progress=make_progress())
    if as_json:
        print_json(diagnosis.to_dict())
    else:
        from edgekit.rendering.terminal.doctor import print_diagnosis

        print_diagnosis(diagnosis)
    return diagnosis.exit_status
