"""`edgekit inspect`: what is in one model file."""

from pathlib import Path

import click

from edgekit.cli.options import PATH, json_option, print_json


@click.command("inspect")
@click.argument("file", type=PATH)
@click.option("--weights", is_flag=True, help="Each kernel's zeros and distinct values, and the zipped size.")
@json_option
def command(file: Path, weights: bool, as_json: bool) -> None:
    """Show tensors, scales, operators, size and metadata of FILE, and whether it is really int8.

    FILE is a .tflite or .onnx model; it is read, not run.
    """
    from edgekit.inspection import inspect_file

    info = inspect_file(file)
    if weights:
        from edgekit.inspection.kernels import inspect_kernels

        kernels = inspect_kernels(file)
    if as_json:
        print_json(info.to_dict() | ({"weights": kernels.to_dict()} if weights else {}))
        return
    from edgekit.rendering.terminal.model_info import print_model_info

    print_model_info(info)
    if weights:
        from edgekit.rendering.terminal.kernels_table import print_kernels

        print_kernels(kernels)
