"""A PredictReport on the terminal: one line per picture and file, and which pictures the files disagree on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgekit.execution.prediction import Prediction, PredictReport
from edgekit.foundation.grammar import counted
from edgekit.rendering.terminal.tables import Column, make_console, print_table

if TYPE_CHECKING:
    from rich.console import Console

TOP = 3
"""Classes per picture."""


def print_predictions(report: PredictReport, *, top: int = TOP, console: "Console | None" = None) -> None:
    """Print `report` to stdout, or to `console`.

    Args:
        report: What was predicted.
        top: Classes per picture, at least 1.
        console: Where it is printed.
    """
    console = console or make_console()
    files = {(one.artifact, one.runtime) for one in report.predictions}
    if report.predictions:
        _print_rows(report.predictions, top, console, is_single=len(files) == 1)
    if len(files) > 1:
        console.print(_agreement(report.predictions), markup=False)
    for sentence in report.remarks:
        console.print(sentence, markup=False)
    for sentence in report.failures:
        console.print(f"Not run: {sentence}", markup=False)


def _print_rows(rows: Sequence[Prediction], top: int, console: "Console", *, is_single: bool) -> None:
    names = ["picture", *([] if is_single else ["file"]), "prediction"]
    columns = [Column(name=name, is_file=name != "prediction") for name in names]
    cells = [
        [one.image, *([] if is_single else [f"{one.artifact} in {one.runtime}"]), _classes(one, top)] for one in rows
    ]
    title = f"{rows[0].artifact} in {rows[0].runtime}" if is_single else None
    print_table(title, columns, cells, console=console)


def _classes(one: Prediction, top: int) -> str:
    """In a line: "cat 97.2 %, dog 1.5 %"."""
    return ", ".join(f"{name} {100 * score:.1f} %" for name, score in one.top(top))


def _agreement(rows: Sequence[Prediction]) -> str:
    """On which pictures the files give different labels."""
    labels: dict[str, set[str]] = {}
    for one in rows:
        labels.setdefault(one.image, set()).add(one.label)
    different = [image for image, found in labels.items() if len(found) > 1]
    if not different:
        return f"All files give the same label for {counted(len(labels), 'picture')}."
    return f"The files give different labels for {', '.join(different)}."
