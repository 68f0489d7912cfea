"""A VerificationReport on the terminal: one line a candidate, worst first, then why, then one line of summary."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgekit.rendering.pairwise_table import print_pairwise
from edgekit.rendering.tables import Column, make_console, print_table
from edgekit.verification.report import CandidateReport, Measurement, Verdict, VerificationReport
from edgekit.verification.words import in_words, measured_in_words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

STYLES = {Verdict.PASS: "green", Verdict.DRIFT: "yellow", Verdict.ERROR: "bold red", Verdict.NOT_COMPARED: "dim"}

MEASURED = [
    Column(name="runtime", wrap=False),
    Column(name="verdict", wrap=False),
    Column(name="acc.\n%", align="right", wrap=False),
    Column(name="delta\npoints", align="right", wrap=False),
    Column(name="agree\n%", align="right", wrap=False),
    Column(name="flips", align="right", wrap=False),
    Column(name="worst F1\npoints", align="right"),
    Column(name="kB", align="right", wrap=False),
    Column(name="img/s", align="right", wrap=False),
]

MAX_CLASS_NAME = 8


def print_verification(report: VerificationReport, *, verbose: bool = False, console: "Console | None" = None) -> None:
    """Print `report` to stdout, or to `console`; `verbose` says of every row in words what was measured."""
    console = console or make_console()
    show_file = _is_ambiguous(report)
    first = Column(name="file" if show_file else "model", wrap=show_file)
    rows = [[row.artifact if show_file else row.label, *_cells(row)] for row in report.worst_first]
    print_table(headline(report), [first, *MEASURED], rows, console=console)
    print_pairwise(report, console=console)
    for line in (*explanations(report), *passes_in_words(report, verbose=verbose), summary(report)):
        console.print(line, markup=False)


def headline(report: VerificationReport) -> str:
    """What was compared on what: one line."""
    data = report.dataset
    return (
        f"Compared with the float model in {report.reference.runtime}: accuracy {report.reference.accuracy:.2%} on "
        f"{data.num_images:,} {data.split} images of {data.name}"
    )


def explanations(report: VerificationReport) -> Iterator[str]:
    """Why a row is not a pass, then what else must be known; rows of which the same is said share a line."""
    for row in report.worst_first:
        if row.reasons:
            measured = [measured_in_words(row.measurement)] if row.measurement else []
            yield " ".join([f"{_title(report, row)}: {row.verdict}.", *row.reasons, *measured])
    remarks = dict.fromkeys(remark for row in report.worst_first for remark in row.remarks)
    for remark in remarks:
        yield f"{_who(report, [row for row in report.worst_first if remark in row.remarks])}: {remark}"


def passes_in_words(report: VerificationReport, *, verbose: bool) -> Iterator[str]:
    """The pass that differs most from the float model, in words; all that differ at all if `verbose`."""
    differing = [
        row
        for row in report.worst_first
        if row.verdict is Verdict.PASS and row.measurement and row.measurement.agreement < 1
    ]
    for row in differing if verbose else differing[:1]:
        words = row.summary or in_words(row)
        yield f"{row.artifact}: {words}" if _is_ambiguous(report) else words
    if len(differing) > 1 and not verbose:
        yield f"{len(differing) - 1} more differ less: --verbose says how."


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
    total = len(report.candidates)
    return f"{total} candidate{'' if total == 1 else 's'}: {', '.join(parts)}."


def title(row: CandidateReport) -> str:
    """A row in words: "tflite int8 in litert-xnnpack"."""
    return f"{row.format} {row.precision} in {row.runtime}" if row.precision else f"{row.artifact} in {row.runtime}"


def _title(report: VerificationReport, row: CandidateReport) -> str:
    return f"{row.artifact} in {row.runtime}" if _is_ambiguous(report) else title(row)


def worst_class(measurement: Measurement) -> str:
    """The change of the class whose F1 changed for the worst, in points, and its name if it lost."""
    worst = measurement.worst_class
    points = f"{100 * worst.f1_delta:+.2f}"
    return f"{points} {_shortened(worst.class_name)}" if worst.f1_delta < 0 else points


def num_flips(measurement: Measurement) -> str:
    """Flips in all directions, and those that are only ties behind a +."""
    ties = f"+{measurement.tie_flips.total}" if measurement.tie_flips.total else ""
    return f"{measurement.flips.total:,}{ties}"


def _cells(row: CandidateReport) -> list["str | Text"]:
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
    speed = f"{row.performance.images_per_second:,.0f}" if row.performance else ""
    verdict = Text(row.verdict.value, style=STYLES[row.verdict])
    return [row.runtime, verdict, *measured, f"{row.size_bytes / 1000:,.0f}", speed]


def _is_ambiguous(report: VerificationReport) -> bool:
    """Whether precision and runtime do not tell the rows apart, so that the files must be named."""
    shown = {(row.label, row.runtime) for row in report.candidates}
    return len(shown) < len(report.candidates)


def _who(report: VerificationReport, rows: list[CandidateReport]) -> str:
    """The rows in words; a runtime whose rows are all among them is named alone."""
    of_runtime = {row.runtime for row in rows}
    if (
        len(of_runtime) == 1
        and len(rows) > 1
        and all(row in rows for row in report.candidates if row.runtime in of_runtime)
    ):
        return f"Every row of {rows[0].runtime}"
    return "; ".join(_title(report, row) for row in rows)


def _shortened(name: str) -> str:
    return name if len(name) <= MAX_CLASS_NAME else name[: MAX_CLASS_NAME - 1] + "…"
