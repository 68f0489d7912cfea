"""A page needs nothing but itself, and lets nothing in."""

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

from edgekit.rendering.pages.html import page, paragraph, section


@pytest.fixture(scope="module")
def text() -> str:
    return page(
        "résumé <x>",
        section("First & best", paragraph("one")),
        None,
        section("Second", section("Below", "two", level=3)),
        lead="In short.",
        data={"name": "</script>"},
    )


def test_it_is_whole(text: str) -> None:
    assert text.startswith("<!doctype html>\n<html")
    assert "<title>résumé &lt;x&gt;</title>" in text
    assert '<a href="#first-best">First &amp; best</a>' in text
    assert '<a href="#below">' not in text
    assert 'name="viewport"' in text
    assert 'class="skip" href="#content"' in text


def test_its_policy_allows_its_own_style_and_script_only(text: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text).group(1)
    assert "default-src &#x27;none&#x27;" in policy
    for element in ("style", "script"):
        content = re.search(rf"<{element}>(.*?)</{element}>", text, re.DOTALL).group(1)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{element}-src &#x27;sha256-{digest}&#x27;" in policy
    assert "unsafe" not in policy


def test_it_names_no_other_place(text: str) -> None:
    assert not re.findall(r"https?://|\bsrc=|@import|url\(", text)
    assert not re.findall(r"""<[a-z][^>]*\s(?:on[a-z]+|style)=""", text)


def test_programs_find_their_data_in_it(text: str) -> None:
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', text).group(1)
    assert json.loads(block) == {"name": "</script>"}


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        page("x", data=float("nan"))
