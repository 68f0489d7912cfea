"""The rows of a report by file: what is one line on the page, with its worst runtime first."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.rendering.terminal.candidate_table import is_ambiguous
from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport


@dataclass(frozen=True, kw_only=True)
class VerifiedFile:
    """One file in all its runtimes.

    Attributes:
        number: Its place on the page, from 1, worst first.
        name: What the page calls it: "int8 tflite", or its file if others have the same precision.
        rows: One per runtime, the worst first; at least one.
    """

    number: int
    name: str
    rows: Sequence[CandidateReport]

    @property
    def worst(self) -> CandidateReport:
        """The row that the file is judged by."""
        return self.rows[0]

    @property
    def passes(self) -> bool:
        """Whether it passes in every runtime."""
        return all(row.verdict is Verdict.PASS for row in self.rows)

    @property
    def anchor(self) -> str:
        """The id of its details."""
        return f"file-{self.number}"

    def row_anchor(self, place: int) -> str:
        """The id of the details of `rows[place]`."""
        return f"{self.anchor}-{place + 1}" if place else self.anchor


def files_of(report: VerificationReport) -> list[VerifiedFile]:
    """The files of a report, worst first."""
    by_file: dict[str, list[CandidateReport]] = {}
    for row in report.worst_first:
        by_file.setdefault(row.artifact, []).append(row)
    ambiguous = is_ambiguous(report) or _has_namesakes([rows[0] for rows in by_file.values()])
    return [
        VerifiedFile(number=number, name=file_name(rows[0], by_file=ambiguous), rows=rows)
        for number, rows in enumerate(by_file.values(), start=1)
    ]


def file_name(row: CandidateReport, *, by_file: bool = False) -> str:
    """A file in words: "int8 tflite"; by its path if others have the same precision."""
    return row.artifact if by_file or row.precision is None else f"{row.precision} {row.format}"


def _has_namesakes(rows: Sequence[CandidateReport]) -> bool:
    names = [file_name(row) for row in rows]
    return len(set(names)) < len(names)
