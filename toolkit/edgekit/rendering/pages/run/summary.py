"""The key figures of a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from edgekit.metrics.weaknesses import weaknesses_of
from edgekit.rendering.pages.numbers import NOTHING, count, percent
from edgekit.rendering.pages.section import Section
from edgekit.runs.summary import TEST_IMAGES_MAY_BE_KNOWN, RunSummary


@dataclass(frozen=True, kw_only=True)
class SummarySection(Section):
    """The top of the page.

    Attributes:
        facts: Names and values.
        epochs_done: So many, if the training is not finished; None if it is.
        warnings: What must be known of the model, in whole sentences.
    """

    template: ClassVar[str] = "run/summary.html"
    heading: str = "Summary"
    anchor: str = "summary"
    facts: Sequence[tuple[str, str]]
    epochs_done: int | None
    warnings: Sequence[str]


def summary_section(summary: RunSummary, report: Mapping[str, Any] | None, *, is_external: bool) -> SummarySection:
    """The section of a run; `is_external`: edgekit did not train its model."""
    is_finished = summary.status == "finished"
    may_be_known = is_external and summary.test_accuracy is not None
    return SummarySection(
        facts=_facts(summary, is_external),
        epochs_done=None if is_finished else summary.epochs or 0,
        warnings=[*_weaknesses(report), *([TEST_IMAGES_MAY_BE_KNOWN] if may_be_known else [])],
    )


def _weaknesses(report: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What is wrong with the model by itself, out of report.json."""
    if report is None or not {"confusion_matrix", "confusion_cells"} & set(report):
        return ()
    return weaknesses_of(_cells(report), [row["class"] for row in report["per_class"]])


def _cells(report: Mapping[str, Any]) -> Iterable[tuple[int, int, int]]:
    """Pairs of true and predicted class, and how many images they have."""
    if "confusion_cells" in report:
        return report["confusion_cells"]
    rows = report["confusion_matrix"]
    return ((true, given, images) for true, row in enumerate(rows) for given, images in enumerate(row))


def _facts(summary: RunSummary, is_external: bool) -> list[tuple[str, str]]:
    size = NOTHING if summary.size_bytes is None else f"{summary.size_bytes / 1000:,.0f} kB"
    model = [("Parameters", count(summary.num_parameters)), ("model.keras", size)]
    if is_external:
        return [("Test accuracy", percent(summary.test_accuracy)), *model]
    return [
        ("Test accuracy", percent(summary.test_accuracy)),
        ("Validation accuracy, best epoch", percent(summary.validation_accuracy)),
        ("Best epoch", f"{count(summary.best_epoch)} of {count(summary.epochs)}"),
        ("Saved epoch", count(summary.saved_epoch)),
        *model,
        ("Training", NOTHING if summary.seconds is None else f"{summary.seconds:,.0f} s"),
    ]
