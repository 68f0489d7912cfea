"""The top of the page: what passes, the worst, what to do; then every candidate in one table, worst first."""

from collections.abc import Sequence

from edgekit.rendering.pages.html import (
    Cell,
    Column,
    Filter,
    Html,
    Row,
    bullets,
    facts,
    join,
    note,
    paragraph,
    section,
    table,
    tag,
)
from edgekit.rendering.pages.verification.advice import advice
from edgekit.rendering.pages.verification.wording import TONES, anchor, points, verdict
from edgekit.rendering.terminal.candidate_table import num_flips
from edgekit.rendering.verification_words import summary
from edgekit.verification.verdict.report import CandidateReport, Measurement, Verdict, VerificationReport
from edgekit.verification.verdict.summary import summary_sentence

COLUMNS = (
    Column(name="#", is_number=True, explanation="Number of the candidate, worst first"),
    Column(name="model", explanation="Precision and file"),
    Column(name="verdict"),
    Column(name="runtime"),
    Column(name="accuracy, %", is_number=True),
    Column(name="change, points", is_number=True, explanation="Candidate minus float model, 95 % interval below it"),
    Column(name="agreement, %", is_number=True, explanation="Images with the same prediction"),
    Column(
        name="flips", is_number=True, explanation="Predictions that changed; behind a +, those that only break a tie"
    ),
    Column(name="worst class, F1 points", is_number=True, explanation="The class whose F1 fell most"),
    Column(name="size, kB", is_number=True),
    Column(name="images/s", is_number=True, explanation="Measured on this machine"),
    Column(name="images", is_number=True, explanation="Test images that it was run on"),
)

FILTERS = (
    Filter(key="verdict", name="Verdict"),
    Filter(key="runtime", name="Runtime"),
    Filter(key="precision", name="Precision"),
)


def summary_section(report: VerificationReport) -> Html:
    """What came out, in words."""
    data = report.dataset
    most = max((row.measurement.num_images for row in report.candidates if row.measurement), default=data.num_images)
    num_images = f"{most:,} of {data.num_images:,}" if most < data.num_images else f"{data.num_images:,}"
    figures = [
        ("Within tolerance", f"{report.count(Verdict.PASS)} of {len(report.candidates)}"),
        (f"Float model, {report.reference.runtime}", f"{100 * report.reference.accuracy:.2f} %"),
        (f"{data.split.capitalize()} images", num_images),
        ("Classes", f"{len(data.class_names):,}"),
    ]
    return section(
        "Summary",
        facts(figures, is_large=True),
        _worst(report.worst_first),
        tag("h3", "What to do"),
        bullets(advice(report)),
    )


def candidates_section(report: VerificationReport) -> Html:
    """One row a candidate, worst first."""
    rows = [_row(number, row) for number, row in enumerate(report.worst_first, start=1)]
    return section(
        "All candidates",
        paragraph(
            summary(report), " Each is a file in a runtime; its number leads to all that was measured.", is_muted=True
        ),
        table("Candidates, worst first", COLUMNS, rows, filters=FILTERS, anchor="candidates"),
        anchor="all",
    )


def _worst(rows: Sequence[CandidateReport]) -> Html | None:
    """The first row that is no pass, or the pass that differs most, in words."""
    if not rows:
        return None
    worst = rows[0]
    if worst.verdict is Verdict.PASS and worst.measurement and worst.measurement.agreement == 1:
        same = "Every candidate gives the float model's prediction on every image that it was run on."
        return note(paragraph(same), tone="good")
    begins = "The worst: " if worst.verdict is not Verdict.PASS else "The one that differs most: "
    more = worst.reasons if worst.measurement else worst.reasons[1:]
    words = tag("strong", begins), worst.summary or summary_sentence(worst), *(f" {reason}" for reason in more)
    return note(paragraph(*words), tone=TONES[worst.verdict])


def _row(number: int, row: CandidateReport) -> Row:
    took, one = row.performance, row.measurement
    link = tag("a", str(number), href=f"#{anchor(number)}", aria_label=f"Candidate {number} in full")
    return Row(
        cells=[
            Cell(content=link, sort=number),
            _model(row),
            Cell(content=verdict(row), sort=row.verdict.value),
            Cell(content=tag("span", row.runtime, class_="whole"), sort=row.runtime),
            *_measured(row.measurement),
            Cell(content=f"{row.size_bytes / 1000:,.1f}", sort=row.size_bytes),
            _number(took.images_per_second, f"{took.images_per_second:,.0f}") if took else _number(None),
            _number(one.num_images, f"{one.num_images:,}") if one else _number(None),
        ],
        keys={"verdict": row.verdict.value, "runtime": row.runtime, "precision": row.precision or "not said"},
        is_heading=False,
    )


def _model(row: CandidateReport) -> Cell:
    path = tag("span", row.artifact, class_="path")
    return Cell(content=join([tag("strong", row.label), path]) if row.label != row.artifact else path, sort=row.label)


def _measured(one: Measurement | None) -> list[Cell]:
    if one is None:
        return [_number(None)] * 5
    worst = one.worst_class
    interval = one.accuracy_delta_interval
    between = f"{points(interval[0])} to {points(interval[1])}" if interval else None
    named = tag("span", worst.class_name, class_="path") if worst.f1_delta < 0 else None
    return [
        _number(one.accuracy, f"{100 * one.accuracy:.2f}"),
        _number(
            one.accuracy_delta, points(one.accuracy_delta), tag("span", between, class_="path") if between else None
        ),
        _number(one.agreement, f"{100 * one.agreement:.2f}"),
        _number(one.flips.total, num_flips(one)),
        _number(worst.f1_delta, points(worst.f1_delta), named),
    ]


def _number(value: float | None, *content: str | None) -> Cell:
    return Cell(content=join(content), sort=value)
