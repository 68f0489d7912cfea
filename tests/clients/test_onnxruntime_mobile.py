"""The static check against the operators and types of the package onnxruntime-mobile."""

from dataclasses import replace

import pytest
from support.helpers import ROOT

import edgekit
from edgekit.clients.onnxruntime_mobile import missing_in_mobile
from edgekit.inspection.info import ModelInfo, OperatorCount
from edgekit.inspection.model_file import inspect_file

ONNX = ROOT / "exported" / "resnet8" / "onnx"


def info_of(precision: str) -> ModelInfo:
    return inspect_file(ONNX / f"model-{precision}.onnx")


@pytest.mark.parametrize("precision", ["float32", "dynamic", "int8"])
def test_the_package_has_everything_of_our_files(precision: str) -> None:
    assert missing_in_mobile(info_of(precision)) == ""


def test_it_does_not_take_float16() -> None:
    assert missing_in_mobile(info_of("float16")) == "It does not take float16."


def test_operators_and_operator_sets_that_it_lacks_are_named() -> None:
    info = info_of("float32")
    others = (*info.operators, OperatorCount(name="Einsum", kind="builtin", count=1))
    newer = {**info.metadata, "opset": "com.microsoft 1, ai.onnx 21"}
    assert missing_in_mobile(replace(info, operators=others, metadata=newer)) == (
        "It has no kernel for Einsum. It takes operator sets 12 to 15; the file has 21."
    )


def test_the_matrix_says_that_nothing_was_run() -> None:
    report = edgekit.clients(
        [ONNX / "model-int8.onnx", ONNX / "model-float16.onnx"], clients="onnxruntime-mobile", images=1
    )
    covered, refused = (file.cells[0] for file in report.files)
    assert (covered.status.value, covered.agreement) == ("covered", None)
    assert refused.status.value == "refused"
    assert "onnxruntime-android" in refused.advice
    assert [file.runs_in for file in report.files] == [(), ()]
