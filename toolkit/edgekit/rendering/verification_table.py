"""A VerificationReport on the terminal: one line a candidate, worst first, then why, then one line of summary."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgekit.rendering.candidate_table import is_ambiguous, print_candidates
from edgekit.rendering.pairwise_table import print_pairwise
from edgekit.rendering.tables import make_console
from edgekit.verification.report import CandidateReport, Verdict, VerificationReport
from edgekit.verification.words import in_words, measured_in_words

if TYPE_CHECKING:
    from rich.console import Console


def print_verification(report: VerificationReport, *, verbose: bool = False, console: "Console | None" = None) -> None:
    """Print `report` to stdout, or to `console`; `verbose` says of every row in words what was measured."""
    console = console or make_console()
    print_candidates(report, headline(report), console)
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
        yield f"{row.artifact}: {words}" if is_ambiguous(report) else words
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
    return f"{row.artifact} in {row.runtime}" if is_ambiguous(report) else title(row)


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
