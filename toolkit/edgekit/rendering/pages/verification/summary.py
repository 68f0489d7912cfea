"""The top of the page: what passes, notes on the reference, the worst file, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.badge import Tone, tone_of
from edgekit.rendering.pages.section import Section
from edgekit.rendering.pages.verification.advice import advice
from edgekit.rendering.pages.verification.grouping import VerifiedFile
from edgekit.rendering.verification_text import reference_name
from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport
from edgekit.verification.verdict.summary import summary_sentence


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
        remarks: What must be known of the reference; then the row that is not a pass, or the pass that differs most.
        advice: What to do.
    """

    template: ClassVar[str] = "verification/summary.html"
    heading: str = "Summary"
    anchor: str = "summary"
    facts: Sequence[tuple[str, str]]
    remarks: Sequence[Remark]
    advice: Sequence[str]


def summary_section(report: VerificationReport, files: Sequence[VerifiedFile]) -> SummarySection:
    """The section of a report, whose files are `files`."""
    warnings = [Remark(tone="warning", begins="The reference:", words=words) for words in report.reference.remarks]
    return SummarySection(
        facts=_facts(report, files),
        remarks=[*warnings, *_worst(report.worst_first)],
        advice=list(advice(report, files)),
    )


def _facts(report: VerificationReport, files: Sequence[VerifiedFile]) -> list[tuple[str, str]]:
    data, name = report.dataset, reference_name(report.reference)
    most = max((row.measurement.num_images for row in report.candidates if row.measurement), default=data.num_images)
    num_images = f"{most:,} of {data.num_images:,}" if most < data.num_images else f"{data.num_images:,}"
    return [
        ("Files that pass in every runtime", f"{sum(one.passes for one in files)} of {len(files)}"),
        ("Rows (file and runtime) that pass", f"{report.count(Verdict.PASS)} of {len(report.candidates)}"),
        (f"Accuracy of the {name}", f"{100 * report.reference.accuracy:.2f} %"),
        (f"{data.split.capitalize()} images", num_images),
        ("Classes", f"{len(data.class_names):,}"),
    ]


def _worst(rows: Sequence[CandidateReport]) -> list[Remark]:
    """The first row that is no pass, or the pass that differs most, in words; none if there is no row."""
    if not rows:
        return []
    worst = rows[0]
    if worst.verdict is Verdict.PASS and worst.measurement and worst.measurement.agreement == 1:
        same = "Every file gives the reference's prediction on every image that it was run on."
        return [Remark(tone="good", begins="", words=same)]
    begins = "The worst:" if worst.verdict is not Verdict.PASS else "The one that differs most:"
    more = worst.reasons if worst.measurement else worst.reasons[1:]
    words = " ".join((worst.summary or summary_sentence(worst), *more))
    return [Remark(tone=tone_of(worst.verdict), begins=begins, words=words)]
