"""Options and helpers that several commands share. Imports click and nothing heavier."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from edgekit.progress import Progress

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")

skip_broken_option = click.option("--skip-broken", is_flag=True, help="Leave broken images out, count them, and go on.")

PATH = click.Path(path_type=Path)


def data_option(default: str | None, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--data NAME[:PATH]`, with its own default and help."""
    return click.option(
        "--data", "data", metavar="DATASET", default=default, show_default=default is not None, help=text
    )


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    import json

    click.echo(json.dumps(document, indent=1, allow_nan=False))


def others_to_stderr() -> AbstractContextManager[object]:
    """What recipes and libraries print goes to stderr meanwhile: stdout is for results."""
    return redirect_stdout(sys.stderr)


def make_progress() -> "Progress":
    """A bar on a terminal, plain lines elsewhere; always on stderr."""
    from edgekit.rendering.progress import ConsoleProgress

    return ConsoleProgress()
