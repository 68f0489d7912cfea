"""Lines over one axis, with a legend. Lines differ by their dashes too, not by colour alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.rendering.pages.charts.axes import Axis, axis_over
from edgekit.rendering.pages.charts.frame import BOTTOM, LEFT, RIGHT, TOP, Frame, rounded, ticks

NUM_STYLES = 6
MAX_MARKED_POINTS = 20
"""A line of more points has no dots."""

Place = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line, by its values.

    Attributes:
        name: Stands in the legend.
        points: (x, y); one that is not finite interrupts the line.
        is_guide: Drawn thin and grey, such as the diagonal of perfect calibration.
    """

    name: str
    points: Sequence[Place]
    is_guide: bool = False


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line, by its places.

    Attributes:
        name: Stands in the legend.
        style: Class of style.css: s1 to s6, or guide.
        strokes: "x,y x,y ..." for each piece that is not interrupted.
        dots: Its points, if they are few.
    """

    name: str
    style: str
    strokes: Sequence[str]
    dots: Sequence[Place]


@dataclass(frozen=True, kw_only=True)
class LineChart:
    """A chart of lines.

    Attributes:
        frame: The frame around them.
        lines: The lines; a legend names them if there are several.
        caption: Stands under the chart; "" for none.
    """

    frame: Frame
    lines: Sequence[Line]
    caption: str = ""


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    x: str,
    y: str,
    description: str | None = None,
    caption: str = "",
    x_limits: tuple[float, float] | None = None,
    y_limits: tuple[float, float] | None = None,
    is_log: bool = False,
    is_counted: bool = False,
) -> LineChart:
    """The chart of some series.

    Args:
        title: What it shows.
        series: The lines.
        x: The quantity on the horizontal axis.
        y: The quantity on the vertical axis.
        description: What can be seen in it, in words; the last values of the lines if None.
        caption: Stands under the chart.
        x_limits: Ends of the axis; by the values if None.
        y_limits: Ends of the axis; by the values if None.
        is_log: Whether the axis upwards is logarithmic.
        is_counted: Whether the horizontal axis comes in whole numbers only, as epochs do.
    """
    points = [point for one in series for point in one.points]
    across = axis_over((point[0] for point in points), LEFT, RIGHT, limits=x_limits, is_whole=is_counted)
    up = axis_over((point[1] for point in points), BOTTOM, TOP, limits=y_limits, is_log=is_log)
    frame = Frame(
        title=title, description=description or _last_values(series), x=x, y=y, across=ticks(across), up=ticks(up)
    )
    lines = tuple(_line(one, style, across, up) for style, one in zip(_styles(series), series, strict=True))
    return LineChart(frame=frame, lines=lines, caption=caption)


def _line(series: Series, style: str, across: Axis, up: Axis) -> Line:
    pieces = _pieces(series.points, across, up)
    has_dots = not series.is_guide and len(series.points) <= MAX_MARKED_POINTS
    return Line(
        name=series.name,
        style=style,
        strokes=tuple(" ".join(f"{x},{y}" for x, y in piece) for piece in pieces),
        dots=tuple(place for piece in pieces for place in piece) if has_dots else (),
    )


def _pieces(points: Sequence[Place], across: Axis, up: Axis) -> list[list[Place]]:
    """Places of the points, cut where one cannot be drawn."""
    pieces: list[list[Place]] = [[]]
    for x, y in points:
        if math.isfinite(x) and math.isfinite(y) and not (up.is_log and y <= 0):
            pieces[-1].append((rounded(across.at(x)), rounded(up.at(y))))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _styles(series: Sequence[Series]) -> list[str]:
    """Classes of the lines, in their order: s1 to s6 and again, guides apart."""
    styles, number = [], 0
    for one in series:
        styles.append("guide" if one.is_guide else f"s{number % NUM_STYLES + 1}")
        number += not one.is_guide
    return styles


def _last_values(series: Sequence[Series]) -> str:
    ends = [f"{one.name} ends at {one.points[-1][1]:.4g}" for one in series if one.points and not one.is_guide]
    return "; ".join(ends) + "." if ends else "Nothing to show."
