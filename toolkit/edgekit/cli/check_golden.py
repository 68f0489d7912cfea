"""`edgekit check-golden`: the golden vectors of a bundle in the runtimes here."""

from typing import TYPE_CHECKING

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import json_option, make_progress, one_argument, others_to_stderr, print_json
from edgekit.cli.precisions import LIST
from edgekit.cli.values import Names

if TYPE_CHECKING:
    from edgekit.bundle.golden.checking import GoldenReport


@click.command("check-golden", cls=GroupedCommand)
@one_argument("bundle", "BUNDLE", kind="", required=True)
@click.option(
    "--runtime", "-r", "runtimes", **LIST, type=Names("runtime"), help="Only these runtimes. [default: all that work]"
)
@json_option
def command(bundle: str, runtimes: tuple[str, ...], as_json: bool) -> int:
    """Run the golden vectors of BUNDLE in every runtime here, and compare the outputs with those in the bundle.

    BUNDLE is the zip of edgekit bundle, or the folder that it was unpacked to. Model files are read in worker processes
    only.

    \b
    Exit status: 0 all within tolerance, 3 an output differs, 1 an error.

    \b
    edgekit check-golden first-bundle.zip
    edgekit check-golden first-bundle.zip --runtime litert-xnnpack
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.bundle import check_golden

    with others_to_stderr():
        report = check_golden(bundle, runtimes=runtimes, progress=make_progress())
    if as_json:
        print_json(report.to_dict())
    else:
        print_golden(report)
    return report.exit_status


def print_golden(report: "GoldenReport") -> None:
    """One row per file and runtime."""
    from edgekit.rendering.terminal.tables import Column, make_console, print_table

    columns = [Column(name=name, is_file=name == "file") for name in ("file", "runtime", "verdict", "images")]
    columns += [Column(name=name) for name in ("largest difference", "allowed")]
    cells = [
        [
            row.file,
            row.runtime,
            row.verdict.value,
            f"{row.num_images}",
            "-" if row.max_difference is None else f"{row.max_difference:.3g} {row.unit}",
            "-" if row.max_difference is None else f"{row.tolerance:.3g}",
        ]
        for row in report.rows
    ]
    print_table(None, columns, cells, console=make_console())
    for row in report.rows:
        if row.reason:
            click.echo(f"{row.file} in {row.runtime}: {row.reason}")
