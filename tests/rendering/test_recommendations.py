"""Which file is recommended for which target, from rows that are written by hand."""

import pytest

from edgekit.artifact import Format, Precision
from edgekit.foundation.errors import UnknownNameError
from edgekit.rendering.recommendations import recommendations
from edgekit.verification.verdict.report import (
    CandidateReport,
    DatasetSummary,
    Performance,
    ReferenceSummary,
    Verdict,
    VerificationReport,
)
from edgekit.verification.verdict.targets import Target


def row(name: str, runtime: str, verdict: Verdict, size: int, speed: float = 100.0) -> CandidateReport:
    precision = Precision(name.partition(".")[0])
    file_format = Format(name.rpartition(".")[2])
    is_int8 = file_format is Format.TFLITE and precision is Precision.INT8
    return CandidateReport(
        artifact=f"{file_format}/model-{name}",
        sha256="0" * 64,
        size_bytes=size,
        format=file_format,
        precision=precision,
        runtime=runtime,
        runtime_version="1",
        verdict=verdict,
        input_type="uint8" if is_int8 else None,
        output_type="uint8" if is_int8 else None,
        performance=Performance(
            seconds=1, images_per_second=speed, peak_rss_bytes=1, num_threads=1, batch_size=1, num_sessions=1
        ),
    )


def report(*rows: CandidateReport) -> VerificationReport:
    return VerificationReport(
        dataset=DatasetSummary(name="planted", split="test", num_images=100, sha256="0" * 64, class_names=("a", "b")),
        reference=ReferenceSummary(runtime="keras", accuracy=0.9, report=()),
        tolerance={},
        candidates=rows,
    )


def test_the_smallest_that_passes_and_on_a_server_the_fastest() -> None:
    found = report(
        row("float32.tflite", "litert-xnnpack", Verdict.PASS, 319_000),
        row("int8.tflite", "litert-xnnpack", Verdict.PASS, 97_000),
        row("int8.tflite", "litert-builtin", Verdict.PASS, 97_000),
        row("int8.onnx", "onnxruntime", Verdict.PASS, 103_000, speed=6965),
    )
    assert list(recommendations(found)) == [
        "Android, iOS, web, microcontroller: tflite/model-int8.tflite (97 kB, uint8 input and output)",
        "Server: onnx/model-int8.onnx (103 kB, 6,965 images/s here in onnxruntime)",
    ]
    assert len(list(recommendations(found, [Target.SERVER]))) == 1


@pytest.mark.parametrize(("size", "chosen"), [(97_000, "int8"), (102_000, "dynamic")])
def test_a_little_more_size_is_paid_for_speed(size: int, chosen: str) -> None:
    """97 kB is 1 % more than 96 kB, 102 kB is 6 % more."""
    found = report(
        row("dynamic.tflite", "litert-xnnpack", Verdict.PASS, 96_000, speed=5549),
        row("int8.tflite", "litert-xnnpack", Verdict.PASS, size, speed=9866),
    )
    best = found.best_for(Target.ANDROID)
    assert best is not None
    assert best.precision == chosen


def test_a_file_that_drifts_where_the_target_runs_it_is_not_recommended() -> None:
    found = report(
        row("float16.tflite", "litert-xnnpack", Verdict.PASS, 168_000),
        row("int8.tflite", "litert-xnnpack", Verdict.DRIFT, 97_000),
        row("int8.tflite", "litert-reference", Verdict.PASS, 97_000),
        row("int8.tflite", "litert-builtin", Verdict.DRIFT, 97_000),
    )
    best = found.best_for(Target.ANDROID)
    recommended = found.to_dict()["recommended"]
    assert best is not None
    assert recommended["android"] == {"artifact": best.artifact, "runtime": best.runtime, "verdict": str(best.verdict)}
    assert recommended["mcu"] is None
    assert best.artifact == "tflite/model-float16.tflite"
    assert found.best_for(Target.MCU) is None
    assert "Microcontroller: none of these files passes" in recommendations(found)
    only_float = report(row("float32.onnx", "onnxruntime", Verdict.PASS, 319_000))
    assert [line.partition(":")[0] for line in recommendations(only_float)] == ["Server"], "nobody asked for the others"
    assert "edgekit export --int8 --format tflite" in next(recommendations(only_float, [Target.MCU]))


def test_what_is_inconclusive_comes_after_what_passes_and_says_so() -> None:
    int8 = row("int8.tflite", "litert-xnnpack", Verdict.INCONCLUSIVE, 97_000)
    assert "inconclusive: too few test images" in next(recommendations(report(int8), [Target.WEB]))
    float32 = row("float32.tflite", "litert-xnnpack", Verdict.PASS, 319_000)
    best = report(int8, float32).best_for(Target.WEB)
    assert best is not None
    assert best.precision is Precision.FLOAT32


def test_targets_have_other_names_too() -> None:
    assert Target.parse("iPhone") is Target.IOS
    assert Target.parse("microcontroller") is Target.MCU
    with pytest.raises(UnknownNameError, match="Unknown target 'androd'"):
        Target.parse("androd")
