"""Names of targets, and which rows speak for them."""

import pytest

from edgekit.artifact import Format, Precision
from edgekit.foundation.errors import UnknownNameError
from edgekit.verification.verdict.targets import Target


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("android", Target.ANDROID),
        (" iPhone ", Target.IOS),
        ("iPad", Target.IOS),
        ("browser", Target.WEB),
        ("microcontroller", Target.MCU),
        ("tflm", Target.MCU),
        ("ESP32", Target.MCU),
        ("cloud", Target.SERVER),
        ("desktop", Target.SERVER),
    ],
)
def test_names_and_synonyms(name: str, target: Target) -> None:
    assert Target.parse(name) is target


def test_an_unknown_name_suggests_the_closest() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown target 'androit'\. Did you mean 'android'\?"):
        Target.parse("androit")


def test_words_and_what_is_wanted() -> None:
    assert [each.words for each in Target] == ["Android", "iOS", "web", "microcontroller", "server"]
    assert [each for each in Target if each.wants_speed] == [Target.SERVER]


@pytest.mark.parametrize(
    ("file_format", "precision", "runtime", "where"),
    [
        (Format.TFLITE, Precision.INT8, "litert-xnnpack", "android ios web server"),
        (Format.TFLITE, Precision.FLOAT32, "litert-xnnpack", "android ios web server"),
        (Format.TFLITE, Precision.INT8, "litert-builtin", "mcu"),
        (Format.TFLITE, Precision.INT8, "litert-reference", "mcu"),
        (Format.TFLITE, Precision.FLOAT32, "litert-reference", ""),
        (Format.TFLITE, None, "litert-builtin", ""),
        (Format.ONNX, Precision.INT8, "litert-builtin", ""),
        (Format.ONNX, Precision.INT8, "onnxruntime", "server"),
        (Format.ONNX, Precision.INT8, "onnxruntime-unoptimized", ""),
    ],
)
def test_what_speaks_for_a_target(file_format: Format, precision: Precision | None, runtime: str, where: str) -> None:
    assert " ".join(each for each in Target if each.runs(file_format, precision, runtime)) == where
