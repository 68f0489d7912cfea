"""Points over two axes, each with its name beside it: shape says one thing, colour another, a hollow point a third."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from edgekit.rendering.pages.charts.axes import axis_over
from edgekit.rendering.pages.charts.frame import BOTTOM, LEFT, RIGHT, TOP, Frame, rounded, ticks

RADIUS = 5.0
LETTER = 6.0
"""Width of a letter of a label, with some room."""

LINE = 11.0
"""Height of a label."""

MAX_LABELS = 16
"""So many points have a label; the others are named when they are pointed at."""

Place = tuple[float, float]
Box = tuple[float, float, float, float]
Shape = Literal["circle", "square", "triangle"]


@dataclass(frozen=True, kw_only=True)
class Point:
    """One point, by its values.

    Attributes:
        x: Its value across.
        y: Its value upwards.
        label: A short name, beside it.
        words: The whole story, shown when it is pointed at.
        shape: Its shape.
        style: Class of style.css for its colour: s1 to s6.
        is_hollow: Whether it is drawn as an outline.
        link: The anchor that it leads to; "" for none.
    """

    x: float
    y: float
    label: str
    words: str
    shape: Shape = "circle"
    style: str = "s1"
    is_hollow: bool = False
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One point, by its place.

    Attributes:
        point: What it stands for.
        x: Its middle, across.
        y: Its middle, downwards.
        label: Where its label begins: left end and middle of the line; None for no label.
        leader: Where a line from the point to its label ends; None if the label is beside it.
    """

    point: Point
    x: float
    y: float
    label: Place | None
    leader: Place | None


@dataclass(frozen=True, kw_only=True)
class ScatterChart:
    """A chart of points.

    Attributes:
        frame: The frame around them.
        marks: The points.
        front: "x,y x,y ...": a line through the points that nothing beats; "" for none.
        shapes: Names of the shapes, for the legend.
        styles: Names of the colours, for the legend.
        hollow: What a hollow point is, for the legend; "" if there is none.
        caption: Stands under the chart; "" for none.
        radius: Of a point.
    """

    frame: Frame
    marks: Sequence[Mark]
    front: str
    shapes: Sequence[tuple[Shape, str]]
    styles: Sequence[tuple[str, str]]
    hollow: str
    caption: str
    radius: float = RADIUS


@dataclass(frozen=True, kw_only=True)
class Legend:
    """What shapes and colours stand for.

    Attributes:
        shapes: Shape -> its name.
        styles: Class of style.css -> its name.
        hollow: What a hollow point is.
    """

    shapes: dict[Shape, str]
    styles: dict[str, str]
    hollow: str


def scatter_chart(
    title: str,
    points: Sequence[Point],
    legend: Legend,
    *,
    x: str,
    y: str,
    description: str,
    front: Sequence[int] = (),
    caption: str = "",
    is_log: tuple[bool, bool] = (False, False),
) -> ScatterChart:
    """The chart of some points; see `line_chart`. `front` are the places of the points that nothing beats."""
    across = axis_over((point.x for point in points), LEFT + 12, RIGHT - 40, is_log=is_log[0])
    up = axis_over((point.y for point in points), BOTTOM - 12, TOP + 12, is_log=is_log[1])
    places = [(rounded(across.at(point.x)), rounded(up.at(point.y))) for point in points]
    used = {(point.shape, point.style, point.is_hollow) for point in points}
    return ScatterChart(
        frame=Frame(title=title, description=description, x=x, y=y, across=ticks(across), up=ticks(up)),
        marks=list(_marks(points, places, front)),
        front=" ".join(f"{a},{b}" for a, b in sorted(places[one] for one in front)) if len(front) > 1 else "",
        shapes=[(shape, name) for shape, name in legend.shapes.items() if shape in {one[0] for one in used}],
        styles=[(style, name) for style, name in legend.styles.items() if style in {one[1] for one in used}],
        hollow=legend.hollow if any(one[2] for one in used) else "",
        caption=caption,
    )


def _marks(points: Sequence[Point], places: Sequence[Place], front: Sequence[int]) -> Iterator[Mark]:
    """The points with their labels, none of which covers another label or a point."""
    labelled = set([*front, *(one for one in range(len(points)) if one not in front)][:MAX_LABELS])
    taken = [_around(place) for place in places]
    for number, (point, place) in enumerate(zip(points, places, strict=True)):
        box = _free_box(place, len(point.label) * LETTER, taken) if number in labelled else None
        if box is None:
            yield Mark(point=point, x=place[0], y=place[1], label=None, leader=None)
            continue
        taken.append(box)
        label = (rounded(box[0]), rounded((box[1] + box[3]) / 2))
        nearest = (min(max(place[0], box[0]), box[2]), min(max(place[1], box[1]), box[3]))
        is_far = math.dist(place, nearest) > 2 * RADIUS
        yield Mark(
            point=point,
            x=place[0],
            y=place[1],
            label=label,
            leader=(rounded(nearest[0]), rounded(nearest[1])) if is_far else None,
        )


def _around(place: Place) -> Box:
    return (place[0] - RADIUS, place[1] - RADIUS, place[0] + RADIUS, place[1] + RADIUS)


def _free_box(place: Place, width: float, taken: Sequence[Box]) -> Box | None:
    """The box of a label near `place` that covers nothing: right, left, above, below, then farther away."""
    for box in _boxes(place, width):
        inside = box[0] >= LEFT and box[2] <= RIGHT and box[1] >= TOP and box[3] <= BOTTOM
        if inside and not any(_overlap(box, other) for other in taken):
            return box
    return None


def _boxes(place: Place, width: float) -> Iterator[Box]:
    x, y = place
    near = RADIUS + 2
    for down in sorted((step * LINE for step in range(-9, 10)), key=abs):
        for left in (x + near, x - near - width, x - width / 2):
            if left == x - width / 2 and abs(down) < LINE:
                continue
            yield (left, y + down - LINE / 2, left + width, y + down + LINE / 2)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
