"""`edgekit.export`: .tflite and .onnx files in the precisions that you name."""

import os
from collections.abc import Sequence
from dataclasses import replace

from edgekit.api.arguments import (
    AnyPath,
    Names,
    Percent,
    as_data,
    as_path,
    one_registered,
    parsed_precisions,
    public,
    registered,
    run_or_file,
    shown_progress,
)
from edgekit.artifact import Format
from edgekit.datasets import Dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.exporting.description import Authorship
from edgekit.exporting.formats import EXPORTERS, ExportOptions, OnnxOptions, TFLiteOptions
from edgekit.exporting.job import export_request
from edgekit.exporting.onnx.targets import OrtTarget
from edgekit.exporting.quantizers import BOTH_QUANTIZERS, QUANTIZERS
from edgekit.exporting.report import ExportReport
from edgekit.exporting.request import ExportRequest
from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.foundation.progress import Progress
from edgekit.foundation.typed.names import names_of
from edgekit.foundation.typed.percent import parse_percent
from edgekit.foundation.typed.synonyms import meant
from edgekit.input_range import InputRange
from edgekit.quantization.scheme import PERCENTILE, CalibrationMethod, Granularity, QuantizationScheme

BOTH = "both"


@public
def export(
    target: AnyPath | None = None,
    *,
    precisions: Names = (),
    formats: Names | None = None,
    data: AnyPath | Dataset | None = None,
    test_data: AnyPath | None = None,
    input_range: str | None = None,
    io: str = "uint8",
    batch: int | str = 1,
    output: str = "probabilities",
    quantizer: str = "tensorflow",
    float_head: bool = False,
    per_tensor: bool = False,
    calibration: str = "minmax",
    percentile: Percent | None = None,
    float_layers: Names | None = None,
    strict_int8: bool = False,
    calibration_images: int | None = None,
    seed: int = 0,
    no_fold: bool = False,
    layout: str = "nhwc",
    ort_target: str | None = None,
    onnx_activations: str = "uint8",
    reduce_range: bool = True,
    allow_flex: bool = False,
    no_metadata: bool = False,
    author: str = "",
    license: str = "",  # noqa: A002 - the word that everybody looks for
    model_version: str = "",
    out: AnyPath | None = None,
    output_name: str | None = None,
    positive_class: str | None = None,
    labels: AnyPath | None = None,
    custom_objects: AnyPath | None = None,
    resize: str | None = None,
    antialias: bool | None = None,
    exif: bool | None = None,
    keep_doubtful: bool = False,
    skip_broken: bool = False,
    resume: bool = False,
    progress: Progress | bool | None = None,
) -> ExportReport:
    """Write .tflite and .onnx files of a run, or of any Keras model.

    Every file takes raw pixels, and is run on a few images and compared with Keras before it is kept. If you name
    precisions, all of them are written or none. A model of 64 MiB or more is exported in parts, in separate processes,
    and each file is kept as soon as it passes.

    Args:
        target: A run, or a `.keras` or `.h5` file; None: the newest run.
        precisions: "float32", "float16", "dynamic", "int8", "int16x8"; empty or "all": each that can be exported.
        formats: "tflite", "onnx"; None: both.
        data: The model's data set: "NAME", "NAME:PATH" or a loaded data set; None: what the run was trained with.
        test_data: Where the test images are, "NAME:PATH" or a path; None: in `data`.
        input_range: Pixel values that the model expects: "0..255", "0..1", "-1..1", "mean=…,std=…".
        io: Input and output type of int8 `.tflite` files: "uint8", "int8" or "float32".
        batch: Batch size of `.tflite` files, or "dynamic".
        output: "probabilities", or "logits" to omit the softmax.
        quantizer: What quantizes `.tflite` files: "tensorflow", "ai-edge" or "both".
        float_head: Keep the last layer of `.tflite` files in float.
        per_tensor: One scale per weight tensor instead of one per channel.
        calibration: How ranges are found: "minmax", "percentile", "mse" or "entropy".
        percentile: For `calibration="percentile"`; None: 99.99.
        float_layers: Keras layers that int8 files keep in float.
        strict_int8: No int8 `.tflite` with a part in float (LayerNormalization, softplus): for microcontrollers, NPUs.
        calibration_images: Training images that calibrate int8; None: 500, or one per class if there are more.
        seed: Seed of the choice of calibration images.
        no_fold: Do not fold batch normalization, even if folding is exact.
        layout: Input of `.onnx` files: "nhwc", or "nchw" for (N, 3, H, W).
        ort_target: The oldest ONNX Runtime that must read the `.onnx` files; None: 1.16.
        onnx_activations: Type of the activations of int8 `.onnx` files: "uint8" or "int8".
        reduce_range: 7-bit weights in int8 `.onnx` files, which give the same results on every processor; 8-bit
            weights give wrong results on x86 without VNNI.
        allow_flex: Keep TensorFlow operators that LiteRT lacks.
        no_metadata: Write no metadata into the files: no labels, no normalization, no tensor names.
        author: A person or an organization, for the metadata.
        license: The name of a licence, or where it can be read, for the metadata.
        model_version: The version of the model, for the metadata.
        out: For a Keras file, the run folder to create; None: `exported/<its name>`.
        output_name: For a Keras file of several outputs, the one with the scores; None: the only one that fits.
        positive_class: For a Keras file that gives one score for two classes, the class that it belongs to.
        labels: For a Keras file, a file of its classes in the order of its scores, one per line.
        custom_objects: A Python file that defines the model's own layers; it is executed.
        resize: How images get the size of the model: "squash", "crop", "pad", "keras", "keras-crop" or "keras-pad";
            None: as in the run, or "squash".
        antialias: Average over the pixels that one pixel covers; None: as in the run, or as the rule says.
        exif: Turn images as their EXIF data say; None: as in the run, or as the rule says.
        keep_doubtful: Keep files that fail the check against Keras, as model-doubtful-…, for `edgekit.diagnose`.
        skip_broken: Leave broken images out, and count them.
        resume: Make only the files that are missing in the run, or were made from another model or with other options.
        progress: True to show progress on stderr; silent by default.

    Returns:
        What was written, and why something was not; `exit_status` is 1 if a file could not be made.

    Raises:
        EdgekitError: Something is missing, changed, unknown, or cannot be exported.
    """
    scheme = QuantizationScheme(
        granularity=Granularity.PER_TENSOR if per_tensor else Granularity.PER_CHANNEL,
        calibration=CalibrationMethod.parse(calibration),
        percentile=PERCENTILE if percentile is None else parse_percent(percentile, "--percentile"),
        float_layers=tuple(filter(None, names_of(float_layers))),
    )
    onnx = OnnxOptions(
        activations=onnx_activations,
        reduce_range=reduce_range,
        layout=layout,
        target=OrtTarget() if ort_target is None else OrtTarget.parse(ort_target),
    )
    options = ExportOptions(
        input_range=None if input_range is None else InputRange.parse(input_range),
        output=output,
        fold=not no_fold,
        scheme=scheme,
        tflite=TFLiteOptions(
            io=io, batch=_batch(batch), allow_flex=allow_flex, float_head=float_head, strict_int8=strict_int8
        ),
        onnx=onnx,
        authorship=_authorship(no_metadata, author, license, model_version),
    )
    request = ExportRequest(
        target=run_or_file(target),
        precisions=parsed_precisions(precisions),
        formats=parsed_formats(formats),
        data=as_data(data),
        test_data=None if test_data is None else os.fspath(test_data),
        options=_of_each_quantizer(options, quantizer),
        calibration_images=calibration_images,
        seed=seed,
        out=as_path(out),
        image_rule=RuleChoice(resize=resize, antialias=antialias, exif=exif),
        keep_doubtful=keep_doubtful,
        skip_broken=skip_broken,
        resume=resume,
        output_name=output_name,
        positive_class=positive_class,
        labels=as_path(labels),
        custom_objects=as_path(custom_objects),
    )
    return export_request(request, progress=shown_progress(progress))


