"""Charts as inline SVG, 360 units wide so that their words can be read on a phone; wide screens show several a row.

Colours come from style.css (classes s1 to s6), so that they follow light and dark; lines differ by dashes and points
by shapes too. Every chart has a title and a description for who cannot see it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.rendering.pages.html.axes import Axis, axis_over, shown
from edgekit.rendering.pages.html.components import Tone, figure
from edgekit.rendering.pages.html.markup import Html, join, tag

WIDTH, HEIGHT = 360, 250
LEFT, RIGHT, TOP, BOTTOM = 68, 350, 10, 206
NUM_STYLES = 6
MAX_MARKED_POINTS = 20
"""A line of more points has no dots."""

RADIUS = 8.5
"""Of a point with its label."""

_STEP = 2 * RADIUS + 1
_OFFSETS = sorted(
    ((x * _STEP, y * _STEP) for x in range(-4, 5) for y in range(-4, 5)), key=lambda each: math.hypot(*each)
)


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a chart.

    Attributes:
        name: Stands in the legend.
        points: (x, y); one that is not finite interrupts the line.
        is_guide: Drawn thin and grey, such as the diagonal of what would be perfect.
    """

    name: str
    points: Sequence[tuple[float, float]]
    is_guide: bool = False


@dataclass(frozen=True, kw_only=True)
class Point:
    """One point of a scatter chart.

    Attributes:
        x: Its place.
        y: Its place.
        label: A few characters inside it, such as the number of a row.
        words: The whole story, shown when it is pointed at.
        tone: Its colour.
        link: The anchor that it leads to.
    """

    x: float
    y: float
    label: str
    words: str
    tone: Tone = "neutral"
    link: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """Two axes, what stands at them, and what is drawn between them."""

    across: Axis
    up: Axis
    x: str
    y: str
    title: str
    description: str
    content: Sequence[Html]


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    x: str,
    y: str,
    description: str | None = None,
    caption: str | None = None,
    x_limits: tuple[float, float] | None = None,
    y_limits: tuple[float, float] | None = None,
    is_log: bool = False,
    is_counted: bool = False,
) -> Html:
    """Lines over one axis, with a legend.

    Args:
        title: What it shows.
        series: The lines.
        x: What stands across.
        y: What stands upwards.
        description: What can be seen in it, in words; the last values of the lines if None.
        caption: Stands under the title.
        x_limits: Ends of the axis; by the values if None.
        y_limits: Ends of the axis; by the values if None.
        is_log: Whether the axis upwards is logarithmic.
        is_counted: Whether what stands across comes in whole numbers only, as epochs do.
    """
    points = [point for one in series for point in one.points]
    across = axis_over((point[0] for point in points), LEFT, RIGHT, limits=x_limits, is_whole=is_counted)
    up = axis_over((point[1] for point in points), BOTTOM, TOP, limits=y_limits, is_log=is_log)
    numbered = list(zip(_styles(series), series, strict=True))
    frame = _Frame(
        across=across,
        up=up,
        x=x,
        y=y,
        title=title,
        description=description or _last_values(series),
        content=[_line(one, style, across, up) for style, one in numbered],
    )
    return figure(join([tag("p", title, class_="figure-title"), _drawing(frame), _legend(numbered)]), caption)


def scatter_chart(
    title: str,
    points: Sequence[Point],
    *,
    x: str,
    y: str,
    description: str,
    is_log: tuple[bool, bool] = (False, False),
) -> Html:
    """Labelled points over two axes; see `line_chart`."""
    across = axis_over((point.x for point in points), LEFT + 12, RIGHT - 12, is_log=is_log[0])
    up = axis_over((point.y for point in points), BOTTOM - 12, TOP + 12, is_log=is_log[1])
    places = [(across.at(point.x), up.at(point.y)) for point in points]
    bubbles = _apart(places)
    frame = _Frame(
        across=across,
        up=up,
        x=x,
        y=y,
        title=title,
        description=description,
        content=[
            join(_leader(*each) for each in zip(places, bubbles, strict=True)),
            *(_point(*each) for each in zip(points, bubbles, strict=True)),
        ],
    )
    return figure(join([tag("p", title, class_="figure-title"), _drawing(frame)]))


def delta_bar(value: float, largest: float, *, is_marked: bool = False) -> Html:
    """A bar from a line in the middle, to the left for a loss; for tables, where the number stands beside it.

    Args:
        value: The change.
        largest: The change that fills half of the width, above 0.
        is_marked: Whether the change is more than chance; others are pale.
    """
    length = round(48 * min(1.0, abs(value) / largest), 2)
    start = 50 - length if value < 0 else 50
    kind = f"bar {'loss' if value < 0 else 'gain'}{' marked' if is_marked else ''}"
    bar = tag("rect", x=start, y=2, width=max(length, 0.5 if value else 0), height=10, class_=kind)
    zero = tag("line", x1=50, x2=50, y1=0, y2=14, class_="zero")
    return tag("svg", bar, zero, viewBox="0 0 100 14", class_="delta-bar", aria_hidden="true")


