"""`edgekit new`: a project folder to start from."""

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import json_option, one_argument, print_json


@click.command("new", cls=GroupedCommand)
@one_argument("name", "NAME", kind="", required=True)
@json_option
def command(name: str, as_json: bool) -> None:
    """Write a project folder: a recipe to edit, a folder for your images, a Makefile, and a workflow that gates drift.

    Put images into NAME/data, one folder per class, and run make in NAME: it trains, exports, verifies and bundles.
    Nothing that is there is overwritten.

    \b
    edgekit new photos && cp -r ~/pictures/* photos/data/ && cd photos && make
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.new import new

    project = new(name)
    if as_json:
        print_json(project.to_dict())
        return
    click.echo(f"Project: {project.path}")
    for file in project.files:
        click.echo(f"  {file}")
    click.echo(f"Put images into {project.path / 'data'}, one folder per class, then: cd {project.path} && make")
