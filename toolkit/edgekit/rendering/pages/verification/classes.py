"""Drift by class: F1 and recall, as numbers and as bars; what is more than chance is marked."""

from edgekit.rendering.pages.html import Cell, Column, Html, badge, delta_bar, join, paragraph, table, tag
from edgekit.rendering.pages.verification.wording import p_value, points
from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.measuring.measurement import ClassResult, Measurement

MAX_CLASSES = 30
"""Rows of the table."""

MIN_SCALE = 0.005
"""The bars are drawn to the largest change of the table, at least to this one, so that little looks like little."""

COLUMNS = (
    Column(name="class"),
    Column(name="images", is_number=True),
    Column(name="F1, float, %", is_number=True),
    Column(name="F1, here, %", is_number=True),
    Column(name="F1, points", is_number=True, explanation="Candidate minus float model"),
    Column(name="recall, points", is_number=True, explanation="Candidate minus float model"),
    Column(name="p of recall", is_number=True, explanation="Exact McNemar test, Holm's correction for the classes"),
)


def class_drift(one: Measurement, caption: str) -> Html:
    """The classes that lost most F1 first; the worst where there are many."""
    shown = sorted(one.per_class, key=lambda each: each.f1_delta)[:MAX_CLASSES]
    changes = [abs(change) for each in shown for change in (each.f1_delta, each.recall_delta)]
    largest = max(MIN_SCALE, *changes)
    rows = [_row(each, largest) for each in shown]
    left_out = len(one.per_class) - len(shown)
    return join(
        [
            table(caption, COLUMNS, rows),
            paragraph(
                f"The {MAX_CLASSES} classes that lost most; {left_out:,} more are in verification.json.", is_muted=True
            )
            if left_out
            else None,
        ]
    )


def is_significant(each: ClassResult) -> bool:
    """Whether its recall changed by more than chance."""
    return each.recall_mcnemar_p_holm < SIGNIFICANCE


def _row(each: ClassResult, largest: float) -> list[str | Cell]:
    p = each.recall_mcnemar_p_holm
    said = join([p_value(p), " ", badge("significant", "warning")]) if is_significant(each) else p_value(p)
    return [
        each.class_name,
        f"{each.support:,}",
        f"{100 * (each.f1 - each.f1_delta):.2f}",
        f"{100 * each.f1:.2f}",
        *(_change(change, largest, is_marked=is_significant(each)) for change in (each.f1_delta, each.recall_delta)),
        Cell(content=said, sort=p),
    ]


def _change(change: float, largest: float, *, is_marked: bool) -> Cell:
    """A bar and its number."""
    number = tag("span", points(change), class_="bar-number")
    return Cell(content=join([delta_bar(change, largest, is_marked=is_marked), number]), sort=change)
