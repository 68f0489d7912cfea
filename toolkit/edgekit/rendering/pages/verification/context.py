"""What surrounds the files: agreement among them, tolerance, machine, the command."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.numbers import NOTHING, size
from edgekit.rendering.pages.section import Section
from edgekit.rendering.resize_words import images_in_words
from edgekit.rendering.terminal.pairwise_table import matrix as agreement_matrix
from edgekit.rendering.terminal.pairwise_table import notes
from edgekit.verification.verdict.report import VerificationReport

MAX_GROUPS = 20
"""Rows and columns of the agreement matrix."""

LIMITS = {
    "max_accuracy_drop": "accuracy may fall by, points",
    "max_f1_drop": "F1 of a class may fall by, points",
    "min_agreement": "predictions must agree, %",
    "max_score_difference": "scores may differ by",
    "tie_margin": "ties of the reference within",
    "max_tie_flips": "predictions may differ by ties, %",
}


@dataclass(frozen=True, kw_only=True)
class AgreementSection(Section):
    """How often rows (a file in a runtime) agree with each other.

    Attributes:
        headings: Letters of the columns.
        rows: The name of each, then its cells.
        notes: What is seen in it.
    """

    template: ClassVar[str] = "verification/agreement.html"
    heading: str = "Agreement with each other"
    anchor: str = "agreement"
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ToleranceSection(Section):
    """The limits that the verdicts follow from.

    Attributes:
        limits: What each is, in words.
        rows: A precision, then its limits.
    """

    template: ClassVar[str] = "verification/tolerance.html"
    heading: str = "Tolerance"
    anchor: str = "tolerance"
    limits: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class MadeSection(Section):
    """Where it ran, on what, and how to make it again; the command is "" if it is not known."""

    template: ClassVar[str] = "verification/provenance.html"
    heading: str = "Provenance"
    anchor: str = "made"
    facts: Sequence[tuple[str, str]]
    command: str


def agreement_section(report: VerificationReport) -> AgreementSection | None:
    """The section of a report; None if that was not asked for."""
    if report.pairwise is None:
        return None
    headings, rows = agreement_matrix(report.pairwise, MAX_GROUPS)
    return AgreementSection(headings=headings, rows=rows, notes=list(notes(report.pairwise, MAX_GROUPS)))


def tolerance_section(report: VerificationReport) -> ToleranceSection:
    """The section of a report."""
    rows = [
        [precision, *(NOTHING if limits.get(name) is None else f"{limits[name]:g}" for name in LIMITS)]
        for precision, limits in report.tolerance.items()
    ]
    return ToleranceSection(limits=list(LIMITS.values()), rows=rows)


def made_section(report: VerificationReport, command: str | None) -> MadeSection:
    """The section of a report."""
    return MadeSection(facts=list(_machine(report)), command=command or "")


def _machine(report: VerificationReport) -> Iterator[tuple[str, str]]:
    data = report.dataset
    yield "Data", f"{data.name}, {data.num_images:,} {data.split} images"
    if images := images_in_words(data):
        yield "Images", images
    yield "SHA-256 of the data", f"{data.sha256[:16]}…"
    if (here := report.environment) is not None:
        yield "Processor", f"{here.machine.cpu}, {here.machine.num_cpus} in use"
        yield "Instructions", ", ".join(here.machine.features) or "nothing special"
        if here.machine.memory_bytes:
            yield "Memory", size(here.machine.memory_bytes)
        yield "System", f"{here.machine.operating_system}, {here.machine.architecture}"
        yield "Versions", f"edgekit {here.edgekit}, Python {here.python}"
    runtimes = dict.fromkeys(f"{row.runtime} {row.runtime_version}" for row in report.candidates if row.runtime_version)
    yield "Runtimes", ", ".join(runtimes) or "none"
