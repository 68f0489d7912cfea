"""What every chart has around its lines or points: title, description, two axes with their ticks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.charts.axes import Axis, shown

WIDTH, HEIGHT = 360, 250
LEFT, RIGHT, TOP, BOTTOM = 68, 350, 10, 206


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A place on an axis, in units of the drawing, and its label."""

    place: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The frame of a chart.

    Attributes:
        title: What it shows.
        description: What can be seen in it, in words.
        x: The quantity on the horizontal axis.
        y: The quantity on the vertical axis.
        across: Ticks from left to right.
        up: Ticks from bottom to top.
    """

    width: ClassVar[int] = WIDTH
    height: ClassVar[int] = HEIGHT
    left: ClassVar[int] = LEFT
    right: ClassVar[int] = RIGHT
    top: ClassVar[int] = TOP
    bottom: ClassVar[int] = BOTTOM

    title: str
    description: str
    x: str
    y: str
    across: Sequence[Tick]
    up: Sequence[Tick]


def ticks(axis: Axis) -> tuple[Tick, ...]:
    """The ticks of an axis."""
    return tuple(Tick(place=rounded(axis.at(value)), text=shown(value)) for value in axis.ticks)


def rounded(value: float) -> float:
    """A place, exact enough to be drawn."""
    return round(value, 2)
