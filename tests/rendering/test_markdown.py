"""verification.md as GitHub reads it: every table whole, and names are names."""

from dataclasses import replace
from html import unescape
from pathlib import Path

from markdown_it import MarkdownIt
from support.reports.hard_report import HARD_NAMES, MESSAGE, hard_report

from edgekit.rendering.markdown import verification_markdown

NAMES = (*HARD_NAMES, "*star*", "`tick`", "~~gone~~", "[l](http://e.x)", "&amp;", "$x$", "_low_", "a_b_c", "\\|")


def cells_of(html: str) -> list[str]:
    return [unescape(cell.partition("</td>")[0].partition(">")[2]) for cell in html.split("<td")[1:]]


def test_what_is_read_is_what_was_named(tmp_path: Path) -> None:
    report, _ = hard_report(tmp_path, NAMES)
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(verification_markdown(report, "_run_ #1"))
    for markup in ("<script", "<em>", "<code>star", "<s>", "<a ", "<img", "<b>", "<h3"):
        assert markup not in html, markup
    cells = cells_of(html)
    for name in NAMES:
        assert name.replace("\n", " ") in cells, name
    assert "<h1>_run_ #1</h1>" in html.replace("Verification of ", "")
    assert MESSAGE in unescape(html)
    assert html.count("<table>") == 4


def test_numbers_stand_to_the_right_and_no_loss_names_no_class(tmp_path: Path) -> None:
    report, _ = hard_report(tmp_path)
    text = verification_markdown(report, "run")
    first = text.partition("| artifact |")[2].splitlines()
    assert first[1] == "|---|---|---|" + "---:|" * 11
    passing = next(line for line in first if "| pass |" in line and "float32" in line)
    assert "| +0.00 |" in passing


def test_what_must_be_known_of_the_reference_is_above_the_table(tmp_path: Path) -> None:
    report, _ = hard_report(tmp_path)
    known = replace(report.reference, precision="int8", remarks=("It is *int8*.",))
    text = verification_markdown(replace(report, reference=known), "run")
    assert "\n> It is \\*int8\\*.\n" in text.partition("| artifact |")[0]
    assert "Compared with the int8 reference in keras" in text
