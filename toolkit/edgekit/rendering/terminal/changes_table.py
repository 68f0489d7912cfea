"""What changed between two verifications, on the terminal: a line per candidate, what is worse first, then why."""

from typing import TYPE_CHECKING

from edgekit.foundation.grammar import counted, noun
from edgekit.rendering.terminal.tables import Column, make_console, print_table
from edgekit.verification.verdict.report_changes import Change, ReportChanges

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

COLUMNS = [
    Column(name="file", is_file=True),
    Column(name="runtime", wrap=False),
    Column(name="verdict", wrap=False),
    Column(name="acc.\npoints", align="right", wrap=False),
    Column(name="agree\npoints", align="right", wrap=False),
    Column(name="size", align="right", wrap=False),
    Column(name="speed", align="right", wrap=False),
]


def print_changes(changes: ReportChanges, console: "Console | None" = None) -> None:
    """Print `changes` to stdout, or to `console`."""
    console = console or make_console()
    ordered = sorted(changes.candidates, key=lambda change: not change.worse)
    print_table(_headline(changes), COLUMNS, map(_cells, ordered), console=console, least_important=("speed", "size"))
    for said, titles in _explanations(ordered).items():
        console.print(f"{'; '.join(titles)}: {said}", markup=False)
    for line in (*changes.refused, *changes.remarks):
        console.print(line)
    console.print(_summary(changes), markup=False)


def _explanations(ordered: list[Change]) -> dict[str, list[str]]:
    """What is said -> the candidates of which it is said, in their order."""
    explanations: dict[str, list[str]] = {}
    for change in ordered:
        if said := " ".join((*change.worse, *change.remarks)):
            explanations.setdefault(said, []).append(change.title)
    return explanations


def _headline(changes: ReportChanges) -> str:
    old, new = changes.old_reference_accuracy, changes.new_reference_accuracy
    if old == new:
        return f"The reference's accuracy is {new:.2%}, as before"
    return f"The reference's accuracy was {old:.2%} and is {new:.2%} ({100 * (new - old):+.2f} points)"


def _summary(changes: ReportChanges) -> str:
    worse = sum(bool(change.worse) for change in changes.candidates)
    total = len(changes.candidates)
    margin = f"{changes.max_worsening:g} {noun(changes.max_worsening, 'point')}"
    if changes.refused:
        return (
            f"The reports do not use the same reference and limits; {worse} of {counted(total, 'candidate')} got worse."
        )
    if worse:
        return f"{worse} of {counted(total, 'candidate')} got worse (margin: {margin})."
    return f"None of {counted(total, 'candidate')} got worse by more than {margin}."


def _cells(change: Change) -> list["str | Text"]:
    from rich.text import Text

    return [
        change.artifact,
        change.runtime,
        Text(_verdict(change), style="bold red" if change.worse else ""),
        _points(change.accuracy_change),
        _points(change.agreement_change),
        _size(change),
        "" if change.speed_ratio is None else f"x {change.speed_ratio:.2f}",
    ]


def _verdict(change: Change) -> str:
    if change.old_verdict is None:
        return f"new: {change.new_verdict}"
    if change.new_verdict is None:
        return f"gone: {change.old_verdict}"
    if change.old_verdict is change.new_verdict:
        return str(change.new_verdict)
    return f"{change.old_verdict} -> {change.new_verdict}"


def _points(value: float | None) -> str:
    if value is None:
        return ""
    return "=" if value == 0 else f"{100 * value:+.2f}"


def _size(change: Change) -> str:
    """The change in percent; "same file" if not a byte changed."""
    if change.size_bytes_change is None or change.size_bytes is None:
        return ""
    if change.same_file:
        return "same file"
    old = change.size_bytes - change.size_bytes_change
    return f"{100 * change.size_bytes_change / old:+.1f} %" if old else f"{change.size_bytes_change:+,} B"
