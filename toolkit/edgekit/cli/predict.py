"""`edgekit predict`: classify your own pictures with exported files."""

from typing import Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import (
    PATH,
    WholeNumber,
    json_option,
    make_progress,
    others_to_stderr,
    print_json,
    rule_options,
)
from edgekit.cli.precisions import LIST, chosen_precisions, precision_options
from edgekit.cli.values import Named, Names


@click.command("predict", cls=GroupedCommand)
@click.argument("target", metavar="FILE|RUN", type=Named("run"))
@click.argument("images", metavar="PICTURE...", nargs=-1, required=True, type=click.Path())
@click.option("--runtime", "-r", "runtimes", **LIST, type=Names("runtime"), help="Only these runtimes.")
@precision_options("Which files of a run; or the switches below. [default: all]")
@click.option(
    "--format", "-f", "formats", multiple=True, type=Names("format"), metavar="tflite,onnx", help="Which formats."
)
@click.option("--labels", type=PATH, metavar="FILE", help="Class names of an external model: one per line.")
@click.option(
    "--input-range", metavar="RANGE", help="What an external model expects: 0..255, 0..1, -1..1, mean=…,std=…"
)
@click.option("--channel-order", metavar="rgb|bgr", help="The order of its channels. [default: rgb]")
@click.option("--output", metavar="probabilities|logits", help="Its scores. [default: found from the values]")
@rule_options
@click.option(
    "--top", "-k", type=WholeNumber(min=1), metavar="N", default=3, show_default=True, help="Classes per picture."
)
@json_option
def command(target: str, images: tuple[str, ...], top: int, as_json: bool, **chosen: Any) -> int:
    """Classify your own pictures with a model file, or with all files of a run side by side: label and score.

    PICTURE is an image file or a folder of them.

    \b
    edgekit predict exported/first/tflite/model-int8.tflite photo.jpg
    edgekit predict exported/first photo.jpg --int8 --float32 --top 5
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.predict import predict

    with others_to_stderr():
        report = predict(target, images, **chosen_precisions(chosen), progress=make_progress())
    if as_json:
        print_json(report.to_dict(top))
    else:
        from edgekit.rendering.predictions import print_predictions

        print_predictions(report, top=top)
    return report.exit_status
