"""What stands around the candidates: the float model, agreement among them, tolerance, machine, the command."""

from collections.abc import Iterator

from edgekit.rendering.pages.html import (
    Cell,
    Column,
    Html,
    bullets,
    code_block,
    facts,
    figures,
    paragraph,
    section,
    table,
)
from edgekit.rendering.pages.verification.calibration import reference_reliability_chart
from edgekit.rendering.pages.verification.confusion import reference_matrix
from edgekit.rendering.pages.verification.wording import size
from edgekit.rendering.terminal.pairwise_table import matrix as agreement_matrix
from edgekit.rendering.terminal.pairwise_table import notes
from edgekit.verification.verdict.report import Measurement, VerificationReport

MAX_CLASSES = 30
MAX_GROUPS = 24
"""Rows and columns of the agreement matrix."""

LIMITS = {
    "max_accuracy_drop": "accuracy may fall by, points",
    "max_f1_drop": "F1 of a class may fall by, points",
    "min_agreement": "predictions must agree, %",
    "max_score_difference": "scores may differ by",
    "tie_margin": "ties of the float model within",
    "max_tie_flips": "predictions may differ by ties, %",
}


def reference_section(report: VerificationReport) -> Html:
    """How good the float model is, class by class."""
    worst = sorted(report.reference.report, key=lambda each: each.f1)
    rows = [
        [
            each.class_name,
            f"{each.support:,}",
            *(f"{100 * value:.2f}" for value in (each.precision, each.recall, each.f1)),
        ]
        for each in worst[:MAX_CLASSES]
    ]
    columns = [
        Column(name="class"),
        *(Column(name=name, is_number=True) for name in ("images", "precision, %", "recall, %", "F1, %")),
    ]
    left_out = len(worst) - MAX_CLASSES
    one = _whole_split(report)
    drawn = [reference_matrix(one, report.dataset.class_names), reference_reliability_chart(one)] if one else []
    return section(
        "The float model",
        paragraph(
            f"The {MAX_CLASSES} classes with the lowest F1; {left_out:,} more are in verification.json.", is_muted=True
        )
        if left_out > 0
        else None,
        table(f"Classes in {report.reference.runtime}, the lowest F1 first", columns, rows),
        figures(drawn, is_large=True) if any(drawn) else None,
    )


def pairwise_section(report: VerificationReport) -> Html | None:
    """How often the candidates agree with each other; None where that was not asked for."""
    if report.pairwise is None:
        return None
    headings, rows = agreement_matrix(report.pairwise, MAX_GROUPS)
    columns = [Column(name="candidates"), *(Column(name=name, is_number=True) for name in headings)]
    return section(
        "Agreement with each other",
        table("Same prediction, % of the images of both", columns, rows, is_sortable=False),
        bullets(notes(report.pairwise, MAX_GROUPS)),
        anchor="agreement",
    )


def tolerance_section(report: VerificationReport) -> Html:
    """The limits that the verdicts follow from."""
    columns = [Column(name="precision"), *(Column(name=words, is_number=True) for words in LIMITS.values())]
    rows: list[list[str | Cell]] = [
        [precision, *("-" if limits.get(name) is None else f"{limits[name]:g}" for name in LIMITS)]
        for precision, limits in report.tolerance.items()
    ]
    said = (
        "A candidate that breaks one of these drifts. They are set by options of edgekit verify or in pyproject.toml."
    )
    return section(
        "Tolerance", paragraph(said, is_muted=True), table("Limits by precision", columns, rows, is_sortable=False)
    )


def machine_section(report: VerificationReport, command: str | None) -> Html:
    """Where it ran, on what, and how to make it again."""
    return section(
        "How this was made",
        facts(_machine(report)),
        paragraph("To make it again:") if command else None,
        code_block(command) if command else None,
        anchor="made",
    )


def _machine(report: VerificationReport) -> Iterator[tuple[str, str]]:
    data = report.dataset
    yield "Data", f"{data.name}, {data.num_images:,} {data.split} images"
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


def _whole_split(report: VerificationReport) -> Measurement | None:
    """A measurement on every image: it holds the float model's confusions too."""
    measured = (row.measurement for row in report.candidates if row.measurement)
    return next((one for one in measured if one.num_images == report.dataset.num_images), None)
