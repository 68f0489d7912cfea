"""A page needs nothing but itself, and lets nothing in: what a user gave is text, whatever it reads like."""

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from importlib.resources import files
from typing import ClassVar

import jinja2
import pytest
from support.reports.pages import drawn

from edgekit.rendering.pages.section import Page, Section, present
from edgekit.rendering.pages.templating import environment, render_page


@dataclass(frozen=True, kw_only=True)
class Planted(Section):
    """A section that shows a command."""

    template: ClassVar[str] = "verification/provenance.html"
    facts: tuple[tuple[str, str], ...] = ()
    command: str = ""


@pytest.fixture(scope="module")
def text() -> str:
    return render_page(
        Page(
            title="résumé <x>",
            sections=present(
                Planted(heading="First & best", anchor="first", command="a < b"),
                None,
                Planted(heading="Second", anchor="second"),
            ),
            lead="In short.",
            data={"name": "</script>"},
        )
    )


def test_it_is_whole(text: str) -> None:
    assert text.startswith("<!doctype html>\n<html")
    assert "<title>résumé &lt;x&gt;</title>" in text
    assert '<a href="#first">First &amp; best</a>' in text
    assert 'id="first"' in text
    assert "a &lt; b" in text
    assert 'name="viewport"' in text
    assert 'class="skip" href="#content"' in text


def test_its_policy_allows_its_own_style_and_script_only(text: str) -> None:
    policy = unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text).group(1))
    assert "default-src 'none'" in policy
    for element in ("style", "script"):
        content = re.search(rf"<{element}>(.*?)</{element}>", text, re.DOTALL).group(1)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_it_names_no_other_place(text: str) -> None:
    assert not re.findall(r"https?://|\bsrc=|@import|url\(", text)
    assert not re.findall(r"""<[a-z][^>]*\s(?:on[a-z]+|style)=""", text)


def test_no_template_names_another_place_or_switches_escaping_off() -> None:
    templates = files("edgekit.rendering") / "templates"
    for name in environment().list_templates():
        source = templates.joinpath(name).read_text(encoding="utf-8")
        assert not re.findall(r"https?://|@import|url\(|\|\s*safe\b|autoescape|Markup", source), name
        attributes = "on[a-z]+" if name == "notebook.html" else "on[a-z]+|style"  # a notebook has its own style sheet
        assert not re.findall(rf"""<[a-z][^>]*\s(?:{attributes})=""", source), name


def test_programs_find_their_data_in_it(text: str) -> None:
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', text).group(1)
    assert json.loads(block) == {"name": "</script>"}


def test_json_cannot_end_its_element() -> None:
    document = {"class": "</script><script>alert(1)</script>", "name": "é\u2028", "comment": "<!--"}
    made = drawn("{{ data|tojson }}", data=document)
    assert "<" not in made
    assert made.isascii()
    assert json.loads(made) == document


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        render_page(Page(title="x", sections=(), data=number))


def test_text_is_escaped_and_markup_is_kept() -> None:
    made = drawn("{% call scroll(label) %}<b>{{ label }}</b>{% endcall %}", label="\"><script> & '")
    assert made.count("<script") == 0
    assert 'aria-label="&#34;&gt;&lt;script&gt; &amp; &#39;"' in made
    assert "<b>&#34;&gt;&lt;script&gt; &amp; &#39;</b>" in made


def test_control_characters_are_seen_and_harmless() -> None:
    assert drawn("<p>{{ text }}</p>", text="a\x00b\x1bc\nd\te\x85") == "<p>a\ufffdb\ufffdc\nd\te\ufffd</p>"


def test_a_name_that_no_template_knows_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'sectoin' is undefined"):
        drawn("{{ sectoin.facts }}")
