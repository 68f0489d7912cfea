"""`edgekit report`: a run as one HTML page."""

from pathlib import Path

import click

from edgekit.cli.options import PAGE, PATH, json_option, print_json


@click.command("report")
@click.argument("run_path", metavar="[RUN]", type=PATH, required=False)
@click.option("--out", type=PAGE, metavar="FILE", help="Where to write it. [default: run.html in the run folder]")
@json_option
def command(run_path: Path | None, out: Path | None, as_json: bool) -> None:
    """Write one HTML page of a run: how it learned, its classes, what it confuses, its mistakes, what verify found.

    The page needs no network and no other file. RUN is a run folder. [default: the newest one]
    """
    from edgekit.foundation.atomic_files import write_text
    from edgekit.rendering.pages.run.page import run_page
    from edgekit.runs.folder import RunFolder

    run = RunFolder.named(run_path)
    path = out or run.path / "run.html"
    write_text(path, run_page(run))
    if as_json:
        print_json({"run": str(run.path), "page": str(path)})
    else:
        click.echo(f"Page: {path}")
