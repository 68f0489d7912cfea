"""What a search tries: every precision, and for int8 every scheme that a format's quantizers know. Makes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from edgekit.artifact import Format, Precision
from edgekit.exporting.formats import EXPORTERS, ExportOptions
from edgekit.exporting.options import OnnxOptions, TFLiteOptions
from edgekit.exporting.plan import Job, make_plan
from edgekit.foundation.errors import UsageError
from edgekit.quantization.scheme import CalibrationMethod, Granularity, QuantizationScheme

CHOICES: tuple[ExportOptions, ...] = (
    ExportOptions(),
    *(
        ExportOptions(scheme=QuantizationScheme(calibration=method))
        for method in CalibrationMethod
        if method is not CalibrationMethod.MINMAX
    ),
    ExportOptions(scheme=QuantizationScheme(granularity=Granularity.PER_TENSOR)),
    ExportOptions(tflite=TFLiteOptions(float_head=True)),
    ExportOptions(onnx=OnnxOptions(activations="int8")),
    *(
        ExportOptions(tflite=TFLiteOptions(quantizer="ai-edge"), scheme=QuantizationScheme(calibration=method))
        for method in CalibrationMethod
    ),
)
"""What is tried of each precision, if it makes a file of its own; what a format does not know is left out."""


def jobs_of(artifact_format: Format) -> list[Job]:
    """Every file of that format that a search tries before it mixes precisions, the smallest precisions first."""
    found = {job.title: job for precision in _by_size(artifact_format) for job in _jobs(artifact_format, precision)}
    return list(found.values())


def mixed(base: Job, layers: Sequence[str]) -> Job:
    """`base` with these Keras layers left in float."""
    scheme = replace(base.options.scheme, float_layers=tuple(layers))
    return replace(base, options=replace(base.options, scheme=scheme))


def can_mix(job: Job) -> bool:
    """Whether the exporter of its format can leave single layers in float."""
    try:
        make_plan([job.precision], [job.format], [mixed(job, ["any"]).options])
    except UsageError:
        return False
    return True


def _by_size(artifact_format: Format) -> list[Precision]:
    smallest_first = (Precision.INT8, Precision.DYNAMIC, Precision.INT16X8, Precision.FLOAT16, Precision.FLOAT32)
    possible = EXPORTERS.load(artifact_format.value).precisions
    return [precision for precision in smallest_first if precision in possible]


def _jobs(artifact_format: Format, precision: Precision) -> Iterator[Job]:
    for options in CHOICES:
        try:
            yield from make_plan([precision], [artifact_format], [options]).jobs
        except UsageError:  # this quantizer does not know that choice
            continue
