"""The options of what goes into a bundle, for the commands that write one and that publish one."""

from collections.abc import Callable
from typing import Any

import click

from edgekit.cli.options import PATH, data_option, skip_broken_option, test_data_option
from edgekit.cli.precisions import precision_options
from edgekit.cli.values import Named


def bundle_options(verb: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options to a command.

    Args:
        verb: What the command does with files that are not verified, for the help: "Bundle".
    """
    options = (
        click.option(
            "--target",
            "--for",
            "target",
            metavar="android|ios|web|mcu|server",
            type=Named("target"),
            help="Only the files that run on this target. [default: all]",
        ),
        precision_options("Only these precisions; or the switches below."),
        data_option(None, "The run's data, for golden images. [default: where it was last used]"),
        test_data_option,
        skip_broken_option,
        click.option("--no-images", is_flag=True, help="No photographs: golden images are synthetic."),
        click.option(
            "--unverified",
            is_flag=True,
            help=f"{verb} files that were never verified, drift, or were exported again since; the model card says so.",
        ),
        click.option(
            "--sign", type=PATH, metavar="KEY", help="Sign the checksums with this private SSH key (ssh-keygen)."
        ),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add
