"""`edgekit export`: .tflite and .onnx files in the precisions that are asked for."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.options import (
    PATH,
    OptionWithPlugins,
    calibration_option,
    data_option,
    json_option,
    make_progress,
    print_json,
    seed_option,
    skip_broken_option,
)

if TYPE_CHECKING:
    from edgekit.artifact import Format
    from edgekit.exporting.formats import ExportOptions, OnnxOptions
    from edgekit.exporting.report import ExportReport
    from edgekit.quantization.scheme import QuantizationScheme

PRECISIONS = ("float32", "float16", "dynamic", "int8", "int16x8")
DATA_HELP = "What the model is for, as NAME or NAME:PATH; by default what the run was trained with."


def _quantizers_of_other_packages() -> dict[str, str]:
    from edgekit.exporting.options import QUANTIZERS

    return QUANTIZERS.origins()


@click.command("export")
@click.argument("target", required=False, metavar="[RUN | MODEL.keras]", type=PATH)
@click.option("--float32", is_flag=True, help="float32 weights and activations.")
@click.option("--float16", is_flag=True, help="float16 weights: half the size.")
@click.option("--dynamic", is_flag=True, help="int8 weights, float activations: a quarter of the size.")
@click.option("--int8", is_flag=True, help="int8 weights and activations: small, fast, for every device.")
@click.option("--int16x8", is_flag=True, help="int8 weights, int16 activations: where int8 loses too much.")
@click.option("--all", "everything", is_flag=True, help="Every precision; the default where none is named.")
@click.option("--format", "formats", metavar="tflite,onnx", help="Only these formats. [default: all]")
@data_option(None, DATA_HELP)
@click.option("--input-range", metavar="RANGE", help="What the model wants: 0..255, 0..1, -1..1, mean=…,std=…")
@click.option(
    "--io", default="uint8", show_default=True, metavar="uint8|int8|float32", help="Types of int8 .tflite files."
)
@click.option("--batch", default="1", show_default=True, metavar="N|dynamic", help="Batch of .tflite files.")
@click.option(
    "--output",
    default="probabilities",
    show_default=True,
    metavar="probabilities|logits",
    help="What files give; logits: the softmax is left off.",
)
@click.option(
    "--quantizer",
    cls=OptionWithPlugins,
    names=_quantizers_of_other_packages,
    default="tensorflow",
    show_default=True,
    metavar="tensorflow|ai-edge|both",
    help="What makes integers of floats in .tflite files.",
)
@click.option("--float-head", is_flag=True, help="The last layer of .tflite files computes and answers in float.")
@click.option(
    "--per-tensor", is_flag=True, help="One scale a weight tensor, for kernels that cannot have one a channel."
)
@click.option(
    "--calibration",
    default="minmax",
    show_default=True,
    metavar="minmax|percentile|mse|entropy",
    help="How ranges are found from calibration images.",
)
@click.option("--percentile", type=float, metavar="P", help="For --calibration percentile. [default: 99.99]")
@click.option("--float-layers", metavar="LAYER,…", help="Keras layers that int8 files keep in float.")
@calibration_option("Training images for int8.")
@seed_option("Chooses the calibration images.")
@click.option("--no-fold", is_flag=True, help="Leave batch normalization where it is, even where folding is exact.")
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
    help="int8 .onnx files: 7-bit weights, the same answers on every processor; or 8-bit, wrong on x86 without VNNI.",
)
@click.option("--allow-flex", is_flag=True, help="Keep TensorFlow operators that LiteRT lacks: a far bigger app.")
@click.option(
    "--out", type=PATH, metavar="DIR", help="For a MODEL.keras: the run folder to make. [default: exported/NAME]"
)
@skip_broken_option
@json_option
def command(target: Path | None, as_json: bool, **chosen: Any) -> int:
    """Write .tflite and .onnx files of a run, by default the newest, or of any Keras model.

    Every file takes raw pixels, is run on a few images and compared with Keras before it is kept. Of precisions that
    are named, all are made or none; of all, those that can be, and the exit status is 1 where one cannot.

    \b
    edgekit export --int8
    edgekit export exported/first --all --format tflite
    edgekit export mine.keras --data folder:photos --input-range 0..1
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.artifact import Precision
    from edgekit.exporting.job import ExportRequest, export_request

    names = [name for name in PRECISIONS if chosen[name] and not chosen["everything"]]
    request = ExportRequest(
        target=target,
        precisions=[Precision.parse(name) for name in names],
        formats=parse_formats(chosen["formats"]),
        data=chosen["data"],
        options=_choices(chosen),
        calibration_images=chosen["calibration_images"],
        seed=chosen["seed"],
        out=chosen["out"],
        skip_broken=chosen["skip_broken"],
    )
    report = export_request(request, progress=make_progress())
    if as_json:
        print_json(report.to_dict())
    else:
        _show(report)
    return report.exit_status


