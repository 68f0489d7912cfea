"""Points: inside of the drawing, each with a name that covers nothing, and a link."""

import re

import pytest
from support.reports.pages import drawn

from edgekit.rendering.pages.charts import Legend, Point, ScatterChart, scatter_chart
from edgekit.rendering.pages.charts.scatter_chart import LETTER, LINE, MAX_LABELS

LEGEND = Legend(
    shapes={"circle": "tflite", "square": "onnx"}, styles={"s1": "float32", "s4": "int8"}, hollow="does not pass"
)


def chart_of(points: list[Point], **options: object) -> ScatterChart:
    return scatter_chart("Size", points, LEGEND, x="kB", y="images/s", description="some", **options)


def boxes(chart: ScatterChart) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom of each label."""
    shown = [(mark.label, len(mark.point.label)) for mark in chart.marks if mark.label]
    return [(x, y - LINE / 2, x + length * LETTER, y + LINE / 2) for (x, y), length in shown]


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_points_lie_inside_of_the_drawing_and_lead_somewhere() -> None:
    points = [Point(x=10.0**n, y=5.0, label=str(n), words=f"point {n}", link="here") for n in range(4)]
    made = drawn("{{ scatter_chart(chart) }}", chart=chart_of(points, is_log=(True, False)))
    places = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="5.0"', made)]
    assert len(places) == 4
    assert all(50 <= x <= 350 and 10 <= y <= 206 for x, y in places)
    assert made.count('<a href="#here" aria-label="point') == 4


@pytest.mark.parametrize("spread", [0.0, 0.02, 1.0])
def test_no_label_covers_another_or_a_point(spread: float) -> None:
    points = [Point(x=100 + spread * n, y=5.0 - spread * n, label=f"int8-{n}", words="w") for n in range(9)]
    chart = chart_of(points)
    found = boxes(chart)
    assert len(found) == 9
    assert not any(overlap(a, b) for a in found for b in found if a is not b)
    dots = [(mark.x - 5, mark.y - 5, mark.x + 5, mark.y + 5) for mark in chart.marks]
    assert not any(overlap(label, dot) for label in found for dot in dots)
    assert all(left >= 68 and right <= 350 and top >= 10 and bottom <= 206 for left, top, right, bottom in found)


def test_very_many_points_keep_the_labels_of_the_front() -> None:
    points = [Point(x=float(n), y=float(n % 7), label=f"{n}", words="w") for n in range(40)]
    chart = chart_of(points, front=(37, 39))
    labelled = [mark.point.label for mark in chart.marks if mark.label]
    assert len(labelled) == MAX_LABELS
    assert {"37", "39"} <= set(labelled)


def test_shape_colour_and_outline_say_what_the_legend_says() -> None:
    points = [
        Point(x=1, y=1, label="a", words="<&>", shape="circle", style="s1"),
        Point(x=2, y=2, label="<b>", words="w", shape="square", style="s4", is_hollow=True),
    ]
    made = drawn("{{ scatter_chart(chart) }}", chart=chart_of(points, front=(0, 1), caption="On <the> front"))
    assert '" class="mark s1"/>' in made
    assert re.search(r'<rect x="[\d.]+" y="[\d.]+" width="10.0" height="10.0" class="mark s4 hollow"/>', made)
    assert "<title>&lt;&amp;&gt;</title>" in made
    assert ">&lt;b&gt;</text>" in made
    assert re.findall(r"</svg>([^<]+)</li>", made) == ["tflite", "onnx", "float32", "int8", "does not pass"]
    assert "<figcaption>On &lt;the&gt; front</figcaption>" in made
    assert made.count("<polyline") == 1
    alone = drawn("{{ scatter_chart(chart) }}", chart=chart_of(points[:1]))
    assert re.findall(r"</svg>([^<]+)</li>", alone) == ["tflite", "float32"]
    assert "<polyline" not in alone
