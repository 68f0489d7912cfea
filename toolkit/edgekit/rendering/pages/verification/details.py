"""Each file in full, folded: its worst runtime, then its other runtimes; files that pass are folded together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from edgekit.foundation.grammar import counted
from edgekit.rendering.pages.badge import Badge, verdict_badge
from edgekit.rendering.pages.charts import CalibrationChart
from edgekit.rendering.pages.numbers import p_value, percent, points, size
from edgekit.rendering.pages.section import Section
from edgekit.rendering.pages.verification.calibration import MIN_IMAGES, TOO_FEW, candidate_calibration
from edgekit.rendering.pages.verification.classes import ClassDrift, class_drift
from edgekit.rendering.pages.verification.confusion import Confusions, confusions
from edgekit.rendering.pages.verification.flipped import Album, FlippedImages
from edgekit.rendering.pages.verification.grouping import VerifiedFile
from edgekit.rendering.pages.verification.page_size import MANY_CLASSES, page_size
from edgekit.verification.verdict.report import CandidateReport, Measurement, Performance, Verdict
from edgekit.verification.verdict.summary import measurement_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Facts = list[tuple[str, str]]

LEFT_OUT = (
    "Classes, confusions, pictures and calibration are shown for the {most} worst files; verification.json has all."
)


@dataclass(frozen=True, kw_only=True)
class RowInFull:
    """All that was measured of one row.

    Attributes:
        anchor: Its id.
        title: The row in words: its file, and its runtime.
        runtime: The runtime.
        verdict: Its outcome.
        short: The two numbers that tell rows apart, for people who read only the closed lines.
        reasons: Why it is not a pass.
        words: What was measured, as a sentence; "" if nothing was.
        remarks: Notes.
        facts: Names and values.
        is_same: Whether no prediction changed; then only the calibration is shown, if any.
        classes: Drift by class.
        confusions: What changed, by class.
        flipped: Images whose prediction changed.
        calibration: The calibration diagram.
        no_calibration: Why there is none; "" if there is one, or nothing to show.
        left_out: What a page of many classes does not show of it; "" if nothing is left out.
    """

    anchor: str
    title: str
    runtime: str
    verdict: Badge
    short: str
    reasons: Sequence[str]
    words: str
    remarks: Sequence[str]
    facts: Facts
    is_same: bool = False
    classes: ClassDrift | None = None
    confusions: Confusions | None = None
    flipped: FlippedImages | None = None
    calibration: CalibrationChart | None = None
    no_calibration: str = ""
    left_out: str = ""


@dataclass(frozen=True, kw_only=True)
class FileInFull:
    """A file.

    Attributes:
        name: What it is called.
        artifact: Its path in the run.
        is_open: Whether it is open at first.
        worst: Its worst runtime.
        others: Its other runtimes.
    """

    name: str
    artifact: str
    is_open: bool
    worst: RowInFull
    others: Sequence[RowInFull]


@dataclass(frozen=True, kw_only=True)
class DetailsSection(Section):
    """The files in full.

    Attributes:
        files: Those that do not pass in every runtime, worst first.
        passing: Those that do; folded.
    """

    template: ClassVar[str] = "verification/details.html"
    heading: str = "Details"
    anchor: str = "details"
    files: Sequence[FileInFull]
    passing: Sequence[FileInFull]


def details_section(
    files: Sequence[VerifiedFile], class_names: Sequence[str], images: "NDArray[np.uint8] | None"
) -> DetailsSection:
    """The section of a report's files; `images` as in `verification_page`."""
    album = Album.of(images, class_names, num_rows=sum(bool(row.measurement) for one in files for row in one.rows))
    first = next((one.number for one in files if one.worst.verdict is Verdict.DRIFT), None)
    shown = [(one, _file(one, class_names, album, is_open=one.number == first)) for one in files]
    return DetailsSection(
        files=[full for one, full in shown if not one.passes],
        passing=[full for one, full in shown if one.passes],
    )


def _file(one: VerifiedFile, names: Sequence[str], album: Album, *, is_open: bool) -> FileInFull:
    worst, *others = (_row(one, place, names, album) for place in range(len(one.rows)))
    return FileInFull(name=one.name, artifact=one.worst.artifact, is_open=is_open, worst=worst, others=others)


