"""Runs side by side, on the terminal and as Markdown. Computes nothing."""

from typing import TYPE_CHECKING

from edgekit.foundation.files.printable import one_line
from edgekit.rendering.pages.numbers import count
from edgekit.rendering.terminal.tables import Column, make_console, print_table
from edgekit.runs.summary import RunComparison, RunSummary

if TYPE_CHECKING:
    from rich.console import Console

HEADINGS = ("run", "recipe", "parameters", "kB", "epochs", "best", "val.\n%", "saved", "test\n%", "seconds")
"""`kB` is the size of model.keras, `best` the epoch with the highest validation accuracy, which `val.` is, and
`saved` the one whose model was saved, which `test` belongs to."""
LEAST_IMPORTANT = ("kB", "saved", "seconds", "parameters", "epochs")
NUM_WORDS = 2
"""How many columns, from the left, hold words."""


def print_runs(comparison: RunComparison, console: "Console | None" = None) -> None:
    """The table on stdout, or on `console`, with what keeps its numbers from being compared below it."""
    columns = [Column(name="run", is_file=True), Column(name="recipe", wrap=False)]
    columns += [Column(name=name, align="right") for name in HEADINGS[NUM_WORDS:]]
    if len(comparison.datasets) > 1:
        columns.append(Column(name="data"))
    console = console or make_console()
    print_table(None, columns, rows_of(comparison), console=console, least_important=LEAST_IMPORTANT)
    for remark in comparison.remarks:
        console.print(remark, markup=False)


def runs_markdown(comparison: RunComparison) -> str:
    """The same as GitHub-flavoured Markdown."""
    several = len(comparison.datasets) > 1
    headings = [*(name.replace("\n", " ") for name in HEADINGS), *(["data"] if several else [])]
    rules = ["---"] * NUM_WORDS + ["---:"] * (len(HEADINGS) - NUM_WORDS) + ["---"] * several
    lines = ["| " + " | ".join(headings) + " |", "|" + "|".join(rules) + "|"]
    lines += ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in rows_of(comparison)]
    remarks = [f"\n{_escaped(remark)}" for remark in comparison.remarks]
    return "\n".join([*lines, *remarks])


def rows_of(comparison: RunComparison) -> list[list[str]]:
    """The cells of each run; with the letter and name of its data if there are several."""
    letters = comparison.datasets
    rows = []
    for run in comparison.runs:
        data = [f"{letters[run.dataset_sha256]}: {run.dataset or '-'}"] if len(letters) > 1 else []
        rows.append([*_cells(run), *data])
    return rows


def _cells(run: RunSummary) -> list[str]:
    return [
        run.run,
        run.recipe or "-",
        count(run.num_parameters),
        "-" if run.size_bytes is None else f"{run.size_bytes / 1000:,.0f}",
        count(run.epochs),
        count(run.best_epoch),
        _percent(run.validation_accuracy),
        count(run.saved_epoch),
        _percent(run.test_accuracy),
        "-" if run.seconds is None else f"{run.seconds:,.0f}",
    ]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _escaped(text: str) -> str:
    return one_line(" ".join(text.splitlines())).replace("|", "\\|")
