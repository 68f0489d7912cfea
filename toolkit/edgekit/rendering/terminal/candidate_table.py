"""The candidates on the terminal, one line each, in as many columns as fit. A number is never cut.

Where all of it is too wide, file names are shortened first; then the names of the worst classes go, then whole columns,
the least important first. What is left out is in verification.md, in verification.html and, in words, below it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgekit.rendering.terminal.tables import Column, fitting_table, print_whole
from edgekit.verification.verdict.report import CandidateReport, Measurement, Verdict, VerificationReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

STYLES = {
    Verdict.PASS: "green",
    Verdict.INCONCLUSIVE: "cyan",
    Verdict.DRIFT: "yellow",
    Verdict.ERROR: "bold red",
    Verdict.NOT_COMPARED: "dim",
    Verdict.OUTDATED: "yellow",
}

CLASS, WORST, SIZE, SPEED, FLIPS, ACCURACY = "class", "worst\nF1", "kB", "img/s", "flips", "acc.\n%"

COLUMNS = (
    Column(name="runtime", wrap=False),
    Column(name="verdict", wrap=False),
    Column(name=ACCURACY, align="right", wrap=False),
    Column(name="delta\npoints", align="right", wrap=False),
    Column(name="agree\n%", align="right", wrap=False),
    Column(name=FLIPS, align="right", wrap=False),
    Column(name=WORST, align="right", wrap=False),
    Column(name=CLASS, wrap=False),
    Column(name=SIZE, align="right", wrap=False),
    Column(name=SPEED, align="right", wrap=False),
)

LEAST_IMPORTANT = (CLASS, SPEED, SIZE, FLIPS, WORST, ACCURACY)
"""Columns that go where there is no room, the first one first."""

TIES = "Behind a + in flips: predictions that differ only because several classes share the highest score."
"""What stands below a table that shows such predictions."""

MAX_CLASS_NAME = 8


def print_candidates(report: VerificationReport, title: str, console: "Console") -> None:
    """Print the table that fits; on a very narrow terminal its lines break, and still nothing is cut."""
    table = candidate_table(report, title, console)
    print_whole(table, console)
    if any(str(column.header) == FLIPS for column in table.columns) and has_ties(report):
        console.print(f"{TIES}\n", markup=False)


def candidate_table(report: VerificationReport, title: str, console: "Console") -> "Table":
    """The table that fits `console`, with the most columns; the one with the fewest where none fits."""
    first = Column(name="file" if is_ambiguous(report) else "model", is_file=True)
    rows = [[name, *_cells(row)] for name, row in zip(names_of(report), report.worst_first, strict=True)]
    return fitting_table(title, [first, *COLUMNS], rows, console, LEAST_IMPORTANT)


def has_ties(report: VerificationReport) -> bool:
    """Whether `num_flips` shows a + anywhere."""
    return any(row.measurement and row.measurement.tie_flips.total for row in report.candidates)


def is_ambiguous(report: VerificationReport) -> bool:
    """Whether precision and runtime do not tell the rows apart, so that the files must be named."""
    shown = {(row.label, row.runtime) for row in report.candidates}
    return len(shown) < len(report.candidates)


def names_of(report: VerificationReport) -> list[str]:
    """What the first column says of each row, worst first: its precision, or its file; always one line."""
    show_file = is_ambiguous(report)
    return [_printable(row.artifact if show_file else row.label) for row in report.worst_first]


def num_flips(measurement: Measurement) -> str:
    """Flips in all directions, and those that are only ties behind a +."""
    ties = f"+{measurement.tie_flips.total}" if measurement.tie_flips.total else ""
    return f"{measurement.flips.total:,}{ties}"


def _cells(row: CandidateReport) -> Iterator["str | Text"]:
    """One cell a column."""
    from rich.text import Text

    yield row.runtime
    yield Text(row.verdict.words, style=STYLES[row.verdict])
    yield from _measured(row.measurement) if row.measurement else [""] * 6
    yield f"{row.size_bytes / 1000:,.0f}"
    yield f"{row.performance.images_per_second:,.0f}" if row.performance else ""


def _measured(one: Measurement) -> Iterator[str]:
    worst = one.worst_class
    yield f"{100 * one.accuracy:.2f}"
    yield f"{100 * one.accuracy_delta:+.2f}"
    yield f"{100 * one.agreement:.2f}"
    yield num_flips(one)
    yield f"{100 * worst.f1_delta:+.2f}"
    yield _class_name(worst.class_name) if worst.f1_delta < 0 else ""


def _class_name(name: str) -> str:
    name = _printable(name)
    return name if len(name) <= MAX_CLASS_NAME else name[: MAX_CLASS_NAME - 1] + "…"


def _printable(text: str) -> str:
    """On one line, and nothing that a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)