def _row(file: VerifiedFile, place: int, names: Sequence[str], album: Album) -> RowInFull:
    row = file.rows[place]
    one = row.measurement
    shown = RowInFull(
        anchor=file.row_anchor(place),
        title=f"{file.name} in {row.runtime}",
        runtime=row.runtime,
        verdict=verdict_badge(row.verdict),
        short=f"{points(one.accuracy_delta)} points, {percent(one.agreement)} agree" if one else "",
        reasons=row.reasons,
        words=measurement_sentences(one) if one else "",
        remarks=row.remarks,
        facts=_facts(row),
    )
    if one is None or (place and len(names) > MANY_CLASSES):
        return shown
    if (most := page_size(len(names)).files) and file.number > most:
        return replace(shown, left_out=LEFT_OUT.format(most=most))
    return _with_parts(shown, row, one, names, album)


def _with_parts(
    shown: RowInFull, row: CandidateReport, one: Measurement, names: Sequence[str], album: Album
) -> RowInFull:
    """With classes, confusions, pictures and calibration; only the calibration if no prediction changed."""
    if not one.class_flips and one.agreement == 1:
        is_worth_it = one.max_abs_score_difference > 1e-3
        return replace(shown, is_same=True, calibration=candidate_calibration(one, row.label) if is_worth_it else None)
    return replace(
        shown,
        classes=class_drift(one, f"Classes of {shown.title}, the greatest loss of F1 first"),
        confusions=confusions(one, names, row.label),
        flipped=album.flipped_images(one, row.label),
        calibration=candidate_calibration(one, row.label),
        no_calibration=TOO_FEW if one.num_images < MIN_IMAGES and one.reliability else "",
    )


def _facts(row: CandidateReport) -> Facts:
    pairs = [*(_measured(row.measurement) if row.measurement else ())]
    if row.confidence is not None:
        pairs.append(("Stopped early", f"verdict certain at {100 * row.confidence:g} %"))
    pairs += [("Size", f"{size(row.size_bytes)} ({row.size_bytes:,} bytes)")]
    pairs += [*(_took(row.performance) if row.performance else ())]
    if row.runtime_version:
        pairs.append(("Runtime", f"{row.runtime} {row.runtime_version}"))
    return [*pairs, ("File", row.artifact), ("SHA-256", f"{row.sha256[:16]}…")]


def _measured(one: Measurement) -> Iterator[tuple[str, str]]:
    flips = one.flips
    yield "Accuracy", f"{percent(one.accuracy)} of {counted(one.num_images, 'image')}"
    yield "Change", f"{points(one.accuracy_delta)} points, p {_equals(one.mcnemar_p)}"
    if interval := one.accuracy_delta_interval:
        yield "95 % interval", f"{points(interval[0])} to {points(interval[1])} points"
    yield "Agreement", percent(one.agreement)
    yield "Right → wrong", f"{flips.right_to_wrong:,}"
    yield "Wrong → right", f"{flips.wrong_to_right:,}"
    yield "Wrong → wrong", f"{flips.wrong_to_wrong:,}"
    if one.near_tie_flips is not None:
        yield "Flips where the reference was unsure", f"{one.near_tie_flips.total:,} of {flips.total:,}"
    yield "Flips by a tie alone", f"{one.tie_flips.total:,} ({counted(one.ties, 'tie')} in all)"
    yield "Score difference", f"largest {one.max_abs_score_difference:.2g}{_mean(one)}"
    yield "KL divergence", f"{one.mean_kl_divergence:.2g} nats"
    if one.expected_calibration_error is not None and one.expected_calibration_error_delta is not None:
        change = points(one.expected_calibration_error_delta)
        yield "Calibration error", f"{percent(one.expected_calibration_error)} ({change} points)"


def _took(took: Performance) -> Iterator[tuple[str, str]]:
    sessions = counted(took.num_sessions, "session")
    yield "Speed here", f"{took.images_per_second:,.0f} images/s"
    yield "Run with", f"batch {took.batch_size}, {sessions} of {counted(took.num_threads, 'thread')}"
    yield "Peak memory", size(took.peak_rss_bytes)


def _mean(one: Measurement) -> str:
    return "" if one.mean_abs_score_difference is None else f", mean {one.mean_abs_score_difference:.2g}"


def _equals(p: float) -> str:
    said = p_value(p)
    return said if said.startswith("<") else f"= {said}"
