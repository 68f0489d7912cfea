"""The table of `edgekit export`: names shorten, numbers and headings do not."""

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edgekit.artifact import Artifact, Format, Precision
from edgekit.exporting.checking.check import CheckResult
from edgekit.exporting.report import ExportedFile, ExportReport, FailedFile
from edgekit.exporting.tflite.float_islands import Island
from edgekit.rendering.terminal.export_table import print_export
from edgekit.rendering.terminal.tables import make_console

CHECK = CheckResult(
    num_images=32, num_decided=30, agreement=1.0, max_abs_score_difference=0.01234, runtime="litert-xnnpack"
)


def file(name: str, precision: Precision, size: int, islands: tuple[Island, ...] = ()) -> ExportedFile:
    path = Path("run") / name
    artifact = Artifact(path=path, format=Format.TFLITE, precision=precision, size_bytes=size, sha256="0")
    return ExportedFile(artifact=artifact, variant="", check=CHECK, islands=islands)


@pytest.fixture
def report() -> ExportReport:
    run: Any = SimpleNamespace(path=Path("run"))
    long = "tflite/model-ai-edge-float-head-percentile-99.9-mixed-abc123-int8.tflite"
    return ExportReport(
        run=run,
        files=(
            file("tflite/model-float32.tflite", Precision.FLOAT32, 400_000),
            file(long, Precision.INT8, 100_000),
        ),
        skipped=(),
        failed=(
            *(
                FailedFile(
                    file=f"onnx/model-{each}.onnx", precision=each, title=f"onnx {each}", reason="No such operator."
                )
                for each in (Precision.FLOAT32, Precision.FLOAT16)
            ),
        ),
    )


@pytest.mark.parametrize("width", [80, 100])
def test_long_names_shorten_and_headings_stay_whole(report: ExportReport, width: int) -> None:
    stream = io.StringIO()
    console = make_console(file=stream)
    console.width = width
    print_export(report, console)
    text = stream.getvalue()
    assert max(map(len, text.splitlines())) <= width
    for whole in ("largest score", "difference", "same top", "0.01234", "100% of 30", "precision", "float32"):
        assert whole in text
    assert "-int8.tflite" in text
    assert "…" in text
    assert "not made" in text
    assert "onnx float32, onnx float16: not made. No such operator." in text


def test_what_an_int8_file_computes_in_float_stands_under_its_precision(report: ExportReport) -> None:
    islands = [
        Island(operator=operator, output=f"{layer}/{operator}", layers=(layer,), kinds=(kind,))
        for kind, layer in (("LayerNormalization", "norm"), ("LayerNormalization", "norm_1"), ("softplus", "dense"))
        for operator in ("MEAN", "RSQRT", "RESHAPE")
    ]
    exported = file("tflite/model-int8.tflite", Precision.INT8, 100_000, tuple(islands))
    assert exported.precision_in_words == "int8 except LayerNormalization x 2, softplus"
    stream = io.StringIO()
    console = make_console(file=stream)
    console.width = 80
    print_export(replace(report, files=(exported,)), console)
    lines = [line.strip() for line in stream.getvalue().splitlines()]
    at = next(number for number, line in enumerate(lines) if "int8 except" in line)
    assert lines[at + 1 : at + 3] == ["LayerNormalization x 2", "softplus"]
    assert replace(report, files=(exported,)).to_dict()["files"][0]["except"] == "LayerNormalization x 2, softplus"
