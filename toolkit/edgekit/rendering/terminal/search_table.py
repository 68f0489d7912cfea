"""What `edgekit tune` prints and draws: the trials by size, the frontier, and the winner on the test split."""

from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.foundation.grammar import counted
from edgekit.rendering import figures
from edgekit.rendering.terminal.tables import Column, make_console, print_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from edgekit.search.job import TuneReport
    from edgekit.search.trial import Trial

COLUMNS = (
    Column(name="", wrap=False),
    Column(name="file"),
    Column(name="kB", align="right", wrap=False),
    Column(name="acc.\npoints", align="right", wrap=False),
    Column(name="flips\n%", align="right", wrap=False),
    Column(name="img/s", align="right", wrap=False),
    Column(name="budget", wrap=False),
)


def print_tuning(report: "TuneReport", console: "Console | None" = None) -> None:
    """Print the trials, smallest first, and the verdict, to stdout, or to `console`."""
    console = console or make_console()
    title = f"{counted(len(report.trials), 'trial')} on {report.images}; {report.budget.text}"
    ordered = sorted(report.trials, key=lambda trial: (not trial.is_measured, trial.size_bytes or 0, trial.flips or 0))
    on_frontier = {trial.name for trial in report.frontier}
    rows = [_cells(report, trial, trial.name in on_frontier) for trial in ordered]
    console.print(title, markup=False)
    print_table(None, COLUMNS, rows, console=console)
    for trial in ordered:
        if trial.error:
            console.print(f"{trial.name}: {trial.error}", markup=False)
    for line in _verdict(report):
        console.print(line, markup=False)


def save_frontier(report: "TuneReport") -> Path:
    """Draw size against flips of every trial into the run's `tuning/frontier.png`; returns the path."""
    path = report.frontier_path
    points = [(one.name, (one.size_bytes or 0) / 1000, one.flips or 0.0) for one in report.trials if one.is_measured]
    figure = figures.size_against_flips(
        points,
        frontier=[trial.name for trial in report.frontier],
        chosen=report.chosen.name if report.chosen else None,
        max_flips=report.budget.max_flips,
    )
    figures.save(figure, path)
    return path


def _cells(report: "TuneReport", trial: "Trial", is_on_frontier: bool) -> list["str | Text"]:
    from rich.text import Text

    mark = ">" if report.chosen and trial.name == report.chosen.name else "*" if is_on_frontier else ""
    if not trial.is_measured:
        return [mark, trial.name, "", "", "", "", Text("failed", style="bold red")]
    excess = trial.excess(report.budget)
    verdict = Text(f"{excess:.2f} over", style="yellow") if excess else Text("within", style="green")
    return [
        mark,
        trial.name,
        f"{(trial.size_bytes or 0) / 1000:,.1f}",
        _points(trial),
        f"{trial.flips:.2f}",
        f"{trial.images_per_second:,.0f}",
        verdict,
    ]


def _verdict(report: "TuneReport") -> list[str]:
    marks = "* on the frontier: no other file is as small with fewer flips."
    if report.chosen is None:
        closest = report.closest
        if closest is None:
            return ["Nothing could be measured, so nothing was chosen."]
        return [
            marks,
            f"No file keeps to the budget. The closest is {closest.name}: {_words(closest)}. Allow more, or fine-tune "
            f"the model first: edgekit compress RUN --qat",
        ]
    lines = [f"> chosen; {marks}", f"Chosen: {report.chosen.name}, {_words(report.chosen)}: {report.artifact}"]
    if report.test is not None:
        lines.append(f"On the test split, measured once: {report.test.summary}")
        lines.extend(report.test.reasons)
    return lines


def _words(trial: "Trial") -> str:
    return (
        f"{(trial.size_bytes or 0) / 1000:,.1f} kB, {_points(trial)} points of accuracy and "
        f"{trial.flips:.2f} % flips on {trial.num_images:,} images"
    )


def _points(trial: "Trial") -> str:
    """The change of accuracy, candidate minus float model, in points; no change is no minus."""
    return f"{round(-(trial.accuracy_drop or 0.0), 2) + 0.0:+.2f}"
