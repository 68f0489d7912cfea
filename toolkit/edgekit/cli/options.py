"""Options and helpers that several commands share. Imports click and nothing heavier."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.values import Named

if TYPE_CHECKING:
    from edgekit.foundation.progress import Progress


class WholeNumber(click.IntRange):
    """A whole number between limits; click's own type calls "many" no valid integer range."""

    name = "whole number"


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")

skip_broken_option = click.option("--skip-broken", is_flag=True, help="Skip broken images and count them.")

image_size_option = click.option(
    "--image-size",
    metavar="SIZE",
    help="Height x width in pixels to which images are resized, as in 48x96, or one side of a square. "
    "[default: the recipe's]",
)

color_option = click.option(
    "--color", metavar="rgb|gray", help="Three channels or one. [default: that of the data set; RGB for files]"
)


def rule_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--resize`, `--antialias` and `--exif`: how image files become pixels."""
    options = (
        click.option(
            "--resize",
            metavar="squash|crop|pad|keras|keras-crop|keras-pad",
            help="How images get the size of the model; keras: as keras.utils.image_dataset_from_directory does. "
            "[default: squash, or as in the run]",
        ),
        click.option(
            "--antialias/--no-antialias",
            default=None,
            help="Average over all pixels that a new pixel covers. [default: on, or as in the run]",
        ),
        click.option(
            "--exif/--no-exif",
            default=None,
            help="Rotate images as their EXIF data say. [default: on, or as in the run]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


reference_kernel_option = click.option(
    "--reference-kernel-images",
    type=WholeNumber(min=1),
    metavar="N",
    help="Images for LiteRT's reference kernels, which are hundreds of times slower. [default: 10 s, 50 to 200 images]",
)

all_images_option = click.option(
    "--all-images",
    is_flag=True,
    help="Run all test images in runtimes that no app uses too (reference kernels, unoptimized); otherwise each of "
    "these rows takes 10 s and at least 50 images.",
)

by_runtime_option = click.option(
    "--by-runtime", is_flag=True, help="One line for each runtime of a file, not only for the worst."
)

PATH = click.Path()
"""Text, not a Path: that of empty text would be the current folder."""


TERMINAL_OPTIONS = frozenset({"as_json", "markdown", "by_runtime", "verbose", "top", "for_targets", "serve", "port"})
"""Parameters that say only how a result is printed or shown; no function of `edgekit.api` has them."""


def one_argument(
    name: str, metavar: str, *, kind: str = "run", required: bool = False, default: str | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A positional argument of which there is one; of several, the public function says that it takes one.

    Args:
        name: Of the parameter.
        metavar: How the help shows it.
        kind: What a shell completes, beside paths.
        required: Whether it must be given.
        default: What it is if it is not given.
    """

    def reduced(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> str | tuple[str, ...] | None:
        return values if len(values) > 1 else values[0] if values else default

    return click.argument(name, metavar=metavar, nargs=-1, required=required, type=Named(kind), callback=reduced)


class OptionWithPlugins(click.Option):
    """An option whose help also names what other packages bring.

    Args:
        names: Called when the help is written: name -> the package that brings it, with its version.
    """

    def __init__(self, *declarations: Any, names: Callable[[], dict[str, str]], **attributes: Any) -> None:
        super().__init__(*declarations, **attributes)
        self._names = names

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """As click does, with one sentence more if there are such names."""
        record = super().get_help_record(ctx)
        names = self._names()
        if record is None or not names:
            return record
        others = ", ".join(f"{name} ({origin})" for name, origin in names.items())
        return record[0], f"{record[1]} Of other packages: {others}."


custom_objects_option = click.option(
    "--custom-objects",
    type=PATH,
    metavar="FILE.py",
    help="Defines the model's own layers. edgekit executes this file; it never executes code that a model carries.",
)


def data_option(default: str | None, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--data NAME[:PATH]`, with its own default and help."""
    return click.option(
        "--data",
        "-d",
        "data",
        type=Named("data set"),
        metavar="DATASET",
        default=default,
        show_default=default is not None,
        help=text,
    )


test_data_option = click.option(
    "--test-data",
    type=Named("data set"),
    metavar="DATASET",
    help="Where the test images are, as NAME:PATH or a path. [default: in --data; 20 % of a flat folder]",
)


def calibration_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--calibration-images N`, with its own help."""
    return click.option(
        "--calibration-images",
        type=WholeNumber(min=1),
        metavar="N",
        help=f"{text} [default: 500, or one per class if there are more]",
    )


def seed_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--seed N`, with its own help."""
    return click.option("--seed", type=WholeNumber(0, 2**32 - 1), metavar="N", default=0, show_default=True, help=text)


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    import json

    text = json.dumps(document, indent=1, allow_nan=False)
    click.echo(text.replace("\x7f", "\\u007f"))  # the one control character that JSON lets stand


@contextmanager
def others_to_stderr() -> Iterator[None]:
    """What recipes, plug-ins and libraries print goes to stderr meanwhile: stdout is for results.

    Libraries in C write to the file descriptor, which Python's own redirection does not reach.
    """
    sys.stdout.flush()
    own_output = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(own_output, 1)
        os.close(own_output)


def make_progress() -> "Progress":
    """A bar on a terminal, plain lines elsewhere; always on stderr."""
    from edgekit.rendering.terminal.progress.console import ConsoleProgress

    return ConsoleProgress()
