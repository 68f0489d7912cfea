"""Lines: where they are, how they are named, and what cannot be drawn."""

import math

from support.reports.pages import drawn

from edgekit.rendering.pages.charts import Series, line_chart


def draw(title: str, series: list[Series], **options: object) -> str:
    return drawn("{{ line_chart(chart) }}", chart=line_chart(title, series, x="x", y="y", **options))


def test_a_chart_is_described_and_what_cannot_be_drawn_interrupts_it() -> None:
    points = [(1.0, 1.0), (2.0, math.nan), (3.0, 0.5), (4.0, 0.25)]
    made = draw("Loss", [Series(name="a&b", points=points)])
    assert "<title>Loss</title><desc>a&amp;b ends at 0.25.</desc>" in made
    assert made.count("<polyline") == 2
    assert "nan" not in made
    assert "nan" not in draw("Rate", [Series(name="a", points=[(1, 0.0), (2, 1e-3)])], is_log=True)
    assert "Nothing to show." in draw("Empty", [])


def test_several_lines_have_a_legend_and_their_own_styles() -> None:
    names = ("one", "<two>")
    lines = [Series(name=name, points=[(0, number), (1, 2)]) for number, name in enumerate(names)]
    made = draw("t", [Series(name="guide", points=[(0, 0), (1, 1)], is_guide=True), *lines])
    assert made.count("<li>") == 3
    assert "&lt;two&gt;</li>" in made
    assert [f'class="line {style}"' in made for style in ("guide", "s1", "s2", "s3")] == [True, True, True, False]
    assert "<li>" not in draw("t", lines[:1])


def test_places_are_those_of_the_values() -> None:
    chart = line_chart("t", [Series(name="a", points=[(0, 0), (1, 1)])], x="x", y="y",
                       x_limits=(0, 1), y_limits=(0, 1))  # fmt: skip
    assert chart.lines[0].strokes == ("68.0,206.0 350.0,10.0",)
    assert chart.lines[0].dots == ((68.0, 206.0), (350.0, 10.0))
    many = line_chart("t", [Series(name="a", points=[(n, n) for n in range(21)])], x="x", y="y")
    assert many.lines[0].dots == ()
