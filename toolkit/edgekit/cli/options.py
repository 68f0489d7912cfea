"""Options and helpers that several commands share. Imports click and nothing heavier."""

import shlex
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from edgekit.foundation.progress import Progress


class WholeNumber(click.IntRange):
    """A whole number between limits; click's own type calls "many" no valid integer range."""

    name = "whole number"


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")

skip_broken_option = click.option("--skip-broken", is_flag=True, help="Leave broken images out, count them, and go on.")

reference_kernel_option = click.option(
    "--reference-kernel-images",
    type=WholeNumber(min=1),
    metavar="N",
    help="Images for LiteRT's reference kernels, which are hundreds of times slower. [default: 200]",
)

PATH = click.Path(path_type=Path)


class OutputFile(click.ParamType):  # type: ignore[type-arg] # only newer versions of click have one
    """A file to write to, which may be there already only if it is of the kind that is written.

    Args:
        kind: What is written, in words: "a page".
        start: The first bytes of every such file, in small letters.
    """

    name = "file"

    def __init__(self, kind: str, start: bytes) -> None:
        self._kind, self._start = kind, start

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; fails where it is a folder, or a file that holds something else and would be lost."""
        path = Path(value)
        if path.is_dir():
            self.fail(f"{path} is a folder. Expected the name of a file.", param, ctx)
        if path.is_file():
            with path.open("rb") as file:
                start = file.read(len(self._start))
            if start and start.lower() != self._start:
                self.fail(f"{path} holds something else than {self._kind}, which would be lost.", param, ctx)
        return path


PAGE = OutputFile("a page", b"<!doctype html")
PICTURE = OutputFile("a picture", b"\x89png")


class OptionWithPlugins(click.Option):
    """An option whose help also names what other packages bring.

    Args:
        names: Called when the help is written: name -> the package that brings it, with its version.
    """

    def __init__(self, *declarations: Any, names: Callable[[], dict[str, str]], **attributes: Any) -> None:
        super().__init__(*declarations, **attributes)
        self._names = names

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """As click does, with one sentence more where there are such names."""
        record = super().get_help_record(ctx)
        names = self._names()
        if record is None or not names:
            return record
        others = ", ".join(f"{name} ({origin})" for name, origin in names.items())
        return record[0], f"{record[1]} Of other packages: {others}."


def data_option(default: str | None, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--data NAME[:PATH]`, with its own default and help."""
    return click.option(
        "--data", "data", metavar="DATASET", default=default, show_default=default is not None, help=text
    )


def calibration_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--calibration-images N`, with its own help."""
    return click.option(
        "--calibration-images", type=WholeNumber(min=1), default=500, show_default=True, metavar="N", help=text
    )


def seed_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--seed N`, with its own help."""
    return click.option("--seed", type=WholeNumber(0, 2**32 - 1), metavar="N", default=0, show_default=True, help=text)


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
    from edgekit.rendering.terminal.progress import ConsoleProgress

    return ConsoleProgress()
