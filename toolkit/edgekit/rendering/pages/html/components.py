"""The small parts of a page: sections, facts, badges, notes, details, code, figures."""

from collections.abc import Iterable, Sequence
from typing import Literal

from edgekit.rendering.pages.html.markup import Html, Section, join, slug, tag

Tone = Literal["good", "warning", "bad", "neutral"]
"""What a colour means; the words beside it say the same."""


def section(title: str, *content: str | None, level: int = 2, anchor: str | None = None) -> Section:
    """A part of the page under a heading that can be linked to; those of level 2 stand in the page's contents.

    Args:
        title: The heading.
        content: What stands below it.
        level: 2 to 4.
        anchor: Its id; made from the title if None. Ids of one page must differ.
    """
    identifier = anchor or slug(title)
    link = tag("a", "#", class_="anchor", href=f"#{identifier}", aria_label=f"Link to: {title}")
    heading = tag(f"h{level}", title, " ", link, id=f"{identifier}-title")
    made = Section(tag("section", heading, *content, id=identifier, aria_labelledby=f"{identifier}-title"))
    made.heading, made.anchor = title, identifier
    return made


def paragraph(*content: str | None, is_muted: bool = False) -> Html:
    """Running text."""
    return tag("p", *content, class_="muted" if is_muted else None)


def bullets(items: Iterable[str]) -> Html | None:
    """A list; None where there is nothing to list."""
    made = [tag("li", item) for item in items]
    return tag("ul", *made) if made else None


def facts(pairs: Iterable[tuple[str, str]], *, is_large: bool = False) -> Html:
    """Names and values side by side, as many in a row as fit; `is_large` for the figures that matter most."""
    cells = [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs]
    return tag("dl", *cells, class_="facts large" if is_large else "facts")


def badge(words: str, tone: Tone) -> Html:
    """A word in colour, such as a verdict."""
    return tag("span", words, class_=f"badge {tone}")


def note(*content: str | None, tone: Tone = "neutral") -> Html:
    """A remark that stands apart."""
    return tag("div", *content, class_=f"note {tone}")


def details(summary: str, *content: str | None, is_open: bool = False, anchor: str | None = None) -> Html:
    """What is read by who opens it; a link to its anchor, or to a place in it, opens it."""
    return tag("details", tag("summary", summary), tag("div", *content, class_="inside"), open=is_open, id=anchor)


def code_block(code: str) -> Html:
    """A command or a file, as it stands; scrolls inside its own box."""
    return tag("pre", tag("code", code), tabindex="0", role="region", aria_label="Code")


def figure(content: str, caption: str | None = None) -> Html:
    """Anything with a caption under it."""
    below = tag("figcaption", caption) if caption else None
    return tag("figure", content, below)


def figures(content: Sequence[str | None], *, is_large: bool = False) -> Html:
    """Figures side by side, as many as fit; `is_large` for matrices and pictures, which need more room than charts."""
    return tag("div", join(content), class_="figures large" if is_large else "figures")


def open_all() -> Html:
    """A button that opens, or closes, all `details` beside it: those with the same parent, and below."""
    return tag("button", "Open all", type="button", class_="open-all")
