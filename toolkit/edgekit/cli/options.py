"""Options and helpers that several commands share. Imports click and nothing heavier."""

import shlex
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


def typed_again(context: click.Context, *more: str) -> str:
    """The command of `context` as a line for a shell, with what was typed and no defaults, then `more` arguments."""
    words = ["edgekit", *(command.info_name or "" for command in _commands(context))]
    given = click.core.ParameterSource.COMMANDLINE
    for parameter in context.command.params:
        if parameter.name and context.get_parameter_source(parameter.name) is given:
            words += _typed(parameter, context.params[parameter.name])
    return shlex.join([*words, *more])


def _commands(context: click.Context) -> list[click.Context]:
    """The contexts from below the group of all commands down to this one."""
    above = [] if context.parent is None else _commands(context.parent)
    return [*above, context] if context.parent is not None else above


def _typed(parameter: click.Parameter, value: Any) -> list[str]:
    """One parameter as it was typed: positional, a switch, or an option with each of its values."""
    values = [str(one) for one in (value if isinstance(value, tuple) else (value,))]
    if isinstance(parameter, click.Argument):
        return values
    if isinstance(value, bool):
        return [parameter.opts[0] if value else parameter.secondary_opts[0]]
    return [word for one in values for word in (parameter.opts[0], one)]


def others_to_stderr() -> AbstractContextManager[object]:
    """What recipes and libraries print goes to stderr meanwhile: stdout is for results."""
    return redirect_stdout(sys.stderr)


def make_progress() -> "Progress":
    """A bar on a terminal, plain lines elsewhere; always on stderr."""
    from edgekit.rendering.progress import ConsoleProgress

    return ConsoleProgress()
