"""The templates of generated code. A text is put into code by the filter of its language, or not at all."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from edgekit.bundle.code.literals import cpp_text, javascript_text, kotlin_text, python_text, swift_text

if TYPE_CHECKING:
    from jinja2 import Environment


def render(name: str, facts: Mapping[str, Any]) -> bytes:
    """The template `templates/NAME.jinja` with `facts`, in UTF-8; a name that is not among them is an error."""
    return environment().get_template(f"{name}.jinja").render(facts).encode()


@cache
def environment() -> "Environment":
    """The templates below `bundle/code/templates/`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("edgekit.bundle.code"),
        autoescape=False,  # noqa: S701 - no page: every text goes through the filter of its language
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "python": python_text,
        "javascript": javascript_text,
        "cpp": cpp_text,
        "kotlin": kotlin_text,
        "swift": swift_text,
    }
    return made
