"""A page as plain values: its title, its sections in their order, and the data for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of a page under a heading that can be linked to. Each section of a page is a subclass of it.

    Attributes:
        template: Its template, below `rendering/templates/`; the section itself is called `section` there.
        heading: As it reads.
        anchor: Its id. Ids of one page must differ.
    """

    template: ClassVar[str]
    heading: str
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole page.

    Attributes:
        title: What it is about; also the heading at its top.
        sections: In their order; the contents at the top link to them.
        lead: One or two sentences under the title; "" for none.
        data: What a program reads, as JSON under the id "data"; None: nothing.
        footer: The last line, such as the version that made it; "" for none.
    """

    title: str
    sections: Sequence[Section]
    lead: str = ""
    data: Any = None
    footer: str = ""


def present(*sections: Section | None) -> tuple[Section, ...]:
    """The sections that there are."""
    return tuple(one for one in sections if one is not None)
