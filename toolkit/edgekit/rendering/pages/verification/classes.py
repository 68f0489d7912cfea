"""Drift by class: F1 and recall, as numbers and as bars; what is significant is marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.rendering.pages.charts import DeltaBar, delta_bar
from edgekit.rendering.pages.verification.page_size import page_size
from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.measuring.measurement import ClassResult, Measurement

MIN_SCALE = 0.005
"""The bars are drawn to the largest change of the table, at least to this one, so that little looks like little."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change, -1 to 1, and its bar."""

    value: float
    bar: DeltaBar


@dataclass(frozen=True, kw_only=True)
class DriftRow:
    """One class.

    Attributes:
        name: The class.
        support: Its images.
        f1_before: F1 of the reference, 0 to 1.
        f1: F1 of the candidate, 0 to 1.
        f1_change: Of F1.
        recall_change: Of recall.
        p: Of the change of recall, after Holm's correction.
        is_significant: Whether p is small.
    """

    name: str
    support: int
    f1_before: float
    f1: float
    f1_change: Change
    recall_change: Change
    p: float
    is_significant: bool


@dataclass(frozen=True, kw_only=True)
class ClassDrift:
    """The classes that lost most F1, the greatest loss first.

    Attributes:
        caption: Of the table.
        rows: The worst classes.
        num_shown: So many.
        num_left_out: So many more are there.
    """

    caption: str
    rows: Sequence[DriftRow]
    num_shown: int
    num_left_out: int


def class_drift(one: Measurement, caption: str) -> ClassDrift:
    """The drift of each class, or of the worst if there are many."""
    shown = sorted(one.per_class, key=lambda each: each.f1_delta)[: page_size(len(one.per_class)).classes]
    largest = max(MIN_SCALE, *(abs(change) for each in shown for change in (each.f1_delta, each.recall_delta)))
    return ClassDrift(
        caption=caption,
        rows=[_row(each, largest) for each in shown],
        num_shown=len(shown),
        num_left_out=len(one.per_class) - len(shown),
    )


def is_significant(each: ClassResult) -> bool:
    """Whether its recall changed by more than chance."""
    return each.recall_mcnemar_p_holm < SIGNIFICANCE


def _row(each: ClassResult, largest: float) -> DriftRow:
    def change(value: float) -> Change:
        return Change(value=value, bar=delta_bar(value, largest, is_marked=is_significant(each)))

    return DriftRow(
        name=each.class_name,
        support=each.support,
        f1_before=each.f1 - each.f1_delta,
        f1=each.f1,
        f1_change=change(each.f1_delta),
        recall_change=change(each.recall_delta),
        p=each.recall_mcnemar_p_holm,
        is_significant=is_significant(each),
    )