def parsed_formats(names: Names | None) -> list[Format]:
    """The formats of these names; raises UnknownNameError."""
    return [Format(name) for name in registered(EXPORTERS, names)]


def _authorship(no_metadata: bool, author: str, license_name: str, version: str) -> Authorship | None:
    """What a person says about the files; None if they say nothing. Raises UsageError if both are asked for."""
    authorship = Authorship(author=author, license=license_name, version=version)
    if not no_metadata:
        return authorship
    if authorship != Authorship():
        raise UsageError(
            "--no-metadata leaves out what --author, --license and --model-version say. Give one or the other."
        )
    return None


def _of_each_quantizer(options: ExportOptions, quantizer: str) -> Sequence[ExportOptions]:
    try:
        asked = BOTH if meant(QUANTIZERS.kind, quantizer) == BOTH else one_registered(QUANTIZERS, quantizer)
    except UnknownNameError as error:
        raise UnknownNameError("quantizer", quantizer, [*QUANTIZERS, BOTH]) from error
    names = BOTH_QUANTIZERS if asked == BOTH else (asked,)
    return [replace(options, tflite=replace(options.tflite, quantizer=name)) for name in names]


def _batch(batch: int | str) -> int | None:
    """A number, None for "dynamic"; raises UsageError."""
    if isinstance(batch, int) or batch == "dynamic":
        return batch if isinstance(batch, int) else None
    if not (batch.isdecimal() and len(batch) < 10):
        raise UsageError(f"--batch must be a whole number or 'dynamic'. Received '{batch}'.")
    return int(batch)
