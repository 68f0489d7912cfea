"""`edgekit inspect`: what is in one model file."""

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import json_option, one_argument, print_json


@click.command("inspect", cls=GroupedCommand)
@one_argument("file", "FILE", kind="", required=True)
@click.option("--weights", is_flag=True, help="Each kernel's zeros and distinct values, and the zipped size.")
@json_option
def command(file: str, weights: bool, as_json: bool) -> None:
    """Show tensors, scales, operators, size and metadata of FILE, and whether it is really int8.

    FILE is a .tflite or .onnx model; it is read, not run.

    \b
    edgekit inspect exported/first/tflite/model-int8.tflite
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.lists import inspect

    info = inspect(file, weights=weights)
    if as_json:
        print_json(info.to_dict())
        return
    from edgekit.rendering.terminal.model_info import print_model_info

    print_model_info(info)
