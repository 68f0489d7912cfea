"""How a run learned: accuracy, loss and learning rate by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.rendering.pages.charts import LineChart, Series, line_chart
from edgekit.rendering.pages.section import Section
from edgekit.runs.folder import RunFolder
from edgekit.runs.summary import (
    HISTORY_COLUMNS,
    HistoryRow,
    best_row,
    epoch_in_words,
    gap_in_words,
    rate_limits,
    read_history,
)


@dataclass(frozen=True, kw_only=True)
class LearningSection(Section):
    """Curves, and every epoch as a table.

    Attributes:
        words: Which epoch is the best, and which one was saved; "" if there is no best one.
        charts: The curves.
        columns: Headings of the table.
        epochs: Its rows.
    """

    template: ClassVar[str] = "run/learning.html"
    heading: str = "Learning"
    anchor: str = "learning"
    words: str
    charts: Sequence[LineChart]
    columns: Sequence[str]
    epochs: Sequence[Sequence[str]]


def learning_section(run: RunFolder) -> LearningSection | None:
    """The section of a run; None if it has no history."""
    history = read_history(run)
    if not history:
        return None
    return LearningSection(
        words=_words(history, run.manifest.get("saved_epoch")),
        charts=_charts(history),
        columns=[name.replace("val_", "validation ").replace("_", " ") for name in HISTORY_COLUMNS],
        epochs=[[_value(name, row) for name in HISTORY_COLUMNS] for row in history],
    )


def _words(history: Sequence[HistoryRow], saved_epoch: object) -> str:
    best = best_row(history)
    said = [f"Best epoch by validation accuracy: {epoch_in_words(best)}."] if best else []
    if saved := next((row for row in history if row["epoch"] == saved_epoch), None):
        said.append(f"The model is that of epoch {epoch_in_words(saved)}.")
    return " ".join(said)


def _charts(history: Sequence[HistoryRow]) -> list[LineChart]:
    def series(name: str, column: str) -> Series:
        return Series(name=name, points=[(row["epoch"], row[column]) for row in history])

    def pair(title: str, column: str, unit: str) -> LineChart:
        lines = [series("training", column), series("validation", f"val_{column}")]
        return line_chart(title, lines, x="epoch", y=unit, is_counted=True)

    limits = rate_limits(history)
    rate = line_chart(
        "Learning rate at the end of each epoch",
        [series("learning rate", "learning_rate")],
        x="epoch",
        y="rate",
        y_limits=limits,
        is_log=limits is None,
        is_counted=True,
    )
    return [pair(gap_in_words(history), "accuracy", "share of images"), pair("Loss", "loss", "mean"), rate]


def _value(name: str, row: HistoryRow) -> str:
    return f"{row[name]:.0f}" if name == "epoch" else f"{row[name]:.6g}"
