"""A VerificationReport on the terminal: one line a candidate, worst first, then why, then one line of summary."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgekit.rendering.tables import Column, make_console, print_table
from edgekit.verification.report import CandidateReport, Measurement, Verdict, VerificationReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

STYLES = {Verdict.PASS: "green", Verdict.DRIFT: "yellow", Verdict.ERROR: "bold red", Verdict.NOT_COMPARED: "dim"}

COLUMNS = [
    Column(name="model"),
    Column(name="runtime"),
    Column(name="verdict", wrap=False),
    Column(name="acc.\n%", align="right", wrap=False),
    Column(name="delta\npoints", align="right", wrap=False),
    Column(name="agree\n%", align="right", wrap=False),
    Column(name="flips", align="right", wrap=False),
    Column(name="worst F1\npoints", align="right"),
    Column(name="kB", align="right", wrap=False),
    Column(name="images/s", align="right", wrap=False),
]

MAX_CLASS_NAME = 8


def print_verification(report: VerificationReport, *, console: "Console | None" = None) -> None:
    """Print `report` to stdout, or to `console`."""
    console = console or make_console()
    rows = [_cells(row, show_file=_is_ambiguous(report)) for row in report.worst_first]
    print_table(headline(report), COLUMNS, rows, console=console)
    for line in (*explanations(report), summary(report)):
        console.print(line, markup=False)


def headline(report: VerificationReport) -> str:
    """What was compared on what: one line."""
    data = report.dataset
    return (
        f"Compared with the float model in {report.reference.runtime}: accuracy {report.reference.accuracy:.2%} on "
        f"{data.num_images:,} {data.split} images of {data.name}"
    )


def explanations(report: VerificationReport) -> Iterator[str]:
    """Why a row is not a pass, and what else must be known; rows that share their sentences share a line."""
    said: dict[tuple[str, ...], list[str]] = {}
    for row in report.worst_first:
        if sentences := (*row.reasons, *row.remarks):
            said.setdefault(sentences, []).append(f"{title(row)} ({row.verdict})")
    for sentences, titles in said.items():
        yield f"{', '.join(titles)}: {' '.join(sentences)}"


def summary(report: VerificationReport) -> str:
    """How many candidates became what: one line."""
    words = {
        Verdict.PASS: "within tolerance",
        Verdict.DRIFT: "drifted beyond tolerance",
        Verdict.ERROR: "failed",
        Verdict.NOT_COMPARED: "not compared",
    }
    counts = {verdict: report.count(verdict) for verdict in Verdict}
    parts = [f"{count} {words[verdict]}" for verdict, count in counts.items() if count]
    if not counts[Verdict.PASS] + counts[Verdict.DRIFT]:
        parts.append("so nothing was compared, which is no pass")
    return f"{len(report.candidates)} candidates: {', '.join(parts)}."


def title(row: CandidateReport) -> str:
    """A row in words: "tflite int8 in litert-xnnpack"."""
    return f"{row.format} {row.precision} in {row.runtime}" if row.precision else f"{row.artifact} in {row.runtime}"


def worst_class(measurement: Measurement) -> str:
    """The change of the class whose F1 changed for the worst, in points, and its name if it lost."""
    worst = measurement.worst_class
    points = f"{100 * worst.f1_delta:+.2f}"
    return f"{points} {_shortened(worst.class_name)}" if worst.f1_delta < 0 else points


def num_flips(measurement: Measurement) -> str:
    """Flips in all directions, and those that are only ties behind a +."""
    ties = f"+{measurement.tie_flips.total}" if measurement.tie_flips.total else ""
    return f"{measurement.flips.total:,}{ties}"


def _cells(row: CandidateReport, *, show_file: bool) -> list["str | Text"]:
    from rich.text import Text

    one = row.measurement
    measured = [""] * 5
    if one:
        measured = [
            f"{100 * one.accuracy:.2f}",
            f"{100 * one.accuracy_delta:+.2f}",
            f"{100 * one.agreement:.2f}",
            num_flips(one),
            worst_class(one),
        ]
    model = row.artifact if show_file else f"{row.format} {row.label}"
    speed = f"{row.performance.images_per_second:,.0f}" if row.performance else ""
    verdict = Text(row.verdict.value, style=STYLES[row.verdict])
    return [model, row.runtime, verdict, *measured, f"{row.size_bytes / 1000:,.0f}", speed]


def _is_ambiguous(report: VerificationReport) -> bool:
    """Whether format and precision do not tell the files apart."""
    files = {row.artifact for row in report.candidates}
    kinds = {(row.format, row.precision) for row in report.candidates if row.precision}
    return len(kinds) < len(files)


def _shortened(name: str) -> str:
    return name if len(name) <= MAX_CLASS_NAME else name[: MAX_CLASS_NAME - 1] + "…"
