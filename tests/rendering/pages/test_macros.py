"""The parts of a page, one by one: what must be in each for eyes, ears and keyboards."""

from support.reports.pages import drawn

from edgekit.rendering.pages.badge import Badge
from edgekit.rendering.pages.charts import delta_bar
from edgekit.rendering.pages.filters import filter_groups
from edgekit.rendering.pages.matrix import make_matrix
from edgekit.rendering.pages.pictures import Picture


def test_a_table_has_a_caption_headings_and_a_box_that_scrolls() -> None:
    made = drawn(
        '{% call table("F1 by class", [words("class"), number("F1", "2 TP")], id="f1") %}<tr></tr>{% endcall %}'
    )
    assert "<caption>F1 by class</caption>" in made
    assert made.count('scope="col"') == 2
    assert '<th scope="col" class="number"><button type="button" title="2 TP">F1</button></th>' in made
    assert 'class="scroll" tabindex="0" role="region" aria-label="F1 by class"' in made
    assert '<table id="f1" class="data">' in made
    assert "<tbody>\n<tr></tr></tbody>" in made


def test_a_heading_that_does_not_sort_is_no_button() -> None:
    made = drawn('{{ number("F1", "2 TP", sortable=False) }}{{ words("class", sortable=False) }}')
    assert '<th scope="col" class="number" title="2 TP">F1</th>' in made
    assert '<th scope="col">class</th>' in made
    assert "<button" not in made


def test_filters_count_and_one_that_tells_nothing_apart_is_left_out() -> None:
    rows = [{"verdict": each, "kind": "same"} for each in ("pass", "drift", "pass")]
    names = {"verdict": "Verdict", "kind": "Kind"}
    made = drawn('{{ filters(groups, "table", 3) }}', groups=filter_groups(names, rows))
    assert "pass (2)" in made
    assert "drift (1)" in made
    assert "3 of 3 rows match" in made
    assert 'aria-label="Kind"' not in made
    assert drawn('{{ filters(groups, "table", 1) }}', groups=filter_groups(names, rows[:1])) == ""


def test_a_loss_goes_to_the_left_and_chance_is_pale() -> None:
    loss, gain = (drawn("{{ delta_bar(bar) }}", bar=bar) for bar in (delta_bar(-1, 2, is_marked=True), delta_bar(9, 2)))
    assert '<rect x="26.0" y="2" width="24.0" height="10" class="bar loss marked"/>' in loss
    assert '<rect x="50" y="2" width="48.0" height="10" class="bar gain"/>' in gain


def test_a_matrix_says_its_numbers_and_shades_them() -> None:
    counts = make_matrix("c", ["a", "<b>"], [[4, 0], [1, 3]], rows="true", columns="predicted")
    made = drawn("{{ matrix(one) }}", one=counts)
    assert '<td class="diagonal m9">4</td>' in made
    assert '<td class="none">·</td>' in made
    assert "&lt;b&gt;" in made
    changes = make_matrix("d", ["a", "b"], [[-2, 2], [0, 0]], rows="true", columns="predicted", is_change=True)
    made = drawn("{{ matrix(one) }}", one=changes)
    assert '<td class="diagonal n9">-2</td><td class="m9">+2</td>' in made


def test_pictures_have_words() -> None:
    picture = Picture(uri="data:image/png;base64,AA==", words='a "cat"', is_small=True)
    for macro in ("thumbnail", "figure"):
        assert 'alt="a &#34;cat&#34;"' in drawn(f"{{{{ {macro}(one) }}}}", one=picture)
    assert 'class="pixels" width="96"' in drawn("{{ thumbnail(one) }}", one=picture)


def test_small_parts() -> None:
    assert drawn("{{ badge(one) }}", one=Badge(words="a<b", tone="bad")) == '<span class="badge bad">a&lt;b</span>'
    assert drawn("{{ bullets([]) }}") == ""
    assert "<li>&amp;</li>" in drawn("{{ bullets(['&']) }}")
    assert '<dl class="facts large">' in drawn("{{ facts([('a', 1)], large=True) }}")
    assert "<code>a &amp;&amp; b</code>" in drawn("{{ code('a && b') }}")
    assert drawn("{% call note('good') %}<p>{{ '<' }}</p>{% endcall %}") == '<div class="note good"><p>&lt;</p></div>'
