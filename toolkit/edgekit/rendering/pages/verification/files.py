"""Every file in one table, worst first: one row per file with its worst runtime, the other runtimes folded below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.badge import Badge, verdict_badge
from edgekit.rendering.pages.filters import FilterGroup, filter_groups
from edgekit.rendering.pages.section import Section
from edgekit.rendering.pages.verification.grouping import VerifiedFile
from edgekit.rendering.terminal.candidate_table import num_flips
from edgekit.rendering.verification_text import summary
from edgekit.verification.verdict.report import CandidateReport, Measurement, VerificationReport

FILTERS = {"verdict": "Verdict", "runtime": "Runtime", "precision": "Precision"}


@dataclass(frozen=True, kw_only=True)
class MeasuredCells:
    """What was measured of a row; shares are 0 to 1.

    Attributes:
        accuracy: Of the candidate.
        accuracy_delta: Candidate minus reference.
        interval: 95 % interval of that; None if it was not kept.
        agreement: Share of images with the same prediction.
        num_flips: Images with another one.
        flips: The same in words, ties after a +.
        worst_f1_delta: Of the class whose F1 fell most.
        worst_class: Its name; "" if none fell.
        num_images: Images that it was run on.
        is_part: Whether these are a part of the test split.
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
    is_part: bool


@dataclass(frozen=True, kw_only=True)
class RuntimeRow:
    """A file in one runtime.

    Attributes:
        runtime: The runtime.
        verdict: Its outcome.
        anchor: The id of its details.
        keys: Key of a filter -> its value.
        measured: None if it gave no scores.
        images_per_second: None if it gave no scores.
        same_kernels_as: The runtime where the row was measured, which has the same kernels; None: it was in this one.
    """

    runtime: str
    verdict: Badge
    anchor: str
    keys: Mapping[str, str]
    measured: MeasuredCells | None
    images_per_second: float | None
    same_kernels_as: str | None = None


@dataclass(frozen=True, kw_only=True)
class FileRows:
    """A file.

    Attributes:
        name: What it is called: "int8 tflite".
        artifact: Its path in the run.
        size_bytes: Of the file.
        rows: One per runtime, the worst first.
    """

    name: str
    artifact: str
    size_bytes: int
    rows: Sequence[RuntimeRow]


@dataclass(frozen=True, kw_only=True)
class FilesSection(Section):
    """All files.

    Attributes:
        summary: How many rows became what.
        filters: Buttons above the table.
        files: Worst first.
        num_rows: Rows of all files.
    """

    template: ClassVar[str] = "verification/files.html"
    heading: str = "Files"
    anchor: str = "files"
    summary: str
    filters: Sequence[FilterGroup]
    files: Sequence[FileRows]
    num_rows: int


def files_section(report: VerificationReport, files: Sequence[VerifiedFile]) -> FilesSection:
    """The section of a report, whose files are `files`."""
    shown = [_file(one, report.dataset.num_images) for one in files]
    rows = [row for one in shown for row in one.rows]
    return FilesSection(
        summary=summary(report),
        filters=filter_groups(FILTERS, [row.keys for row in rows]),
        files=shown,
        num_rows=len(rows),
    )


def _file(one: VerifiedFile, num_images: int) -> FileRows:
    return FileRows(
        name=one.name,
        artifact=one.worst.artifact,
        size_bytes=one.worst.size_bytes,
        rows=[_row(row, one.row_anchor(place), num_images) for place, row in enumerate(one.rows)],
    )


def _row(row: CandidateReport, anchor: str, num_images: int) -> RuntimeRow:
    return RuntimeRow(
        runtime=row.runtime,
        verdict=verdict_badge(row.verdict),
        anchor=anchor,
        keys={"verdict": row.verdict.value, "runtime": row.runtime, "precision": row.precision or "unknown"},
        measured=_measured(row.measurement, num_images) if row.measurement else None,
        images_per_second=row.performance.images_per_second if row.performance else None,
        same_kernels_as=row.same_kernels_as,
    )


def _measured(one: Measurement, num_images: int) -> MeasuredCells:
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
        is_part=one.num_images < num_images,
    )
