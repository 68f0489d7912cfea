"""The top of the page: what passes, the worst, what to do; then every candidate in one table, worst first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.badge import TONES, Badge, Tone, verdict_badge
from edgekit.rendering.pages.filters import FilterGroup, filter_groups
from edgekit.rendering.pages.section import Section
from edgekit.rendering.pages.verification.advice import advice
from edgekit.rendering.pages.verification.naming import anchor
from edgekit.rendering.terminal.candidate_table import num_flips
from edgekit.rendering.verification_words import summary
from edgekit.verification.verdict.report import CandidateReport, Measurement, Verdict, VerificationReport
from edgekit.verification.verdict.summary import summary_sentence

FILTERS = {"verdict": "Verdict", "runtime": "Runtime", "precision": "Precision"}


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A sentence in a coloured box: how it begins, in bold, and how it goes on."""

    tone: Tone
    begins: str
    words: str


@dataclass(frozen=True, kw_only=True)
class SummarySection(Section):
    """What came out, in words.

    Attributes:
        facts: The numbers that matter most.
        worst: The row that is no pass, or the pass that differs most; None where there is no row.
        advice: What to do.
    """

    template: ClassVar[str] = "verification/summary.html"
    heading: str = "Summary"
    anchor: str = "summary"
    facts: Sequence[tuple[str, str]]
    worst: Remark | None
    advice: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class MeasuredCells:
    """What was measured of a row; shares are 0 to 1.

    Attributes:
        accuracy: Of the candidate.
        accuracy_delta: Candidate minus reference.
        interval: 95 % interval of that; None where it was not kept.
        agreement: Images with the same prediction.
        num_flips: Images with another one.
        flips: The same in words, ties behind a +.
        worst_f1_delta: Of the class whose F1 fell most.
        worst_class: Its name; "" where none fell.
        num_images: Images that it was run on.
    """

    accuracy: float
    accuracy_delta: float
    interval: tuple[float, float] | None
    agreement: float
    num_flips: int
    flips: str
    worst_f1_delta: float
    worst_class: str
    num_images: int


@dataclass(frozen=True, kw_only=True)
class CandidateRow:
    """A row of the table.

    Attributes:
        number: Its place, from 1, worst first.
        anchor: Where it is in full.
        label: Its precision, or its file.
        artifact: Its file.
        verdict: What became of it.
        runtime: The runtime.
        keys: Key of a filter -> its value.
        measured: None where it gave no scores.
        size_bytes: Of the file.
        images_per_second: None where it gave no scores.
    """

    number: int
    anchor: str
    label: str
    artifact: str
    verdict: Badge
    runtime: str
    keys: dict[str, str]
    measured: MeasuredCells | None
    size_bytes: int
    images_per_second: float | None


@dataclass(frozen=True, kw_only=True)
class CandidatesSection(Section):
    """Every candidate.

    Attributes:
        summary: How many candidates became what.
        filters: Buttons above the table.
        rows: Worst first.
    """

    template: ClassVar[str] = "verification/candidates.html"
    heading: str = "All candidates"
    anchor: str = "all"
    summary: str
    filters: Sequence[FilterGroup]
    rows: Sequence[CandidateRow]


def summary_section(report: VerificationReport) -> SummarySection:
    """The first section of a report."""
    data = report.dataset
    most = max((row.measurement.num_images for row in report.candidates if row.measurement), default=data.num_images)
    num_images = f"{most:,} of {data.num_images:,}" if most < data.num_images else f"{data.num_images:,}"
    facts = [
        ("Within tolerance", f"{report.count(Verdict.PASS)} of {len(report.candidates)}"),
        (f"Float model, {report.reference.runtime}", f"{100 * report.reference.accuracy:.2f} %"),
        (f"{data.split.capitalize()} images", num_images),
        ("Classes", f"{len(data.class_names):,}"),
    ]
    return SummarySection(facts=facts, worst=_worst(report.worst_first), advice=list(advice(report)))


def candidates_section(report: VerificationReport) -> CandidatesSection:
    """One row a candidate, worst first."""
    rows = [_row(number, row) for number, row in enumerate(report.worst_first, start=1)]
    return CandidatesSection(
        summary=summary(report), filters=filter_groups(FILTERS, [row.keys for row in rows]), rows=rows
    )


def _worst(rows: Sequence[CandidateReport]) -> Remark | None:
    """The first row that is no pass, or the pass that differs most, in words."""
    if not rows:
        return None
    worst = rows[0]
    if worst.verdict is Verdict.PASS and worst.measurement and worst.measurement.agreement == 1:
        same = "Every candidate gives the float model's prediction on every image that it was run on."
        return Remark(tone="good", begins="", words=same)
    begins = "The worst:" if worst.verdict is not Verdict.PASS else "The one that differs most:"
    more = worst.reasons if worst.measurement else worst.reasons[1:]
    words = " ".join((worst.summary or summary_sentence(worst), *more))
    return Remark(tone=TONES[worst.verdict], begins=begins, words=words)


def _row(number: int, row: CandidateReport) -> CandidateRow:
    return CandidateRow(
        number=number,
        anchor=anchor(number),
        label=row.label,
        artifact=row.artifact,
        verdict=verdict_badge(row.verdict),
        runtime=row.runtime,
        keys={"verdict": row.verdict.value, "runtime": row.runtime, "precision": row.precision or "not said"},
        measured=_measured(row.measurement) if row.measurement else None,
        size_bytes=row.size_bytes,
        images_per_second=row.performance.images_per_second if row.performance else None,
    )


def _measured(one: Measurement) -> MeasuredCells:
    worst = one.worst_class
    return MeasuredCells(
        accuracy=one.accuracy,
        accuracy_delta=one.accuracy_delta,
        interval=one.accuracy_delta_interval,
        agreement=one.agreement,
        num_flips=one.flips.total,
        flips=num_flips(one),
        worst_f1_delta=worst.f1_delta,
        worst_class=worst.class_name if worst.f1_delta < 0 else "",
        num_images=one.num_images,
    )
