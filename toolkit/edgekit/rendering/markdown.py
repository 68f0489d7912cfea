"""A VerificationReport as verification.md: readable in a pull request. The numbers are those of verification.json."""

import re
from collections.abc import Iterable, Iterator, Sequence

from edgekit.foundation.files.printable import printable
from edgekit.rendering import resize_words
from edgekit.rendering.recommendations import recommendations
from edgekit.rendering.terminal.candidate_table import TIES, has_ties, num_flips
from edgekit.rendering.terminal.pairwise_table import matrix, notes
from edgekit.rendering.terminal.verification_table import headline
from edgekit.rendering.verification_text import Paragraph, explanations, passes_in_words, remarks, summary
from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.measuring.measurement import ClassResult, Measurement
from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport

MAX_CLASSES = 50
"""Rows of the table of classes."""

MARKUP = re.compile(r"[\\|<`*~\[$]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
"""What GitHub-flavoured Markdown would read as more than text."""

SIGNIFICANT = "(!)"
"""Stands at a class whose recall changed by more than chance."""

HEADINGS = (
    "artifact",
    "runtime",
    "verdict",
    "n",
    "accuracy",
    "delta, points (95 % interval)",
    "agreement",
    "flips",
    "McNemar p",
    "worst F1 delta, points",
    "calibration error",
    "largest score difference",
    "size, bytes",
    "images/s",
)


class _Marked(str):
    """Markdown already, not to be escaped."""

    __slots__ = ()


def verification_markdown(report: VerificationReport, name: str) -> str:
    """The whole report as GitHub-flavoured Markdown.

    Args:
        report: What to write down.
        name: What was verified: the run's name.
    """
    return "\n".join(_lines(report, name)) + "\n"


def _lines(report: VerificationReport, name: str) -> Iterator[str]:
    yield f"# Verification of {escaped(name)}"
    yield ""
    yield f"{escaped(headline(report))} (SHA-256 `{report.dataset.sha256[:16]}`)."
    yield ""
    if images := resize_words.images_in_words(report.dataset):
        yield from (f"Images: {escaped(images)}.", "")
    yield f"**{summary(report)}**"
    yield ""
    for remark in report.reference.remarks:
        yield from (f"> {escaped(remark)}", "")
    yield from _table(HEADINGS, map(_cells, report.worst_first), num_words=3)
    if has_ties(report.candidates):
        yield from ("", TIES)
    yield from ("", "## Which file to ship", "")
    yield from (f"- {escaped(line)}" for line in recommendations(report))
    yield from _section("Why not", explanations(report))
    yield from _section("Differences of files that pass", passes_in_words(report, verbose=True))
    yield from _section("Notes", remarks(report))
    yield from _pairwise(report)
    yield from _resizing(report)
    yield from ("", "## Tolerance", "")
    yield from _tolerance(report)
    yield from ("", "## F1 by class: change in points, the greatest loss first", "")
    yield from _classes(report)


def _section(heading: str, paragraphs: Iterable[Paragraph]) -> Iterator[str]:
    """A list below its heading; nothing if there is nothing to list."""
    for number, paragraph in enumerate(paragraphs):
        if number == 0:
            yield from ("", f"## {heading}", "")
        yield f"- {escaped(paragraph.text)}"
        yield from (f"  - {escaped(line)}" for line in paragraph.details)


def _cells(row: CandidateReport) -> list[str]:
    one, took = row.measurement, row.performance
    measured = ["-"] * 9
    if one:
        worst = one.worst_class
        measured = [
            f"{one.num_images:,}",
            f"{one.accuracy:.2%}",
            _accuracy_delta(one),
            f"{one.agreement:.2%}",
            num_flips(one),
            f"{one.mcnemar_p:.2g}",
            f"{100 * worst.f1_delta:+.2f}{f' ({worst.class_name})' if worst.f1_delta < 0 else ''}",
            _calibration_error(one),
            f"{one.max_abs_score_difference:.2g}",
        ]
    speed = f"{took.images_per_second:,.0f}" if took else "-"
    verdict = row.verdict.value if row.verdict is Verdict.PASS else _Marked(f"**{row.verdict.value}**")
    return [row.artifact, row.runtime, verdict, *measured, f"{row.size_bytes:,}", speed]


def _accuracy_delta(one: Measurement) -> str:
    delta = f"{100 * one.accuracy_delta:+.2f}"
    if one.accuracy_delta_interval is None:
        return delta
    low, high = one.accuracy_delta_interval
    return f"{delta} ({100 * low:+.2f} to {100 * high:+.2f})"


def _calibration_error(one: Measurement) -> str:
    """The candidate's, and its change from the reference's: "1.23 % (+0.10)"."""
    if one.expected_calibration_error is None or one.expected_calibration_error_delta is None:
        return "-"
    return f"{one.expected_calibration_error:.2%} ({100 * one.expected_calibration_error_delta:+.2f})"


def _pairwise(report: VerificationReport) -> Iterator[str]:
    """How often the candidates agree with each other; nothing if that was not asked for."""
    if report.pairwise is None:
        return
    headings, rows = matrix(report.pairwise)
    yield from ("", "## Agreement of the candidates with each other, %", "")
    yield from _table(["", *headings], rows)
    yield from ("", *(escaped(line) for line in notes(report.pairwise)))


def _resizing(report: VerificationReport) -> Iterator[str]:
    """What it costs if the app resizes differently; nothing if that was not asked for."""
    check = report.resize_check
    if check is None:
        return
    yield from ("", f"## {resize_words.TITLE}", "")
    yield from _table(resize_words.headings(check), resize_words.rows(check))
    yield from ("", *(escaped(line) for line in resize_words.notes(check)))


def _tolerance(report: VerificationReport) -> Iterator[str]:
    names = sorted({limit for limits in report.tolerance.values() for limit in limits})
    rows = [
        [precision, *("-" if limits.get(name) is None else f"{limits[name]:g}" for name in names)]
        for precision, limits in report.tolerance.items()
    ]
    yield from _table(["precision", *names], rows)


def _classes(report: VerificationReport) -> Iterator[str]:
    """F1 of the reference, and its change in every candidate, class by class; the worst if there are many."""
    measured = [row.measurement.per_class for row in report.candidates if row.measurement]
    headings = [f"{row.artifact}, {row.runtime}" for row in report.candidates if row.measurement]
    rows = [
        [before.class_name, f"{before.support:,}", f"{before.f1:.2%}", *map(_f1_delta, after)]
        for before, *after in sorted(
            zip(report.reference.report, *measured, strict=True),
            key=lambda results: min((one.f1_delta for one in results[1:]), default=0.0),
        )
    ]
    if len(rows) > MAX_CLASSES:
        yield from (f"The {MAX_CLASSES} of {len(rows)} classes that lost most; all are in verification.json.", "")
    yield from _table(["class", "n", "reference F1", *headings], rows[:MAX_CLASSES])
    yield from ("", f"{SIGNIFICANT}: its recall changed by more than chance (exact McNemar test, Holm's correction).")


def _f1_delta(one: ClassResult) -> str:
    mark = f" {SIGNIFICANT}" if one.recall_mcnemar_p_holm < SIGNIFICANCE else ""
    return f"{100 * one.f1_delta:+.2f}{mark}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], num_words: int = 1) -> Iterator[str]:
    """A table whose first `num_words` columns are words, and the others numbers."""
    yield _line(headings)
    yield "|" + "---|" * num_words + "---:|" * (len(headings) - num_words)
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(escaped, cells)) + " |"


def escaped(text: str) -> str:
    """`text` as it is: a class called a|b, <b> or *star* breaks no table and is not markup."""
    if isinstance(text, _Marked):
        return text
    return MARKUP.sub(r"\\\g<0>", printable(" ".join(text.splitlines())))
