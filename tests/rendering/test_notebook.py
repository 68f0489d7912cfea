"""What a notebook shows of a result: well-formed tables with every column and row, and nothing of a name as markup."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.linear_run import make_run
from support.reports.hard_report import HARD_NAMES, MESSAGE, hard_report
from support.reports.layer_reports import report_of

import edgekit
from edgekit.rendering.notebook import PRINTERS, html_of
from edgekit.rendering.terminal.candidate_table import COLUMNS
from edgekit.verification.verdict.report import VerificationReport
from edgekit.verification.verdict.report_changes import compare_reports

KNOWN = {"table", "caption", "thead", "tbody", "tr", "th", "td", "p", "span", "br"}


class Reader(HTMLParser):
    """Checks that elements close in their order, and collects tables and paragraphs."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.cells: list[list[str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert {name for name, _ in attrs} <= {"style"}, attrs
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self.open):
            self.cells[-1][-1] += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    assert reader.seen <= KNOWN, reader.seen - KNOWN
    return reader


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> VerificationReport:
    return hard_report(tmp_path_factory.mktemp("artifacts"))[0]


def classes() -> Iterator[type]:
    """The results that a function returns and that say what the command prints as JSON."""
    for name in edgekit.__all__:
        value = getattr(edgekit, name)
        if isinstance(value, type) and hasattr(value, "_repr_html_"):
            yield value


def test_a_verification_is_one_table_with_all_columns_and_its_explanations(report: VerificationReport) -> None:
    reader = read(report._repr_html_())
    head, *rows = reader.cells
    assert head[1:] == [column.name.replace("\n", "") for column in COLUMNS]
    assert [row[2] for row in rows[: len(report.candidates)]] == [one.verdict.value for one in report.worst_first]
    assert "<script>" not in report._repr_html_()
    for name in (HARD_NAMES[0], MESSAGE):
        assert name in reader.text


def test_every_result_can_be_shown_and_each_printer_exists() -> None:
    names = {one.__name__ for one in classes()}
    assert names == {*PRINTERS, "RunReport"}
    for name in PRINTERS:
        assert callable(PRINTERS.load(name))
        assert "_repr_html_" not in vars(getattr(edgekit, name))


def test_changes_and_an_inspected_file_are_tables(report: VerificationReport) -> None:
    changes = compare_reports(report, report)
    reader = read(changes._repr_html_())
    assert len(reader.cells) == 1 + len(report.candidates)
    assert "got worse" in reader.text


def test_layers_keep_their_bars() -> None:
    reader = read(html_of(report_of("net/conv/Relu", "net/<b>bn/add")))
    assert "<b>" in reader.text
    assert "█" in reader.text
    assert reader.cells[1][1] == "CONV_2D"


def test_runs_and_an_inspected_file(tmp_path: Path) -> None:
    run = make_run(tmp_path / "made")
    assert read(edgekit.compare(run)._repr_html_()).cells[1][0] == str(run.path)
    file = run.path / "onnx" / "model-float32.onnx"
    rows = read(edgekit.inspect(file, weights=True)._repr_html_()).cells
    assert ["input", "images", "any x 32 x 32 x 3", "float32", "", ""] in rows
    assert next(row for row in rows if row[0] == "weights" and len(row) == 6)[1:3] == ["float32", "30,720"]
