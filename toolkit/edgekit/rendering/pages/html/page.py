"""The page around its sections: head, policy, style, script, contents. One string, which needs nothing else."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from edgekit.rendering.pages.html.markup import Html, Section, json_block, tag

POLICY = (
    "default-src 'none'; img-src data:; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
)
"""The page may show its own pictures and use its own style and script; it may load and send nothing."""


def page(
    title: str,
    *sections: Html | None,
    lead: str | None = None,
    data: object = None,
    footer: str | None = None,
) -> str:
    """A whole HTML file.

    Args:
        title: What it is about; also the heading at its top.
        sections: Made by `section`; those that stand here directly are its contents. None is left out.
        lead: One or two sentences under the heading.
        data: What a program reads, as JSON under the id "data"; None: nothing. NaN is refused (ValueError).
        footer: What stands at its end, such as the version that made it.
    """
    style, script = _asset("style.css"), _asset("script.js")
    policy = POLICY.format(style=_hash(style), script=_hash(script))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(style)),
    )
    shown = [one for one in sections if one is not None]
    body = tag(
        "body",
        tag("a", "Skip to the content", class_="skip", href="#content"),
        tag("header", tag("h1", title), tag("p", lead, class_="lead") if lead else None, _contents(shown)),
        tag("main", *shown, id="content", tabindex="-1"),
        tag("footer", tag("p", footer)) if footer else None,
        None if data is None else json_block("data", data),
        tag("script", Html(script)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _contents(sections: list[Html]) -> Html | None:
    """Links to the sections."""
    links = [tag("a", one.heading, href=f"#{one.anchor}") for one in sections if isinstance(one, Section)]
    return tag("nav", tag("ul", *(tag("li", link) for link in links)), aria_label="Contents") if links else None


@cache
def _asset(name: str) -> str:
    """A file of this package; nothing in it may end the element that it is put into."""
    content = (files("edgekit.rendering.pages.html") / name).read_text(encoding="utf-8")
    if "</" in content:
        raise ValueError(f"{name} holds '</', which would end its element.")
    return content


def _hash(content: str) -> str:
    """As a source of a Content-Security-Policy."""
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"
