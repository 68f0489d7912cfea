"""One line a candidate that fits, whatever the terminal: a number is never cut."""

import io
import json
from dataclasses import replace

import pytest
from support.helpers import ROOT
from support.reports.hard_report import hard_report

from edgekit.rendering.terminal.candidate_table import PARTS, print_candidates
from edgekit.rendering.terminal.tables import make_console, shortened_names
from edgekit.verification.verdict.report import VerificationReport

NUM_DRIFTING = 30


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> VerificationReport:
    """Many candidates, told apart by long file names alone; one with an escape sequence in its name."""
    made, _ = hard_report(tmp_path_factory.mktemp("many"), num_drifting=NUM_DRIFTING)
    rows = [replace(row, artifact=f"tflite/{'a_very_long_folder_name/' * 4}{row.artifact}") for row in made.candidates]
    rows[-1] = replace(rows[-1], artifact="\x1b[31mred\n.onnx")
    return replace(made, candidates=tuple(rows))


def lines_of(report: VerificationReport, width: int, *, by_runtime: bool = True) -> list[str]:
    file = io.StringIO()
    console = make_console(file=file, force_terminal=False)
    console.width = width
    print_candidates(report, "Title", console, by_runtime=by_runtime)
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100])
def test_one_line_each_and_every_number_whole(report: VerificationReport, width: int) -> None:
    lines = lines_of(report, width)
    assert max(map(len, lines)) <= width
    drifting = [line for line in lines if " drift " in line]
    assert len(drifting) == NUM_DRIFTING
    measured = next(row.measurement for row in report.candidates if row.verdict == "drift")
    for line in drifting:
        assert f" {100 * measured.accuracy:.2f} " in line
        assert f" {100 * measured.accuracy_delta:+.2f} " in line
        assert f" {100 * measured.agreement:.2f} " in line
    assert len({line.split()[0] for line in drifting}) == NUM_DRIFTING
    assert not any("\x1b" in line for line in lines)


def test_columns_go_where_there_is_no_room(report: VerificationReport) -> None:
    heads = {width: " ".join(lines_of(report, width)[2:5]) for width in (80, 100, 200)}
    assert "img/s" not in heads[80]
    assert "img/s" in heads[100]
    assert "class" not in heads[100]
    assert "class" in heads[200]


def test_columns_that_are_gone_are_named(report: VerificationReport) -> None:
    said = {
        width: " ".join(" ".join(lines_of(report, width)).split()).partition("no room here for ")[2]
        for width in (80, 100, 200)
    }
    assert said[80].startswith("class, 95 % interval, img/s, kB, flips and worst F1: --json has it all.")
    assert said[100].startswith("class and 95 % interval: --json has it all.")
    assert said[200] == ""


def test_rows_of_a_part_show_how_many_images_and_the_interval_of_the_change(report: VerificationReport) -> None:
    first = next(row for row in report.candidates if row.measurement)
    part = replace(first.measurement, num_images=58, accuracy_delta_interval=(-0.0213, 0.0125))
    rows = tuple(replace(row, measurement=part) if row is first else row for row in report.candidates)
    lines = lines_of(replace(report, candidates=rows), 200)
    text = " ".join(" ".join(lines).split())
    assert "-2.13..+1.25" in text
    assert "/58 " in text
    assert PARTS in text
    complete = [each for each in rows if each.measurement and each.measurement.num_images == report.dataset.num_images]
    assert complete
    whole = " ".join(lines_of(replace(report, candidates=tuple(complete)), 200))
    assert "interval" not in whole
    assert PARTS not in whole


def test_one_row_per_file_shows_its_worst_runtime() -> None:
    """resnet8: 9 files in 23 rows."""
    stored = json.loads((ROOT / "exported" / "resnet8" / "verification.json").read_text())
    report = VerificationReport.from_dict(stored)
    lines = lines_of(report, 100, by_runtime=False)
    rows = [line.split() for line in lines if " pass " in line]
    assert len(rows) == 9
    assert rows[0][:6] == ["int8", "onnxruntime-unoptimized", "+1", "pass", "86.89", "+0.02"]
    assert rows[1][:6] == ["int8", "litert-xnnpack", "+2", "pass", "86.90", "+0.03"]
    assert "One row per file, in its worst runtime; +2: 2 more runtimes, none worse. --by-runtime shows each." in lines
    whole = [line.split() for line in lines_of(report, 100) if " pass " in line]
    assert len(whole) == 23
    assert not any("+2" in row for row in whole)


def test_on_a_very_narrow_terminal_nothing_is_cut(report: VerificationReport) -> None:
    lines = lines_of(report, 40)
    delta = next(row.measurement.accuracy_delta for row in report.candidates if row.verdict == "drift")
    assert sum(f"{100 * delta:+.2f}" in line for line in lines) == NUM_DRIFTING


def test_no_candidate_is_an_empty_table(report: VerificationReport) -> None:
    assert "runtime" in " ".join(lines_of(replace(report, candidates=()), 80))


def test_names_are_shortened_so_that_they_differ() -> None:
    assert shortened_names(["short", "folder/model-int8.tflite"], 12) == ["short", "…int8.tflite"]
    assert shortened_names(["a/long/model.tflite", "b/long/model.tflite"], 11) == ["a/lon…flite", "b/lon…flite"]
