"""The text below the table of a verification. Lays nothing out: the terminal and verification.md do.

A file gets one paragraph if its runtimes agree, and a line for each of them if they do not.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from edgekit.artifact import Precision
from edgekit.foundation.grammar import counted, listed
from edgekit.rendering.terminal.candidate_table import is_ambiguous
from edgekit.verification.verdict.report import COMPARED, CandidateReport, ReferenceSummary, Verdict, VerificationReport
from edgekit.verification.verdict.summary import changes_beyond_reasons, measurement_sentences

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """What is said of some rows.

    Attributes:
        text: Whole sentences on all of them.
        details: One line for each runtime of which more is said, or something else.
    """

    text: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What is to be said of the rows of a file; without its name, so that it may turn out to be said of others too."""

    rows: tuple[CandidateReport, ...]
    sentences: tuple[str, ...]
    details: tuple[str, ...] = ()


FILE_OF_SCORES = "file of scores"
"""What a report calls the runtime of a reference whose scores were given as a file."""


def reference_name(reference: ReferenceSummary) -> str:
    """What the reference is: "float model", "int8 reference", or "reference" if unknown."""
    if reference.precision is not None and reference.precision != Precision.FLOAT32:
        return f"{reference.precision} reference"
    return "float model" if reference.runtime == "keras" or reference.precision else "reference"


def explanations(report: VerificationReport) -> Iterator[Paragraph]:
    """Why rows are no pass, worst first."""
    rows = [row for row in report.worst_first if row.reasons]
    said = [_why(group) for group in _grouped(rows, lambda row: (row.artifact, row.verdict))]
    for same in _grouped(said, lambda one: (one.rows[0].verdict, one.sentences, one.details)):
        rows = [row for one in same for row in one.rows]
        text = " ".join((f"{names(report, rows)}: {rows[0].verdict}.", *same[0].sentences))
        yield Paragraph(text=text, details=same[0].details)


def remarks(report: VerificationReport) -> Iterator[Paragraph]:
    """What else must be known; what is said of several rows is said once."""
    for remark in dict.fromkeys(remark for row in report.worst_first for remark in row.remarks):
        of = [row for row in report.worst_first if remark in row.remarks]
        yield Paragraph(text=f"{names(report, of, short=True)}: {remark}")


def passes_in_words(report: VerificationReport, *, verbose: bool) -> Iterator[Paragraph]:
    """The file that passes and differs most from the reference, in words; all that differ at all if `verbose`."""
    differing = [
        row
        for row in report.worst_first
        if row.verdict is Verdict.PASS and row.measurement and row.measurement.agreement < 1
    ]
    files = _grouped(differing, lambda row: row.artifact)
    yield from (_how(report, rows) for rows in (files if verbose else files[:1]))
    if len(files) > 1 and not verbose:
        more = counted(len(files) - 1, "more file differs less", "more files differ less")
        yield Paragraph(text=f"{more}: --verbose says how.")


def summary(report: VerificationReport) -> str:
    """How many candidates became what: one line."""
    words = {
        Verdict.PASS: "within tolerance",
        Verdict.INCONCLUSIVE: "inconclusive (too few images)",
        Verdict.DRIFT: "drifted beyond tolerance",
        Verdict.ERROR: "failed",
        Verdict.NOT_COMPARED: "not compared",
        Verdict.OUTDATED: Verdict.OUTDATED.words,
    }
    counts = {verdict: report.count(verdict) for verdict in Verdict}
    parts = [f"{count} {words[verdict]}" for verdict, count in counts.items() if count]
    if not any(counts[verdict] for verdict in COMPARED):
        parts.append("so nothing was compared, which does not count as a pass")
    return f"{counted(len(report.candidates), 'candidate')}: {', '.join(parts)}."


def names(report: VerificationReport, rows: Sequence[CandidateReport], *, short: bool = False) -> str:
    """Rows in words: "tflite int8 in litert-xnnpack and litert-builtin"; several files with the same runtimes together.

    With `short`, a runtime or a file whose rows are all among them is named alone.
    """
    if short and len(rows) > 1:
        if len(rows) == len(report.candidates):
            return "Every row"
        runtimes = {row.runtime for row in rows}
        if len(runtimes) == 1 and all(row in rows for row in report.candidates if row.runtime in runtimes):
            return f"Every row of {rows[0].runtime}"
    of_file = {group[0].artifact: group for group in _grouped(rows, lambda row: row.artifact)}
    titles = {artifact: _file(report, group[0]) for artifact, group in of_file.items()}
    where = {artifact: _where(report, group, short) for artifact, group in of_file.items()}
    together = _grouped(list(of_file), lambda artifact: where[artifact])
    return "; ".join(listed([titles[one] for one in same]) + where[same[0]] for same in together)


def _where(report: VerificationReport, rows: Sequence[CandidateReport], short: bool) -> str:
    """What follows the file: " in litert-xnnpack"; with `short` nothing if the file has no other rows."""
    num_rows = sum(row.artifact == rows[0].artifact for row in report.candidates)
    return "" if short and len(rows) == num_rows > 1 else f" in {listed([row.runtime for row in rows])}"


def _file(report: VerificationReport, row: CandidateReport) -> str:
    """A file in words: "tflite int8"; its name if that does not tell it from others."""
    return f"{row.format} {row.precision}" if row.precision and not is_ambiguous(report) else row.artifact


def _why(rows: Sequence[CandidateReport]) -> _Said:
    """Why the rows of one file are no pass: what is true of all of them, then of each."""
    shared = tuple(reason for reason in rows[0].reasons if all(reason in row.reasons for row in rows))
    own = {row.runtime: " ".join(_own_words(row, shared)) for row in rows}
    if len(set(own.values())) == 1:
        return _Said(rows=tuple(rows), sentences=(*rows[0].reasons, *_beyond(rows[0])))
    return _Said(rows=tuple(rows), sentences=shared, details=_by_runtime(own))


def _own_words(row: CandidateReport, shared: Sequence[str]) -> tuple[str, ...]:
    return (*(reason for reason in row.reasons if reason not in shared), *_beyond(row))


def _beyond(row: CandidateReport) -> tuple[str, ...]:
    said = changes_beyond_reasons(row.measurement, row.reasons) if row.measurement else ""
    return (said,) if said else ()


def _how(report: VerificationReport, rows: Sequence[CandidateReport]) -> Paragraph:
    """How the rows of one file differ from the reference though they pass."""
    own = {row.runtime: measurement_sentences(row.measurement) for row in rows if row.measurement}
    alike = [row for row in rows if own[row.runtime] == own[rows[0].runtime]]
    others = {runtime: words for runtime, words in own.items() if words != own[rows[0].runtime]}
    text = f"{names(report, alike)}: {rows[0].verdict}. {own[rows[0].runtime]}"
    return Paragraph(text=text, details=_by_runtime(others))


def _by_runtime(own: dict[str, str]) -> tuple[str, ...]:
    """One line each, "litert-builtin: 0.06 points higher, ..."; runtimes of which the same is said share a line."""
    same = _grouped(list(own), lambda runtime: own[runtime])
    return tuple(f"{listed(runtimes)}: {own[runtimes[0]]}" for runtimes in same if own[runtimes[0]])


def _grouped(items: Sequence[_T], key: Callable[[_T], Hashable]) -> list[list[_T]]:
    """Items of equal key together, in the order in which each key comes first."""
    groups: dict[Hashable, list[_T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
