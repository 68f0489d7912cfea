"""Size, speed and accuracy against each other, and which candidates nothing else beats."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.rendering.pages.html import Html, Point, bullets, figures, paragraph, scatter_chart, section
from edgekit.rendering.pages.verification.wording import TONES, anchor, points, size, title
from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """A row that has all three: size, speed, change of accuracy."""

    number: int
    row: CandidateReport
    speed: float
    change: float

    @property
    def words(self) -> str:
        return (
            f"{title(self.row)}: {size(self.row.size_bytes)}, {self.speed:,.0f} images/s, "
            f"{points(self.change)} points, {self.row.verdict}"
        )


def frontier_section(report: VerificationReport) -> Html | None:
    """Two charts and the candidates that pass and are not beaten in all three; None where nothing was measured."""
    placed = [
        _Placed(
            number=number,
            row=row,
            speed=row.performance.images_per_second,
            change=row.measurement.accuracy_delta,
        )
        for number, row in enumerate(report.worst_first, start=1)
        if row.performance and row.measurement
    ]
    if not placed:
        return None
    best = unbeaten([(one.row.size_bytes, -one.speed, -one.change) for one in placed])
    named = [placed[place] for place in best if placed[place].row.verdict is Verdict.PASS]
    said = bullets(f"{one.number}: {one.words}" for one in sorted(named, key=lambda one: one.row.size_bytes))
    return section(
        "Size, speed, accuracy",
        paragraph(
            "Numbers are those of the table above. Speed is this machine's; on a phone even the order may differ.",
            is_muted=True,
        ),
        figures([_chart(placed, is_speed=True), _chart(placed, is_speed=False)]),
        paragraph("Passing, and nothing here is smaller, faster and more accurate at once:") if said else None,
        said,
        anchor="frontier",
    )


def unbeaten(costs: Sequence[tuple[float, ...]]) -> list[int]:
    """The places of those that no other beats: at most as costly in everything, and cheaper in something."""
    return [
        place
        for place, own in enumerate(costs)
        if not any(all(a <= b for a, b in zip(other, own, strict=True)) and other != own for other in costs)
    ]


def _chart(placed: Sequence[_Placed], *, is_speed: bool) -> Html:
    marks = [
        Point(
            x=one.row.size_bytes / 1000,
            y=one.speed if is_speed else 100 * one.change,
            label=str(one.number),
            words=f"{one.number}: {one.words}",
            tone=TONES[one.row.verdict],
            link=anchor(one.number),
        )
        for one in placed
    ]
    return scatter_chart(
        "Size and speed" if is_speed else "Size and accuracy",
        marks,
        x="kB (smaller is left)",
        y="images/s (faster is up)" if is_speed else "accuracy, points",
        description="; ".join(f"{one.number}: {one.words}" for one in placed),
        is_log=(True, is_speed),
    )
