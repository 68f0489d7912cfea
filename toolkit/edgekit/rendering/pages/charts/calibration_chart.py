"""A calibration (reliability) diagram: accuracy by confidence, and below it how many images each bin holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.charts.axes import shown
from edgekit.rendering.pages.charts.frame import HEIGHT, LEFT, RIGHT, WIDTH, rounded
from edgekit.rendering.pages.charts.line_chart import LineChart, Series, line_chart

STRIP_TOP, STRIP_BOTTOM = HEIGHT + 18, HEIGHT + 62
LONGEST_BAR = STRIP_BOTTOM - STRIP_TOP
GAP = 1.0


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Images of about equal confidence.

    Attributes:
        num_images: So many.
        confidence: Their mean confidence, 0 to 1.
        accuracy: Share of them that are right, 0 to 1.
    """

    num_images: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class CountBar:
    """The images of one bin as a bar.

    Attributes:
        x: Its left edge.
        y: Its top.
        width: In units of the drawing.
        height: In units of the drawing.
        middle: The place of its number.
        text: Its number, in few characters.
    """

    x: float
    y: float
    width: float
    height: float
    middle: float
    text: str


@dataclass(frozen=True, kw_only=True)
class CalibrationChart:
    """The diagram and its counts.

    Attributes:
        lines: Accuracy by confidence.
        bars: Images per bin, of the last series.
        whose: Whose counts these are.
    """

    width: ClassVar[int] = WIDTH
    height: ClassVar[int] = STRIP_BOTTOM + 8
    left: ClassVar[int] = LEFT
    right: ClassVar[int] = RIGHT
    bottom: ClassVar[int] = STRIP_BOTTOM

    lines: LineChart
    bars: Sequence[CountBar]
    whose: str


def calibration_chart(title: str, bins: Mapping[str, Sequence[Bin]], *, words: str) -> CalibrationChart:
    """The diagram of some models.

    Args:
        title: What it shows.
        bins: Name of a model -> its bins, of equal width from 0 to 1; the counts are those of the last one.
        words: The calibration errors, as a sentence.
    """
    perfect = Series(name="perfect calibration", points=((0.0, 0.0), (1.0, 1.0)), is_guide=True)
    lines = [
        Series(name=name, points=[(one.confidence, one.accuracy) for one in some if one.num_images])
        for name, some in bins.items()
    ]
    whose, counted = list(bins.items())[-1]
    chart = line_chart(
        title,
        [perfect, *lines],
        x="confidence",
        y="accuracy",
        x_limits=(0.0, 1.0),
        y_limits=(0.0, 1.0),
        description=words,
        caption=f"{words} Each dot is a bin of images; below the dotted line a model is more confident than it is "
        f"accurate. Bars: images per bin, {whose}.",
    )
    return CalibrationChart(lines=chart, bars=_bars([one.num_images for one in counted]), whose=whose)


def _bars(counts: Sequence[int]) -> list[CountBar]:
    width, largest = (RIGHT - LEFT) / len(counts), max(counts, default=0)
    return [
        CountBar(
            x=rounded(LEFT + place * width + GAP),
            y=rounded(STRIP_BOTTOM - LONGEST_BAR * count / largest),
            width=rounded(width - 2 * GAP),
            height=rounded(LONGEST_BAR * count / largest),
            middle=rounded(LEFT + (place + 0.5) * width),
            text=_short(count),
        )
        for place, count in enumerate(counts)
        if count
    ]


def _short(count: int) -> str:
    """A count in few characters: "87", "1.2k", "34k"."""
    return shown(round(count, -2) if count < 10_000 else round(count, -3)) if count >= 1000 else str(count)
