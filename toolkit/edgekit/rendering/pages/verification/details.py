"""Each candidate in full, behind a line that opens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from edgekit.foundation.grammar import counted
from edgekit.rendering.pages.badge import Badge, verdict_badge
from edgekit.rendering.pages.charts import LineChart
from edgekit.rendering.pages.numbers import p_value, percent, points, size
from edgekit.rendering.pages.section import Section
from edgekit.rendering.pages.verification.calibration import reliability_chart
from edgekit.rendering.pages.verification.classes import ClassDrift, class_drift
from edgekit.rendering.pages.verification.confusion import Confusions, confusions
from edgekit.rendering.pages.verification.flipped import FlippedImages, flipped_images, images_for_each
from edgekit.rendering.pages.verification.naming import anchor, title
from edgekit.rendering.terminal.candidate_table import is_ambiguous
from edgekit.verification.verdict.report import CandidateReport, Measurement, Performance, Verdict, VerificationReport
from edgekit.verification.verdict.summary import measurement_sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Facts = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class CandidateInFull:
    """All that was measured of one row.

    Attributes:
        number: Its place, from 1, worst first.
        anchor: Its id.
        is_open: Whether it is open at first.
        title: The row in words.
        verdict: What became of it.
        short: The two numbers that tell rows apart, for who reads only the closed lines.
        reasons: Why it is not a pass.
        words: What was measured, as a sentence; "" where nothing was.
        remarks: What else to know.
        facts: Names and values.
        is_same: Whether no prediction changed; then only the calibration is shown, if any.
        classes: Drift by class.
        confusions: What changed, by class.
        flipped: Images whose prediction changed.
        calibration: The calibration diagram.
    """

    number: int
    anchor: str
    is_open: bool
    title: str
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
    calibration: LineChart | None = None


@dataclass(frozen=True, kw_only=True)
class InFullSection(Section):
    """The candidates, worst first."""

    template: ClassVar[str] = "verification/in_full.html"
    heading: str = "One by one"
    anchor: str = "one-by-one"
    candidates: Sequence[CandidateInFull]


def in_full_section(report: VerificationReport, images: "NDArray[np.uint8] | None") -> InFullSection:
    """The section of a report; `images` as in `verification_page`."""
    rows = report.worst_first
    limit = images_for_each(sum(bool(row.measurement) for row in rows))
    by_file, first = is_ambiguous(report), opens_first(rows)
    names = report.dataset.class_names
    return InFullSection(
        candidates=[
            _in_full(number, row, names, images, limit, title(row, by_file=by_file), first == number - 1)
            for number, row in enumerate(rows, start=1)
        ]
    )


def opens_first(rows: Sequence[CandidateReport]) -> int | None:
    """The place of the one that is open at first: the worst that drifted; None where none did."""
    return next((place for place, row in enumerate(rows) if row.verdict is Verdict.DRIFT), None)


def _in_full(
    number: int,
    row: CandidateReport,
    names: Sequence[str],
    images: "NDArray[np.uint8] | None",
    limit: int,
    shown_title: str,
    is_open: bool,
) -> CandidateInFull:
    one = row.measurement
    is_same = one is not None and not one.class_flips and one.agreement == 1
    has_parts = one is not None and not is_same
    has_calibration = one is not None and (has_parts or one.max_abs_score_difference > 1e-3)
    return CandidateInFull(
        number=number,
        anchor=anchor(number),
        is_open=is_open,
        title=shown_title,
        verdict=verdict_badge(row.verdict),
        short=f"{points(one.accuracy_delta)} points, {percent(one.agreement)} agree" if one else "",
        reasons=row.reasons,
        words=measurement_sentence(one) if one else "",
        remarks=row.remarks,
        facts=_facts(row),
        is_same=is_same,
        classes=class_drift(one, f"Classes of {title(row)}, the greatest loss of F1 first")
        if one and has_parts
        else None,
        confusions=confusions(one, names, row.label) if one and has_parts else None,
        flipped=flipped_images(one, names, row.label, images, limit) if one and has_parts else None,
        calibration=reliability_chart(one, row.label) if one and has_calibration else None,
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
        yield "Flips where the float model was unsure", f"{one.near_tie_flips.total:,} of {flips.total:,}"
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
