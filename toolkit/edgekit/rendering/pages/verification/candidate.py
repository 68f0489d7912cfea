"""One candidate in full, behind a line that opens."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgekit.foundation.grammar import counted
from edgekit.rendering.pages.html import Html, bullets, details, facts, figures, join, note, paragraph, tag
from edgekit.rendering.pages.verification.calibration import reliability_chart
from edgekit.rendering.pages.verification.classes import class_drift
from edgekit.rendering.pages.verification.confusion import confusion_figures
from edgekit.rendering.pages.verification.flipped import flipped_images
from edgekit.rendering.pages.verification.wording import (
    TONES,
    anchor,
    p_value,
    percent,
    points,
    size,
    title,
    verdict,
)
from edgekit.verification.verdict.report import CandidateReport, Measurement, Performance, Verdict
from edgekit.verification.verdict.summary import measurement_sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def candidate_details(
    number: int,
    row: CandidateReport,
    names: tuple[str, ...],
    images: "NDArray[np.uint8] | None",
    *,
    max_images: int,
    by_file: bool,
    is_open: bool,
) -> Html:
    """All that was measured of one row.

    Args:
        number: Its place, from 1, worst first.
        row: The row.
        names: C class names.
        images: uint8 (N, H, W, 3), the test split; None: no pictures.
        max_images: Flipped images to show.
        by_file: Whether only its file tells it from others.
        is_open: Whether it is open at first.
    """
    line = join(
        [
            tag("span", f"{number}", class_="index"),
            tag("strong", title(row, by_file=by_file)),
            " ",
            verdict(row),
            _short(row),
        ]
    )
    said = [paragraph(measurement_sentence(row.measurement))] if row.measurement else []
    reasons = note(bullets(row.reasons), tone=TONES[row.verdict]) if row.reasons else None
    parts = [] if row.measurement is None else list(_parts(row, row.measurement, names, images, max_images))
    back = tag("p", tag("a", "Back to all candidates", href="#all"))
    content = (reasons, *said, bullets(row.remarks), _facts(row), *parts, back)
    return details(line, *content, is_open=is_open, anchor=anchor(number))


def _short(row: CandidateReport) -> Html:
    """The two numbers that tell rows apart, for who reads only the closed lines."""
    one = row.measurement
    told = f"{points(one.accuracy_delta)} points, {percent(one.agreement)} agree" if one else ""
    return tag("span", told, class_="told")


def _parts(
    row: CandidateReport, one: Measurement, names: tuple[str, ...], images: "NDArray[np.uint8] | None", limit: int
) -> Iterator[Html | None]:
    """Classes, confusions, calibration, pictures; only the calibration where no prediction changed."""
    if not one.class_flips and one.agreement == 1:
        yield paragraph("No prediction changed, so classes and confusions are those of the float model.", is_muted=True)
        yield figures([reliability_chart(one, row.label)]) if one.max_abs_score_difference > 1e-3 else None
        return
    yield tag("h3", "Drift by class")
    yield class_drift(one, f"Classes of {title(row)}, the greatest loss of F1 first")
    yield tag("h3", "Who is taken for whom")
    yield confusion_figures(one, names, row.label)
    yield tag("h3", "Flipped images")
    yield flipped_images(one, names, row.label, images, limit)
    yield tag("h3", "As sure as right")
    yield figures([reliability_chart(one, row.label)])


def _facts(row: CandidateReport) -> Html:
    pairs = [*(_measured(row.measurement) if row.measurement else ())]
    if row.confidence is not None:
        pairs.append(("Stopped early", f"verdict certain at {100 * row.confidence:g} %"))
    pairs += [("Size", f"{size(row.size_bytes)} ({row.size_bytes:,} bytes)")]
    pairs += [*(_took(row.performance) if row.performance else ())]
    if row.runtime_version:
        pairs.append(("Runtime", f"{row.runtime} {row.runtime_version}"))
    pairs += [("File", row.artifact), ("SHA-256", f"{row.sha256[:16]}…")]
    return facts(pairs)


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


def opens_first(rows: list[CandidateReport]) -> int | None:
    """The place of the one that stands open: the worst that drifted; None where none did."""
    return next((place for place, row in enumerate(rows) if row.verdict is Verdict.DRIFT), None)
