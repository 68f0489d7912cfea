"""Size, speed and accuracy against each other, and which candidates nothing else beats."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.badge import TONES
from edgekit.rendering.pages.charts import Point, ScatterChart, scatter_chart
from edgekit.rendering.pages.numbers import points, size
from edgekit.rendering.pages.section import Section
from edgekit.rendering.pages.verification.naming import anchor, title
from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport


@dataclass(frozen=True, kw_only=True)
class FrontierSection(Section):
    """Two charts and a list.

    Attributes:
        charts: Size against speed, and against accuracy.
        best: The candidates that pass and are not beaten in all three, in words.
    """

    template: ClassVar[str] = "verification/frontier.html"
    heading: str = "Size, speed, accuracy"
    anchor: str = "frontier"
    charts: Sequence[ScatterChart]
    best: Sequence[str]


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
            f"{self.number}: {title(self.row)}: {size(self.row.size_bytes)}, {self.speed:,.0f} images/s, "
            f"{points(self.change)} points, {self.row.verdict}"
        )


def frontier_section(report: VerificationReport) -> FrontierSection | None:
    """The section of a report; None where nothing was measured."""
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
    return FrontierSection(
        charts=[_chart(placed, is_speed=True), _chart(placed, is_speed=False)],
        best=[one.words for one in sorted(named, key=lambda one: one.row.size_bytes)],
    )


def unbeaten(costs: Sequence[tuple[float, ...]]) -> list[int]:
    """The places of those that no other beats: at most as costly in everything, and cheaper in something."""
    return [
        place
        for place, own in enumerate(costs)
        if not any(all(a <= b for a, b in zip(other, own, strict=True)) and other != own for other in costs)
    ]


def _chart(placed: Sequence[_Placed], *, is_speed: bool) -> ScatterChart:
    marks = [
        Point(
            x=one.row.size_bytes / 1000,
            y=one.speed if is_speed else 100 * one.change,
            label=str(one.number),
            words=one.words,
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
        description="; ".join(one.words for one in placed),
        is_log=(True, is_speed),
    )
