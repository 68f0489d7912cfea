"""The numbers of a run that matter most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.numbers import NOTHING, count, percent
from edgekit.rendering.pages.section import Section
from edgekit.runs.summary import RunSummary


@dataclass(frozen=True, kw_only=True)
class SummarySection(Section):
    """The top of the page.

    Attributes:
        facts: Names and values.
        epochs_done: So many, where the training is not finished; None where it is.
    """

    template: ClassVar[str] = "run/summary.html"
    heading: str = "Summary"
    anchor: str = "summary"
    facts: Sequence[tuple[str, str]]
    epochs_done: int | None


def summary_section(summary: RunSummary) -> SummarySection:
    """The section of a run."""
    is_finished = summary.status == "finished"
    return SummarySection(facts=_facts(summary), epochs_done=None if is_finished else summary.epochs or 0)


def _facts(summary: RunSummary) -> list[tuple[str, str]]:
    return [
        ("Test accuracy", percent(summary.test_accuracy)),
        ("Validation accuracy, best epoch", percent(summary.validation_accuracy)),
        ("Best epoch", f"{count(summary.best_epoch)} of {count(summary.epochs)}"),
        ("Saved epoch", count(summary.saved_epoch)),
        ("Parameters", count(summary.num_parameters)),
        ("model.keras", NOTHING if summary.size_bytes is None else f"{summary.size_bytes / 1000:,.0f} kB"),
        ("Training", NOTHING if summary.seconds is None else f"{summary.seconds:,.0f} s"),
    ]