def parse_formats(text: str | None) -> "list[Format]":
    """The formats of a list such as "tflite,onnx"; raises UnknownNameError."""
    from edgekit.artifact import Format
    from edgekit.foundation.errors import UnknownNameError

    names = [] if text is None else [name.strip() for name in text.split(",")]
    for name in names:
        if name not in list(Format):
            raise UnknownNameError("format", name, [each.value for each in Format])
    return [Format(name) for name in names]


def _choices(chosen: dict[str, Any]) -> "list[ExportOptions]":
    """One for each quantizer that is asked for."""
    from dataclasses import replace

    from edgekit.exporting.options import BOTH_QUANTIZERS

    options = _options(chosen)
    names = BOTH_QUANTIZERS if chosen["quantizer"] == "both" else (chosen["quantizer"],)
    return [replace(options, tflite=replace(options.tflite, quantizer=name)) for name in names]


def _options(chosen: dict[str, Any]) -> "ExportOptions":
    from edgekit.exporting.formats import ExportOptions, TFLiteOptions
    from edgekit.foundation.errors import UsageError
    from edgekit.input_range import InputRange

    batch = chosen["batch"]
    if batch != "dynamic" and not (batch.isdecimal() and len(batch) < 10):
        raise UsageError(f"--batch wants a whole number or 'dynamic'. Received '{batch}'.")
    return ExportOptions(
        input_range=None if chosen["input_range"] is None else InputRange.parse(chosen["input_range"]),
        output=chosen["output"],
        fold=not chosen["no_fold"],
        scheme=_scheme(chosen),
        tflite=TFLiteOptions(
            io=chosen["io"],
            batch=None if batch == "dynamic" else int(batch),
            allow_flex=chosen["allow_flex"],
            float_head=chosen["float_head"],
        ),
        onnx=_onnx_options(chosen),
    )


def _onnx_options(chosen: dict[str, Any]) -> "OnnxOptions":
    from edgekit.exporting.formats import OnnxOptions
    from edgekit.exporting.onnx.targets import OrtTarget

    target = chosen["ort_target"]
    return OnnxOptions(
        activations=chosen["onnx_activations"],
        reduce_range=chosen["reduce_range"],
        layout=chosen["layout"],
        target=OrtTarget() if target is None else OrtTarget.parse(target),
    )


def _scheme(chosen: dict[str, Any]) -> "QuantizationScheme":
    from edgekit.quantization.scheme import PERCENTILE, CalibrationMethod, Granularity, QuantizationScheme

    return QuantizationScheme(
        granularity=Granularity.PER_TENSOR if chosen["per_tensor"] else Granularity.PER_CHANNEL,
        calibration=CalibrationMethod.parse(chosen["calibration"]),
        percentile=PERCENTILE if chosen["percentile"] is None else chosen["percentile"],
        float_layers=tuple(name.strip() for name in (chosen["float_layers"] or "").split(",") if name.strip()),
    )


def _show(report: "ExportReport") -> None:
    from edgekit.rendering.terminal.export_table import print_export

    print_export(report)
    click.echo(f"Files: {report.run.path}  (next: edgekit verify {report.run.path})")