def _drawing(frame: _Frame) -> Html:
    return tag(
        "svg",
        tag("title", frame.title),
        tag("desc", frame.description),
        *_grid(frame),
        *frame.content,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=f"{frame.title}. {frame.description}",
        class_="chart",
    )


def _grid(frame: _Frame) -> list[Html]:
    across, up = frame.across, frame.up
    parts = [tag("rect", x=LEFT, y=TOP, width=RIGHT - LEFT, height=BOTTOM - TOP, class_="plane")]
    for value in up.ticks:
        place = _px(up.at(value))
        parts.append(tag("line", x1=LEFT, x2=RIGHT, y1=place, y2=place, class_="grid"))
        parts.append(tag("text", shown(value), x=LEFT - 6, y=place, dy="0.35em", text_anchor="end"))
    for value in across.ticks:
        place = _px(across.at(value))
        parts.append(tag("line", x1=place, x2=place, y1=TOP, y2=BOTTOM, class_="grid"))
        parts.append(tag("text", shown(value), x=place, y=BOTTOM + 16, text_anchor="middle"))
    middle = (TOP + BOTTOM) / 2
    parts.append(tag("text", frame.x, x=(LEFT + RIGHT) / 2, y=HEIGHT - 8, text_anchor="middle", class_="axis"))
    turned = f"rotate(-90 11 {middle})"
    parts.append(tag("text", frame.y, x=11, y=middle, text_anchor="middle", class_="axis", transform=turned))
    return parts


def _line(series: Series, style: str, across: Axis, up: Axis) -> Html:
    strokes = [
        tag("polyline", points=" ".join(f"{_px(x)},{_px(y)}" for x, y in piece), class_=f"line {style}")
        for piece in _pieces(series.points, across, up)
    ]
    dots = []
    if not series.is_guide and len(series.points) <= MAX_MARKED_POINTS:
        placed = [place for piece in _pieces(series.points, across, up) for place in piece]
        dots = [tag("circle", cx=_px(x), cy=_px(y), r=2.6, class_=f"dot {style}") for x, y in placed]
    return tag("g", tag("title", series.name), *strokes, *dots)


def _pieces(points: Sequence[tuple[float, float]], across: Axis, up: Axis) -> list[list[tuple[float, float]]]:
    """Places of the points, cut where one cannot be drawn."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if math.isfinite(x) and math.isfinite(y) and not (up.is_log and y <= 0):
            pieces[-1].append((across.at(x), up.at(y)))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _point(point: Point, bubble: tuple[float, float]) -> Html:
    """A bubble with the label."""
    x, y = map(_px, bubble)
    shape = tag("circle", cx=x, cy=y, r=RADIUS)
    label = tag("text", point.label, x=x, y=y, dy="0.35em", text_anchor="middle")
    drawn = tag("g", tag("title", point.words), shape, label, class_=f"point {point.tone}")
    return tag("a", drawn, href=f"#{point.link}", aria_label=point.words) if point.link else drawn


def _leader(place: tuple[float, float], bubble: tuple[float, float]) -> Html | None:
    """A line from the place that a bubble stands for, where it had to move."""
    if place == bubble:
        return None
    (x, y), (at_x, at_y) = place, bubble
    line = tag("line", x1=_px(x), y1=_px(y), x2=_px(at_x), y2=_px(at_y), class_="leader")
    return join([line, tag("circle", cx=_px(x), cy=_px(y), r=2.5, class_="spot")])


def _apart(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where the bubbles go so that none covers another: at their places, or at the nearest free one around."""
    taken: list[tuple[float, float]] = []
    for place in places:
        around = ((place[0] + x, place[1] + y) for x, y in _OFFSETS)
        inside = [one for one in around if _is_inside(one)]
        free = (one for one in inside if all(math.dist(one, other) >= 2 * RADIUS for other in taken))
        taken.append(next(free, place))
    return taken


def _is_inside(bubble: tuple[float, float]) -> bool:
    return LEFT + RADIUS <= bubble[0] <= RIGHT - RADIUS and TOP + RADIUS <= bubble[1] <= BOTTOM - RADIUS


def _legend(numbered: Sequence[tuple[str, Series]]) -> Html | None:
    items = [
        tag(
            "li",
            tag(
                "svg",
                tag("line", x1=0, x2=26, y1=6, y2=6, class_=f"line {style}"),
                viewBox="0 0 26 12",
                aria_hidden="true",
                class_="key",
            ),
            one.name,
        )
        for style, one in numbered
    ]
    return tag("ul", *items, class_="legend") if len(items) > 1 else None


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


def _px(value: float) -> float:
    return round(value, 2)
