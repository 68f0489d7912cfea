"""The templates of pages: Jinja2 with autoescape, the policy of the page, and the filters that write numbers.

What a user gave is escaped wherever it appears; a name that no template knows is an error and not an empty place.
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from edgekit.rendering.pages import numbers
from edgekit.rendering.pages.section import Page

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

POLICY = (
    "default-src 'none'; img-src data:; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
)
"""The page may show its own pictures and use its own style and script; it may load and send nothing."""

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What no HTML file may hold."""


def render_page(page: Page) -> str:
    """The page as one HTML file; raises ValueError if its data hold NaN or infinity."""
    style, script = _asset("style.css"), _asset("script.js")
    return (
        environment()
        .get_template("page.html")
        .render(
            page=page,
            style=style,
            script=script,
            policy=POLICY.format(style=_source(style), script=_source(script)),
        )
    )


@cache
def environment() -> "Environment":
    """The templates below `rendering/templates/`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("edgekit.rendering"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    made.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    made.filters |= {name: getattr(numbers, name) for name in numbers.FILTERS}
    return made


def _visible(value: Any) -> Any:
    """A value as it is put into a page: control characters of a text show as a question mark in a box."""
    from markupsafe import Markup

    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return CONTROL_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", value)


@cache
def _asset(name: str) -> "Markup":
    """A file beside the templates, as it is; nothing in it may end the element that it is put into."""
    from markupsafe import Markup

    content = (files("edgekit.rendering") / "templates" / name).read_text(encoding="utf-8")
    if "</" in content:
        raise ValueError(f"{name} holds '</', which would end its element.")
    return Markup(content)  # noqa: S704 - a file of this package


def _source(content: str) -> str:
    """As a source of a Content-Security-Policy."""
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"
