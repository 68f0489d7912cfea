"""Real files, measured in real runtimes, with short measurements; no time is compared with a limit."""

import json
from pathlib import Path

import pytest
from support.helpers import ROOT

from edgekit.artifact import Format, Precision
from edgekit.cli import run_command
from edgekit.foundation.errors import ArtifactError, RunFolderError, UsageError
from edgekit.rendering.speed_table import print_speed, print_speed_comparison
from edgekit.rendering.terminal.tables import make_console
from edgekit.speed.job import BenchRequest, bench_request, compare_request
from edgekit.speed.report import load_speed_report

RUN = ROOT / "exported" / "resnet8"
INT8 = RUN / "tflite" / "model-int8.tflite"


@pytest.fixture(scope="module")
def measured() -> object:
    """Both int8 files of a run in the default runtime of their format, in two rounds."""
    return bench_request(
        BenchRequest(
            targets=(RUN,), precisions=(Precision.INT8,), runtimes=("litert-xnnpack", "onnxruntime"), rounds=3,
            seconds=0.02, threads=(2, 1),
        )
    )  # fmt: skip


def test_each_row_has_its_calls_and_rounds(measured) -> None:  # type: ignore[no-untyped-def]
    assert [(row.artifact, row.runtime) for row in measured.rows] == [
        ("tflite/model-int8.tflite", "litert-xnnpack"),
        ("onnx/model-int8.onnx", "onnxruntime"),
    ]
    for row in measured.rows:
        assert row.size_bytes == (RUN / row.artifact).stat().st_size
        assert [one.num_threads for one in row.latency] == [1, 2]
        assert row.batch_size == 1
        for one in row.latency:
            assert len(one.round_medians_ms) == 3
            assert one.num_calls >= 30, "ten calls a round at least"
            assert 0 < min(one.round_medians_ms) <= one.p50_ms <= one.p90_ms <= one.p99_ms
        assert row.images_per_second > 0
        assert "batch" in row.fastest_settings
        assert row.load_ms > 0
        assert row.first_ms > 0
        assert 2**24 < row.peak_rss_bytes < 2**31
        assert row.runtime_version
    assert measured.exit_status == 0


def test_a_report_is_stored_read_and_compared(measured, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "speed.json"
    path.write_text(json.dumps(measured.to_dict()))
    assert load_speed_report(path).to_dict() == measured.to_dict()
    compared = compare_request(path, path, BenchRequest(), max_slowdown=0)
    assert [change.latency.value for change in compared.changes if change.latency] == pytest.approx([1, 1])
    assert compared.exit_status == 0
    with (tmp_path / "out.txt").open("w+") as file:
        print_speed(measured, make_console(file=file))
        print_speed_comparison(compared, make_console(file=file))
        file.seek(0)
        text = " ".join(file.read().split())
    assert "litert-xnnpack 1 " in text
    assert "within noise" in text
    assert "No file is slower than the limit of 0 % allows." in text
    assert "These reports were measured at different times." in text


def test_two_files_are_measured_in_turn() -> None:
    request = BenchRequest(runtimes=("litert-xnnpack",), seconds=0.02, threads=(1,), measures_throughput=False)
    compared = compare_request(INT8, INT8, request, max_slowdown=1e6)
    assert compared.in_turn
    assert compared.exit_status == 0
    assert len(compared.changes) == 1
    assert compared.changes[0].new.images_per_second is None


def test_a_damaged_file_has_a_row_that_says_why_and_the_others_are_measured(tmp_path: Path) -> None:
    bad = tmp_path / "model-int8.tflite"
    bad.write_bytes(INT8.read_bytes()[:50_000])
    report = bench_request(
        BenchRequest(targets=(bad, INT8), runtimes=("litert-xnnpack",), rounds=1, seconds=0.01, threads=(1,),
                     measures_throughput=False)
    )  # fmt: skip
    assert report.exit_status == 1
    first, second = report.rows
    assert "LiteRT cannot load" in first.failure
    assert second.latency
    assert not second.failure


@pytest.mark.parametrize(
    ("request_of", "error", "words"),
    [
        ({"targets": (Path("missing.tflite"),)}, ArtifactError, "There is no file missing.tflite"),
        ({"targets": (RUN, INT8)}, UsageError, "received a folder and something else"),
        ({"targets": (INT8,), "formats": (Format.ONNX,)}, UsageError, "There is nothing to measure: 1 file"),
        ({"targets": (ROOT / "docs",)}, RunFolderError, "docs"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_runs(
    request_of: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        bench_request(BenchRequest(**request_of))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"rounds": 0}, {"seconds": 0.0}, {"seconds": float("nan")}, {"threads": (0,)}])
def test_numbers_out_of_range_are_rejected(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="Received"):
        BenchRequest(**wrong)  # type: ignore[arg-type]


def test_a_report_that_was_edited_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "speed.json"
    for text in ("", "[]", "{}", '{"rows": 1}', '{"version": 99}', "\x00"):
        path.write_text(text)
        with pytest.raises(RunFolderError, match=r"speed\.json .*Measure again: edgekit bench"):
            compare_request(path, path, BenchRequest(), max_slowdown=0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bench", "--compare", str(INT8)], "Expected two to compare, old and new. Received 1"),
        (["bench", "--compare", "a.json", str(INT8)], "Expected two reports of edgekit bench, or two runs or model"),
        (["bench", str(INT8), "--rounds", "0"], "--rounds"),
        (["bench", str(INT8), "--seconds", "-1"], "seconds above 0"),
        (["benchmark", str(INT8)], "To measure how fast files are: edgekit bench"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(arguments) == 2
    assert words in " ".join(capsys.readouterr().err.split())
