"""`edgekit export`: .tflite and .onnx files in the precisions that you name."""

from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import (
    PATH,
    OptionWithPlugins,
    calibration_option,
    custom_objects_option,
    data_option,
    json_option,
    make_progress,
    one_argument,
    others_to_stderr,
    print_json,
    rule_options,
    seed_option,
    skip_broken_option,
    test_data_option,
)
from edgekit.cli.precisions import chosen_precisions, precision_options
from edgekit.cli.values import PERCENT, Names
from edgekit.foundation.grammar import for_shell

if TYPE_CHECKING:
    from edgekit.exporting.report import ExportReport

DATA_HELP = "The model's data set, as NAME or NAME:PATH; by default what the run was trained with."


def _quantizers_of_other_packages() -> dict[str, str]:
    from edgekit.exporting.quantizers import QUANTIZERS

    return QUANTIZERS.origins()


@click.command("export", cls=GroupedCommand)
@one_argument("target", "[RUN | MODEL.keras]")
@precision_options(
    "Which precisions: float32, float16, dynamic, int8, int16x8; or the switches below. [default: all]",
    everything="Every precision that is possible.",
)
@click.option(
    "--format",
    "-f",
    "formats",
    multiple=True,
    type=Names("format"),
    metavar="tflite,onnx",
    help="Only these formats. [default: all]",
)
@data_option(None, DATA_HELP)
@test_data_option
@click.option(
    "--input-range", metavar="RANGE", help="Pixel values that the model expects: 0..255, 0..1, -1..1, mean=…,std=…"
)
@click.option(
    "--io", default="uint8", show_default=True, metavar="uint8|int8|float32", help="Types of int8 .tflite files."
)
@click.option("--batch", default="1", show_default=True, metavar="N|dynamic", help="Batch of .tflite files.")
@click.option(
    "--output",
    default="probabilities",
    show_default=True,
    metavar="probabilities|logits",
    help="What the files return; logits: without the softmax.",
)
@click.option(
    "--quantizer",
    cls=OptionWithPlugins,
    names=_quantizers_of_other_packages,
    default="tensorflow",
    show_default=True,
    metavar="tensorflow|ai-edge|both",
    help="What quantizes .tflite files.",
)
@click.option("--float-head", is_flag=True, help="Keep the last layer of .tflite files in float.")
@click.option("--per-tensor", is_flag=True, help="Per-tensor weight scales, required by some NPUs and kernels.")
@click.option(
    "--calibration",
    default="minmax",
    show_default=True,
    metavar="minmax|percentile|mse|entropy",
    help="How ranges are found from calibration images.",
)
@click.option("--percentile", type=PERCENT, metavar="P", help="For --calibration percentile. [default: 99.99]")
@click.option(
    "--float-layers",
    multiple=True,
    type=Names(""),
    metavar="LAYER,…",
    help="Keras layers that int8 files keep in float.",
)
@click.option(
    "--strict-int8",
    is_flag=True,
    help="No int8 .tflite with a part in float (LayerNormalization, softplus): for microcontrollers and NPUs.",
)
@calibration_option("Training images for int8.")
@seed_option("Seed of the choice of calibration images.")
@click.option("--no-fold", is_flag=True, help="Do not fold batch normalization, even if folding is exact.")
@click.option(
    "--layout",
    default="nhwc",
    show_default=True,
    metavar="nhwc|nchw",
    help="Input of .onnx files: nchw is (N, 3, H, W).",
)
@click.option(
    "--ort-target",
    default=None,
    metavar="VERSION",
    help="Oldest ONNX Runtime that reads the .onnx files. [default: 1.16]",
)
@click.option(
    "--onnx-activations",
    default="uint8",
    show_default=True,
    metavar="uint8|int8",
    help="Type of activations in int8 .onnx files.",
)
@click.option(
    "--reduce-range/--full-range",
    default=True,
    show_default=True,
    help="int8 .onnx files: 7-bit weights, with the same results on every processor; or 8-bit, wrong on x86 without "
    "VNNI.",
)
@click.option("--allow-flex", is_flag=True, help="Keep TensorFlow operators that LiteRT lacks: a far bigger app.")
@click.option("--no-metadata", is_flag=True, help="Files without labels, normalization and descriptions inside.")
@click.option("--author", default="", metavar="TEXT", help="For the metadata: a person or an organization.")
@click.option("--license", default="", metavar="TEXT", help="For the metadata: a licence, or where it can be read.")
@click.option("--model-version", default="", metavar="TEXT", help="For the metadata: the version of the model.")
@click.option(
    "--out",
    "-o",
    type=PATH,
    metavar="DIR",
    help="For a MODEL.keras: the run folder to create. [default: exported/NAME]",
)
@click.option("--output-name", metavar="NAME", help="For a MODEL.keras of several outputs: the one with the scores.")
@click.option(
    "--positive-class", metavar="NAME", help="For a MODEL.keras that gives one score: the class it belongs to."
)
@click.option("--labels", type=PATH, metavar="FILE", help="For a MODEL.keras: its classes in its order, one per line.")
@custom_objects_option
@rule_options
@click.option(
    "--keep-doubtful",
    is_flag=True,
    help="Keep files that fail the check against Keras, as model-doubtful-…, for edgekit diagnose.",
)
@skip_broken_option
@click.option("--resume", is_flag=True, help="Export only files that are missing or would differ.")
@json_option
def command(as_json: bool, **chosen: Any) -> int:
    """Write .tflite and .onnx files of a run, by default the newest, or of any Keras model.

    Every file takes raw pixels. It is run on a few images and compared with Keras before it is kept. If you name
    precisions, exactly these are exported, and if one fails, none is written. Otherwise all that are possible
    are exported; the exit status is 1 if one is not. Large models (64 MiB) are exported in parts, and
    each file is kept once it has passed.

    \b
    edgekit export --int8
    edgekit export exported/first --all --format tflite
    edgekit export mine.keras --data folder:photos --input-range 0..1
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.export import export

    with others_to_stderr():
        report = export(**chosen_precisions(chosen), progress=make_progress())
    if as_json:
        print_json(report.to_dict())
    else:
        _show(report)
    return report.exit_status


def _show(report: "ExportReport") -> None:
    from edgekit.rendering.terminal.export_table import print_export

    print_export(report)
    click.echo(f"Files: {report.run.path}  (next: edgekit verify {for_shell(report.run.path)})")
