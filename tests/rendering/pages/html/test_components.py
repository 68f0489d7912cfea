"""The parts of a page, one by one: what must be in each for eyes, ears and keyboards."""

import io
import math
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from edgekit.rendering.pages.html import (
    Cell,
    Column,
    Filter,
    Point,
    Row,
    Series,
    badge,
    delta_bar,
    details,
    image_strip,
    line_chart,
    matrix,
    photo,
    scatter_chart,
    section,
    table,
)

TWO = [Column(name="class"), Column(name="F1", is_number=True)]


def test_a_section_can_be_linked_to() -> None:
    made = section("By class", "a < b")
    assert made.anchor == "by-class"
    assert 'id="by-class"' in made
    assert 'href="#by-class"' in made
    assert "a &lt; b" in made


def test_a_table_has_a_caption_headings_and_a_box_that_scrolls() -> None:
    made = table("F1 by class", TWO, [["<script>", "0.91"], Row(cells=["dog", Cell(content="-", sort=None)])])
    assert "<caption>F1 by class</caption>" in made
    assert made.count('scope="col"') == 2
    assert '<th scope="row">&lt;script&gt;</th>' in made
    assert '<td class="number" data-sort="">-</td>' in made
    assert 'class="scroll" tabindex="0" role="region" aria-label="F1 by class"' in made


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must have 2 cells\. Received 1"):
        table("x", TWO, [["dog"]])


def test_filters_count_and_one_that_tells_nothing_apart_is_left_out() -> None:
    rows = [Row(cells=["a", "1"], keys={"verdict": each, "kind": "same"}) for each in ("pass", "drift", "pass")]
    made = table("x", TWO, rows, filters=[Filter(key="verdict", name="Verdict"), Filter(key="kind", name="Kind")])
    assert "pass (2)" in made
    assert "drift (1)" in made
    assert 'aria-label="Kind"' not in made
    assert 'class="filters"' not in table("x", TWO, rows[:1], filters=[Filter(key="verdict", name="Verdict")])


def test_a_chart_is_described_and_what_cannot_be_drawn_interrupts_it() -> None:
    points = [(1.0, 1.0), (2.0, math.nan), (3.0, 0.5), (4.0, 0.25)]
    made = line_chart("Loss", [Series(name="a&b", points=points)], x="epoch", y="loss")
    assert "<title>Loss</title><desc>a&amp;b ends at 0.25.</desc>" in made
    assert made.count("<polyline") == 2
    assert "nan" not in made
    assert "nan" not in line_chart("Rate", [Series(name="a", points=[(1, 0.0), (2, 1e-3)])], x="", y="", is_log=True)
    assert "Nothing to show." in line_chart("Empty", [], x="", y="")


def test_points_lie_inside_of_the_drawing_and_lead_somewhere() -> None:
    points = [Point(x=10.0**n, y=5.0, label=str(n), words=f"point {n}", link="here") for n in range(4)]
    made = scatter_chart("Size", points, x="kB", y="images/s", description="four", is_log=(True, False))
    places = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', made)]
    assert len(places) == 4
    assert all(50 <= x <= 350 and 10 <= y <= 206 for x, y in places)
    assert made.count('<a href="#here" aria-label="point') == 4


def test_a_loss_goes_to_the_left_and_chance_is_pale() -> None:
    assert '<rect x="26.0" y="2" width="24.0" height="10" class="bar loss marked">' in delta_bar(-1, 2, is_marked=True)
    assert '<rect x="50" y="2" width="48.0" height="10" class="bar gain">' in delta_bar(9, 2)


def test_a_matrix_says_its_numbers_and_shades_them() -> None:
    counts = matrix("c", ["a", "<b>"], [[4, 0], [1, 3]], rows="true", columns="predicted")
    assert '<td class="diagonal m9">4</td>' in counts
    assert "&lt;b&gt;" in counts
    changes = matrix("d", ["a", "b"], [[-2, 2], [0, 0]], rows="true", columns="predicted", is_change=True)
    assert '<td class="diagonal n9">-2</td><td class="m9">+2</td>' in changes


def pixels_of(html: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(b64decode(re.search(r"base64,([^\"]+)", html).group(1)))))


def test_small_photos_are_exact_and_large_ones_small() -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 24, 3)).astype(np.uint8)
    assert np.array_equal(pixels_of(photo(image, "x")), image)
    large = np.full((300, 600, 3), 200, np.uint8)
    assert pixels_of(photo(large, "x")).shape == (48, 96, 3)
    assert "image/jpeg" in photo(large, "x")
    assert 'alt="&quot;cat&quot;"' in image_strip([(photo(image, '"cat"'), badge("cat", "bad"))])


def test_details_open_when_asked() -> None:
    assert details("more", "x", is_open=True, anchor="here").startswith(
        '<details open id="here"><summary>more</summary>'
    )
