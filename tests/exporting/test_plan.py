import pytest

from edgekit.artifact import Format, Precision
from edgekit.errors import UsageError
from edgekit.exporting.plan import make_plan


def test_everything_where_nothing_is_asked_for() -> None:
    plan = make_plan(None, None)
    assert [f"{each}-{precision}" for each, precision in plan.jobs] == [
        "tflite-float32",
        "tflite-float16",
        "tflite-dynamic",
        "tflite-int8",
        "onnx-float32",
        "onnx-int8",
    ]
    assert [line.split(":")[0] for line in plan.skipped] == ["onnx float16", "onnx dynamic"]
    assert plan.needs_calibration


def test_what_one_format_lacks_is_left_out_where_another_has_it() -> None:
    plan = make_plan([Precision.FLOAT16], None)
    assert plan.jobs == ((Format.TFLITE, Precision.FLOAT16),)
    assert len(plan.skipped) == 1
    assert not plan.needs_calibration


def test_what_no_format_has_is_refused() -> None:
    with pytest.raises(UsageError, match=r"No onnx file of precision float16 .* onnx: float32, int8"):
        make_plan([Precision.INT8, Precision.FLOAT16], [Format.ONNX])
    with pytest.raises(UsageError, match="int16x8"):
        make_plan([Precision.INT16X8], None)
