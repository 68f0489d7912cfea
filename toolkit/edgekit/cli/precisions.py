"""One way to choose precisions, in every command: `--precision int8,float16`, and `--int8` for short."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from edgekit.cli.values import Names

SWITCHES = {
    "float32": "float32 weights and activations.",
    "float16": "float16 weights: half the size.",
    "dynamic": "int8 weights, float activations: a quarter of the size.",
    "int8": "int8 weights and activations: small, fast, for every device.",
    "int16x8": "int8 weights, int16 activations: if int8 loses too much accuracy.",
}
"""Precision -> what its switch says."""


def precision_options(
    text: str, *, everything: str | None = None, names: Sequence[str] = tuple(SWITCHES)
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--precision NAME,…`, a switch for each precision, and `--all`; see `chosen_precisions`.

    Args:
        text: The help of `--precision`.
        everything: The help of `--all`; None: there is no such switch.
        names: The precisions that the command takes.
    """
    options = [click.option("--precision", "-p", "precisions", **LIST, type=Names("precision"), help=text)]
    options += [click.option(f"--{name}", name, is_flag=True, help=SWITCHES[name]) for name in names]
    if everything is not None:
        options.append(click.option("--all", "-a", "everything", is_flag=True, help=everything))

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


LIST: dict[str, Any] = {"multiple": True, "metavar": "NAME,…"}
"""What makes an option of `Names` a list: commas and repetition, as a union."""


def chosen_precisions(chosen: dict[str, Any], parameter: str = "precisions") -> dict[str, Any]:
    """The arguments with the switches as one list `parameter`; left out if none is chosen."""
    switched = [name for name in SWITCHES if chosen.pop(name, False)]
    if chosen.pop("everything", False):
        switched.append("all")
    names = [*chosen.pop("precisions"), *switched]
    return {**chosen, parameter: names} if names else chosen
