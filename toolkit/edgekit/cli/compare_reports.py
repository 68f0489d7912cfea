"""`edgekit compare-reports`: what changed between two verifications, for code review and CI."""

from typing import Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import PATH, json_option, print_json
from edgekit.cli.values import PERCENT


@click.command("compare-reports", cls=GroupedCommand)
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
@click.option(
    "--max-worsening",
    type=PERCENT,
    default=0.5,
    show_default=True,
    metavar="POINTS",
    help="Accept a fall of accuracy or agreement up to this.",
)
@click.option("--allow-reference-change", is_flag=True, help="Accept another reference; the change is still reported.")
@click.option("--allow-looser-limits", is_flag=True, help="Accept looser limits; the change is still reported.")
@json_option
def command(old: str, new: str, as_json: bool, **chosen: Any) -> int:
    """Show what changed from OLD to NEW, two verification.json files or run folders on the same data.

    Worse means: accuracy or agreement fell by more than the margin, a verdict got worse, a compared candidate is
    gone, or a new one drifts or fails. So are another reference, looser limits, and a file that was exported again
    since it was verified. Size and speed are shown, not judged.

    \b
    Exit status: 0 not worse, 3 worse, 1 an error.

    \b
    edgekit compare-reports main/verification.json exported/first/verification.json
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.comparisons import compare_reports

    changes = compare_reports(old, new, **chosen)
    if as_json:
        print_json(changes.to_dict())
    else:
        from edgekit.rendering.terminal.changes_table import print_changes

        print_changes(changes)
    return changes.exit_status
