"""What `train` and `run` let a user choose about a training."""

from collections.abc import Callable
from typing import Any

import click

from edgekit.cli.options import (
    PATH,
    WholeNumber,
    color_option,
    data_option,
    image_size_option,
    rule_options,
    skip_broken_option,
    test_data_option,
)
from edgekit.cli.values import PERCENT

_OPTIONS = (
    data_option("digits", "digits, cifar10, cifar10:PATH, folder:PATH, csv:FILE, hub:OWNER/NAME or npz:PATH."),
    test_data_option,
    click.option(
        "--epochs",
        "-e",
        type=WholeNumber(min=1),
        metavar="N",
        help="Passes over the training images. [default: the recipe's]",
    ),
    click.option(
        "--seed",
        type=WholeNumber(0, 2**32 - 1),
        metavar="N",
        help="Seed of all random choices. [default: the recipe's, 0]",
    ),
    click.option(
        "--batch-size", "-b", type=WholeNumber(min=1), metavar="N", help="Images per step. [default: the recipe's]"
    ),
    click.option(
        "--validation-fraction",
        type=PERCENT,
        metavar="PERCENT",
        help="Share of the training images held out for choosing, between 0 and 1. [default: the recipe's]",
    ),
    click.option(
        "--class-weights",
        metavar="balanced",
        help="Give every class the same weight in the loss, whatever its size. [default: every image counts the same]",
    ),
    image_size_option,
    rule_options,
    color_option,
    click.option(
        "--out",
        "-o",
        type=PATH,
        metavar="DIR",
        help="The run folder. [default: exported/RECIPE, or -2, -3, … if taken]",
    ),
    click.option(
        "--tensorboard", is_flag=True, help="Write the history for TensorBoard too, into logs/ of the run folder."
    ),
    skip_broken_option,
    click.option("--resume", is_flag=True, help="Continue a training that was killed or interrupted."),
)


def training_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """All of them, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
