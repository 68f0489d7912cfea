"""The loss if the app resizes differently."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.section import Section
from edgekit.rendering.resize_words import TITLE, headings, notes, rows
from edgekit.verification.verdict.report import VerificationReport


@dataclass(frozen=True, kw_only=True)
class ResizeSection(Section):
    """Accuracy and flips under each other resize rule.

    Attributes:
        headings: Of the columns of numbers.
        rows: A rule, then its cells.
        notes: What is seen in it.
    """

    template: ClassVar[str] = "verification/resizing.html"
    heading: str = TITLE
    anchor: str = "resizing"
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str]


def resize_section(report: VerificationReport) -> ResizeSection | None:
    """The section of a report; None if that was not asked for."""
    check = report.resize_check
    if check is None:
        return None
    return ResizeSection(headings=headings(check)[1:], rows=rows(check), notes=notes(check))
