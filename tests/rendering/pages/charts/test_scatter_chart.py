"""Points: inside of the drawing, none on another, each with a link."""

import math
import re

from support.pages import drawn

from edgekit.rendering.pages.charts import Point, scatter_chart


def test_points_lie_inside_of_the_drawing_and_lead_somewhere() -> None:
    points = [Point(x=10.0**n, y=5.0, label=str(n), words=f"point {n}", link="here") for n in range(4)]
    chart = scatter_chart("Size", points, x="kB", y="images/s", description="four", is_log=(True, False))
    made = drawn("{{ scatter_chart(chart) }}", chart=chart)
    places = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', made)]
    assert len(places) == 4
    assert all(50 <= x <= 350 and 10 <= y <= 206 for x, y in places)
    assert made.count('<a href="#here" aria-label="point') == 4


def test_no_point_covers_another_and_one_that_moved_has_a_line_to_its_place() -> None:
    points = [Point(x=1.0, y=1.0, label=str(n), words="<&>") for n in range(5)]
    chart = scatter_chart("Size", points, x="kB", y="images/s", description="five")
    places = [(one.x, one.y) for one in chart.bubbles]
    assert min(math.dist(a, b) for a in places for b in places if a is not b) >= 2 * chart.radius
    made = drawn("{{ scatter_chart(chart) }}", chart=chart)
    assert made.count('class="leader"') == 4
    assert "<title>&lt;&amp;&gt;</title>" in made
