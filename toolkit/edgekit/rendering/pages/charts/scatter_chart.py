"""Labelled points over two axes, moved apart so that none covers another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.rendering.pages.badge import Tone
from edgekit.rendering.pages.charts.axes import axis_over
from edgekit.rendering.pages.charts.frame import BOTTOM, LEFT, RIGHT, TOP, Frame, rounded, ticks

RADIUS = 8.5
"""Of a point with its label."""

_STEP = 2 * RADIUS + 1
_OFFSETS = sorted(
    ((x * _STEP, y * _STEP) for x in range(-4, 5) for y in range(-4, 5)), key=lambda each: math.hypot(*each)
)

Place = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Point:
    """One point, by its values.

    Attributes:
        x: Its value across.
        y: Its value upwards.
        label: A few characters inside it, such as the number of a row.
        words: The whole story, shown when it is pointed at.
        tone: Its colour.
        link: The anchor that it leads to; "" for none.
    """

    x: float
    y: float
    label: str
    words: str
    tone: Tone = "neutral"
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Bubble:
    """One point, by its place.

    Attributes:
        point: What it stands for.
        x: Its middle, across.
        y: Its middle, downwards.
        origin: The place of its values, where the bubble had to move; None where it did not.
    """

    point: Point
    x: float
    y: float
    origin: Place | None


@dataclass(frozen=True, kw_only=True)
class ScatterChart:
    """A chart of points.

    Attributes:
        frame: What stands around them.
        bubbles: The points.
        radius: Of each.
    """

    frame: Frame
    bubbles: Sequence[Bubble]
    radius: float = RADIUS


def scatter_chart(
    title: str,
    points: Sequence[Point],
    *,
    x: str,
    y: str,
    description: str,
    is_log: tuple[bool, bool] = (False, False),
) -> ScatterChart:
    """The chart of some points; see `line_chart`."""
    across = axis_over((point.x for point in points), LEFT + 12, RIGHT - 12, is_log=is_log[0])
    up = axis_over((point.y for point in points), BOTTOM - 12, TOP + 12, is_log=is_log[1])
    places = [(rounded(across.at(point.x)), rounded(up.at(point.y))) for point in points]
    bubbles = tuple(
        Bubble(point=point, x=rounded(moved[0]), y=rounded(moved[1]), origin=None if moved == place else place)
        for point, place, moved in zip(points, places, _apart(places), strict=True)
    )
    frame = Frame(title=title, description=description, x=x, y=y, across=ticks(across), up=ticks(up))
    return ScatterChart(frame=frame, bubbles=bubbles)


def _apart(places: Sequence[Place]) -> list[Place]:
    """Where the bubbles go so that none covers another: at their places, or at the nearest free one around."""
    taken: list[Place] = []
    for place in places:
        around = ((place[0] + x, place[1] + y) for x, y in _OFFSETS)
        inside = [one for one in around if _is_inside(one)]
        free = (one for one in inside if all(math.dist(one, other) >= 2 * RADIUS for other in taken))
        taken.append(next(free, place))
    return taken


def _is_inside(place: Place) -> bool:
    return LEFT + RADIUS <= place[0] <= RIGHT - RADIUS and TOP + RADIUS <= place[1] <= BOTTOM - RADIUS
