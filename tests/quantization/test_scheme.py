from typing import Any

import pytest

from edgekit.artifact import Format, Precision
from edgekit.exporting.formats import ExportOptions, TFLiteOptions
from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.quantization.scheme import CalibrationMethod, Granularity, QuantizationScheme


def variant(precision: Precision, tflite: TFLiteOptions | None = None, **scheme: Any) -> str:
    options = ExportOptions(tflite=tflite or TFLiteOptions(), scheme=QuantizationScheme(**scheme))
    return options.variant(Format.TFLITE, precision)


def test_the_default_has_no_name_of_its_own() -> None:
    assert {variant(precision) for precision in Precision} == {""}
    assert variant(Precision.INT8, TFLiteOptions(io="float32", batch=None, allow_flex=True)) == ""


def test_only_what_changes_the_numbers_of_a_precision_is_in_its_name() -> None:
    per_tensor = {each: variant(each, granularity=Granularity.PER_TENSOR) for each in Precision}
    assert [each for each, name in per_tensor.items() if name] == ["dynamic", "int8", "int16x8"]
    by_mse = {each: variant(each, calibration=CalibrationMethod.MSE) for each in Precision}
    assert [each for each, name in by_mse.items() if name] == ["int8"]
    mixed = {each: variant(each, float_layers=("dense",)) for each in Precision}
    assert [each for each, name in mixed.items() if name] == ["int8", "int16x8"]


def test_what_counts_for_a_precision_is_what_the_manifest_says() -> None:
    scheme = QuantizationScheme(calibration=CalibrationMethod.MSE, float_layers=("dense",))
    assert scheme.of(Precision.INT8) == scheme
    assert scheme.of(Precision.INT16X8) == QuantizationScheme(float_layers=("dense",))
    assert scheme.of(Precision.DYNAMIC) == QuantizationScheme()


def test_each_set_of_float_layers_has_a_name() -> None:
    names = {variant(Precision.INT8, float_layers=layers) for layers in (("a",), ("b",), ("a", "b"), ("b", "a"))}
    assert len(names) == 3
    assert all(name.startswith("mixed-") for name in names)


def test_words_stand_together() -> None:
    ai_edge = TFLiteOptions(quantizer="ai-edge", float_head=True)
    by_percentile = {"calibration": CalibrationMethod.PERCENTILE, "percentile": 99.9}
    assert variant(Precision.INT8, ai_edge, **by_percentile) == "ai-edge-float-head-percentile-99.9"
    assert variant(Precision.DYNAMIC, ai_edge, **by_percentile) == "ai-edge"


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        ({"percentile": 99.0}, "is for calibration by percentile; it is by minmax"),
        ({"percentile": 50, "calibration": CalibrationMethod.PERCENTILE}, "above 50 and at most 100. Received 50"),
        ({"percentile": float("nan")}, "Received nan"),
        ({"float_layers": ("a", "a")}, "once each"),
    ],
)
def test_what_makes_no_sense_is_refused(scheme: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        QuantizationScheme(**scheme)


def test_unknown_names_suggest_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'percentile'"):
        CalibrationMethod.parse("percentil")
    with pytest.raises(UnknownNameError, match="Did you mean 'logits'"):
        ExportOptions(output="logit")
    with pytest.raises(UnknownNameError, match="Known: ai-edge, tensorflow"):
        TFLiteOptions(quantizer="mine")
