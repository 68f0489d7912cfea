"""The files on the terminal, one line each with its worst runtime, in as many columns as fit. A number is never cut.

If all of it is too wide, file names are shortened first; then the names of the worst classes go, then whole columns,
the least important first. What is left out is named below the table.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from edgekit.foundation.grammar import counted
from edgekit.rendering.terminal.tables import Column, fitting_table, print_whole, without_room
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
INTERVAL = "95 %\ninterval"

COLUMNS = (
    Column(name="runtime", wrap=False),
    Column(name="verdict", wrap=False),
    Column(name=ACCURACY, align="right", wrap=False),
    Column(name="delta\npoints", align="right", wrap=False),
    Column(name=INTERVAL, align="right", wrap=False),
    Column(name="agree\n%", align="right", wrap=False),
    Column(name=FLIPS, align="right", wrap=False),
    Column(name=WORST, align="right", wrap=False),
    Column(name=CLASS, wrap=False),
    Column(name=SIZE, align="right", wrap=False),
    Column(name=SPEED, align="right", wrap=False),
)

LEAST_IMPORTANT = (CLASS, INTERVAL, SPEED, SIZE, FLIPS, WORST, ACCURACY)
"""Columns that go if there is no room, the first one first."""

PARTS = "After a / in flips: the images that were run, if these are a part of the test split."
"""The text below a table that shows such rows."""

TIES = "After a + in flips: predictions that differ only because several classes share the highest score."
"""The text below a table that shows such predictions."""

MAX_CLASS_NAME = 8


def print_candidates(report: VerificationReport, title: str, console: "Console", *, by_runtime: bool = True) -> None:
    """Print the table that fits; on a very narrow terminal its lines break, and still nothing is cut.

    Args:
        report: What was verified.
        title: The line above it.
        console: Where it is printed.
        by_runtime: One line per candidate; otherwise one per file, with its worst runtime.
    """
    rows = report.worst_first if by_runtime else worst_of_files(report)
    table = candidate_table(report, rows, title, console)
    print_whole(table, console)
    if notes := list(_notes(report, rows, table)):
        console.print("\n".join(notes), end="\n\n", markup=False)


def candidate_table(
    report: VerificationReport, rows: Sequence[CandidateReport], title: str, console: "Console"
) -> "Table":
    """The table of `rows` that fits `console`, with the most columns; the one with the fewest if none fits."""
    first = Column(name="file" if is_ambiguous(report) else "model", is_file=True)
    others = _num_others(report, rows)
    num_images = report.dataset.num_images
    named = zip(names_of(report, rows), rows, strict=True)
    cells = [[name, *_cells(row, others[row.artifact], num_images)] for name, row in named]
    columns = [first, *COLUMNS]
    if not _holds_parts(report, rows):
        place = next(number for number, column in enumerate(columns) if column.name == INTERVAL)
        del columns[place]
        for each in cells:
            del each[place]
    return fitting_table(title, columns, cells, console, LEAST_IMPORTANT)


def worst_of_files(report: VerificationReport) -> list[CandidateReport]:
    """One row per file: that of its worst runtime; the worst file first."""
    worst: dict[str, CandidateReport] = {}
    for row in report.worst_first:
        worst.setdefault(row.artifact, row)
    return list(worst.values())


def _num_others(report: VerificationReport, rows: Sequence[CandidateReport]) -> Counter[str]:
    """File -> how many of its runtimes are not among `rows`."""
    return Counter(row.artifact for row in report.candidates) - Counter(row.artifact for row in rows)


def _notes(report: VerificationReport, rows: Sequence[CandidateReport], table: "Table") -> Iterator[str]:
    """What must be known to read the table, a line each."""
    if others := _num_others(report, rows):
        example = max(others.values())
        more = counted(example, "more runtime", "more runtimes")
        yield f"One row per file, in its worst runtime; +{example}: {more}, none worse. --by-runtime shows each."
    headings = [str(column.header) for column in table.columns]
    if FLIPS in headings and has_ties(rows):
        yield TIES
    holds_parts = _holds_parts(report, rows)
    if FLIPS in headings and holds_parts:
        yield PARTS
    wanted = [name for name in LEAST_IMPORTANT if holds_parts or name != INTERVAL]
    if gone := [name for name in wanted if name not in headings]:
        yield without_room(gone)


def has_ties(rows: Sequence[CandidateReport]) -> bool:
    """Whether `num_flips` shows a + in any of `rows`."""
    return any(row.measurement and row.measurement.tie_flips.total for row in rows)


def is_ambiguous(report: VerificationReport) -> bool:
    """Whether precision and runtime do not tell the rows apart, so that the files must be named."""
    shown = {(row.label, row.runtime) for row in report.candidates}
    return len(shown) < len(report.candidates)


def names_of(report: VerificationReport, rows: Sequence[CandidateReport]) -> list[str]:
    """What the first column says of each of `rows`: its precision, or its file; always one line."""
    show_file = is_ambiguous(report)
    return [_printable(row.artifact if show_file else row.label) for row in rows]


def num_flips(measurement: Measurement) -> str:
    """Flips in all directions, and those that are only ties after a +."""
    ties = f"+{measurement.tie_flips.total}" if measurement.tie_flips.total else ""
    return f"{measurement.flips.total:,}{ties}"


def _holds_parts(report: VerificationReport, rows: Sequence[CandidateReport]) -> bool:
    """Whether images of the split were left out in any of `rows`: only then a column holds the interval."""
    return any(row.measurement and row.measurement.num_images < report.dataset.num_images for row in rows)


def _cells(row: CandidateReport, num_others: int, num_images: int) -> Iterator["str | Text"]:
    """One cell per column; `num_images` are those of the split."""
    from rich.text import Text

    yield f"{row.runtime} +{num_others}" if num_others else row.runtime
    yield Text(row.verdict.words, style=STYLES[row.verdict])
    yield from _measured(row.measurement, num_images) if row.measurement else [""] * 7
    yield f"{row.size_bytes / 1000:,.0f}"
    yield f"{row.performance.images_per_second:,.0f}" if row.performance else ""


def _measured(one: Measurement, num_images: int) -> Iterator[str]:
    worst, interval = one.worst_class, one.accuracy_delta_interval
    yield f"{100 * one.accuracy:.2f}"
    yield f"{100 * one.accuracy_delta:+.2f}"
    yield f"{100 * interval[0]:+.2f}..{100 * interval[1]:+.2f}" if interval else ""
    yield f"{100 * one.agreement:.2f}"
    yield num_flips(one) + (f"/{one.num_images:,}" if one.num_images < num_images else "")
    yield f"{100 * worst.f1_delta:+.2f}"
    yield _class_name(worst.class_name) if worst.f1_delta < 0 else ""


def _class_name(name: str) -> str:
    name = _printable(name)
    return name if len(name) <= MAX_CLASS_NAME else name[: MAX_CLASS_NAME - 1] + "…"


def _printable(text: str) -> str:
    """On one line, and nothing that a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)
