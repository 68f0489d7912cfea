"""HTML as a type of its own: what is `Html` is kept as it stands, what is a plain `str` is escaped."""

import json
from collections.abc import Iterable
from html import escape

VOID = frozenset({"br", "hr", "img", "meta", "link"})
"""Elements without content and closing tag."""

CONTROL_CHARACTERS = {
    code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)
}
"""What no HTML file may hold; shown as a question mark in a box."""


class Html(str):
    """Markup that is safe to put into a page: made by `tag` and `join`, never from what a user gave."""

    __slots__ = ()


class Section(Html):
    """A part of a page that its contents link to.

    Attributes:
        heading: As it reads, not escaped.
        anchor: Its id.
    """

    heading: str
    anchor: str


def text(value: str) -> Html:
    """`value` as it stands, escaped; an `Html` is returned as it is."""
    return value if isinstance(value, Html) else Html(escape(value.translate(CONTROL_CHARACTERS)))


def join(parts: Iterable[str | None], separator: str = "") -> Html:
    """The parts one after the other, plain `str` escaped, None left out."""
    return Html(text(separator).join(text(part) for part in parts if part is not None))


def tag(name: str, /, *children: str | None, **attributes: object) -> Html:
    """One element: `tag("a", "to the top", href="#top", aria_label="…")`.

    Args:
        name: Of the element.
        children: Its content: plain `str` is escaped, None left out.
        attributes: An underscore in a name becomes a hyphen, one at its end is dropped (`class_`). None and False
            leave the attribute out, True gives it without a value; other values are escaped.
    """
    written = "".join(map(_attribute, attributes, attributes.values()))
    return Html(f"<{name}{written}>" if name in VOID else f"<{name}{written}>{join(children)}</{name}>")


def json_block(identifier: str, document: object) -> Html:
    """`document` as JSON that scripts and people find in the page by its id; nothing in it can end the element."""
    written = json.dumps(document, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return tag("script", Html(written), type="application/json", id=identifier)


def slug(title: str) -> str:
    """A title as part of an anchor: letters and digits of any language, hyphens between words; never empty."""
    words = "".join(character.lower() if character.isalnum() else " " for character in title).split()
    return "-".join(words) or "part"


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{text(str(value))}"'
