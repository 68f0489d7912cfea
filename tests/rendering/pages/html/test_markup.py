"""What a user gave is text on a page, whatever it reads like."""

import json

from edgekit.rendering.pages.html import join, tag
from edgekit.rendering.pages.html.markup import json_block, slug


def test_text_is_escaped_and_markup_is_kept() -> None:
    assert tag("p", "<script>", tag("b", 'a & "b"')) == "<p>&lt;script&gt;<b>a &amp; &quot;b&quot;</b></p>"
    assert join(["<", tag("br"), None, "é"], ", ") == "&lt;, <br>, é"


def test_attributes_are_escaped_named_and_left_out() -> None:
    made = tag("th", class_='"><script>', aria_label="x", hidden=True, title=None, open=False, x=0)
    assert made == '<th class="&quot;&gt;&lt;script&gt;" aria-label="x" hidden x="0"></th>'


def test_control_characters_are_seen_and_harmless() -> None:
    assert tag("p", "a\x00b\x1bc\nd") == "<p>a\ufffdb\ufffdc\nd</p>"


def test_json_cannot_end_its_element() -> None:
    document = {"class": "</script><script>alert(1)</script>", "name": "é\u2028"}
    made = json_block("data", document)
    assert made.count("<") == 2
    assert json.loads(made.partition(">")[2].rpartition("<")[0]) == document


def test_anchors_are_made_of_any_language() -> None:
    assert slug("Wörse, by class!") == "wörse-by-class"
    assert slug("<>") == "part"
