import pytest

from edgekit.artifact import Format, Precision
from edgekit.exporting.formats import ExportOptions, OnnxOptions, TFLiteOptions
from edgekit.exporting.onnx.targets import OrtTarget
from edgekit.exporting.plan import make_plan
from edgekit.foundation.errors import UsageError
from edgekit.quantization.scheme import CalibrationMethod, Granularity, QuantizationScheme


def test_everything_where_nothing_is_asked_for() -> None:
    plan = make_plan(None, None)
    assert [f"{job.format}-{job.precision}" for job in plan.jobs] == [
        "tflite-float32",
        "tflite-float16",
        "tflite-dynamic",
        "tflite-int8",
        "tflite-int16x8",
        "onnx-float32",
        "onnx-float16",
        "onnx-dynamic",
        "onnx-int8",
    ]
    assert [line.split(":")[0] for line in plan.skipped] == ["onnx int16x8"]
    assert plan.needs_calibration


def test_what_one_format_lacks_is_left_out_where_another_has_it() -> None:
    plan = make_plan([Precision.INT16X8], None)
    assert [job.title for job in plan.jobs] == ["tflite int16x8"]
    assert len(plan.skipped) == 1
    assert not make_plan([Precision.FLOAT16], None).needs_calibration


def test_what_no_format_has_is_refused() -> None:
    with pytest.raises(UsageError, match=r"No onnx file of precision int16x8 .* onnx: float32, .*int8"):
        make_plan([Precision.INT8, Precision.INT16X8], [Format.ONNX])


def test_a_choice_makes_a_file_beside_the_default_where_it_changes_numbers() -> None:
    choices = [ExportOptions(), ExportOptions(output="logits", tflite=TFLiteOptions(io="float32", batch=4))]
    plan = make_plan([Precision.FLOAT32, Precision.INT8], [Format.TFLITE], choices)
    assert [job.title for job in plan.jobs] == [
        "tflite float32",
        "tflite logits float32",
        "tflite int8",
        "tflite logits int8",
    ]
    same = [ExportOptions(), ExportOptions(tflite=TFLiteOptions(io="float32", batch=4))]
    assert len(make_plan([Precision.INT8], [Format.TFLITE], same).jobs) == 1


def test_a_choice_that_changes_nothing_is_refused() -> None:
    per_tensor = ExportOptions(scheme=QuantizationScheme(granularity=Granularity.PER_TENSOR))
    with pytest.raises(UsageError, match=r"--per-tensor has no effect on the files that are exported: tflite float16"):
        make_plan([Precision.FLOAT16], [Format.TFLITE], [per_tensor])


@pytest.mark.parametrize("method", list(CalibrationMethod)[1:])
def test_every_format_has_every_method_and_layers_in_float(method: CalibrationMethod) -> None:
    chosen = ExportOptions(scheme=QuantizationScheme(calibration=method, float_layers=("dense",)))
    plan = make_plan([Precision.INT8], None, [chosen])
    assert [job.format for job in plan.jobs] == list(Format)


def test_what_a_quantizer_cannot_do_is_refused_before_the_work() -> None:
    float_head = ExportOptions(tflite=TFLiteOptions(float_head=True))
    with pytest.raises(UsageError, match="--float-head is not supported for tflite float-head int16x8"):
        make_plan([Precision.INT8, Precision.INT16X8], [Format.TFLITE], [float_head])
    by_ai_edge = ExportOptions(tflite=TFLiteOptions(float_head=True, quantizer="ai-edge"))
    assert len(make_plan([Precision.INT16X8], [Format.TFLITE], [by_ai_edge]).jobs) == 1


def test_both_quantizers_are_known_by_the_same_names() -> None:
    from edgekit.exporting.quantizers import BOTH_QUANTIZERS, DEFAULT_QUANTIZER
    from edgekit.exporting.tflite.quantizers import TFLITE_QUANTIZERS

    assert tuple(TFLITE_QUANTIZERS) == BOTH_QUANTIZERS
    assert BOTH_QUANTIZERS[0] == DEFAULT_QUANTIZER


def test_what_a_target_lacks_is_refused_before_the_work() -> None:
    old = ExportOptions(onnx=OnnxOptions(target=OrtTarget.parse("1.3")))
    with pytest.raises(UsageError, match=r"--ort-target 1\.3, which reads 12"):
        make_plan([Precision.INT8], None, [old])
    assert make_plan([Precision.FLOAT32], None, [old]).jobs


def test_choices_of_onnx_files_name_them() -> None:
    onnx = OnnxOptions(activations="int8", reduce_range=False, layout="nchw", target=OrtTarget.parse("1.9"))
    plan = make_plan([Precision.FLOAT32, Precision.INT8], [Format.ONNX], [ExportOptions(fold=False, onnx=onnx)])
    assert [job.title for job in plan.jobs] == [
        "onnx unfolded-nchw float32",
        "onnx unfolded-nchw-signed-full-range int8",
    ]
    with pytest.raises(UsageError, match="--full-range has no effect"):
        make_plan([Precision.INT8], [Format.TFLITE], [ExportOptions(onnx=OnnxOptions(reduce_range=False))])
