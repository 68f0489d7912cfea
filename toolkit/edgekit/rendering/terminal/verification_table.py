"""A VerificationReport on the terminal: one line per file, worst first, then why, then one line of summary."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from edgekit.foundation.grammar import counted
from edgekit.rendering import resize_words
from edgekit.rendering.recommendations import recommendations
from edgekit.rendering.terminal.candidate_table import print_candidates
from edgekit.rendering.terminal.pairwise_table import print_pairwise
from edgekit.rendering.terminal.tables import Column, make_console, print_table
from edgekit.rendering.verification_text import (
    FILE_OF_SCORES,
    Paragraph,
    explanations,
    passes_in_words,
    reference_name,
    remarks,
    summary,
)
from edgekit.verification.measuring.resize_effect import ResizeCheck
from edgekit.verification.verdict.report import VerificationReport
from edgekit.verification.verdict.targets import Target

if TYPE_CHECKING:
    from rich.console import Console


def print_verification(
    report: VerificationReport,
    *,
    by_runtime: bool = True,
    verbose: bool = False,
    targets: Sequence[Target] = (),
    console: "Console | None" = None,
) -> None:
    """Print `report` to stdout, or to `console`.

    Args:
        report: What was verified.
        by_runtime: One line for each runtime of a file, not only for the worst.
        verbose: Say of every row in words what was measured.
        targets: Those for which a file is recommended; none: all.
        console: Where it is printed.
    """
    console = console or make_console()
    print_candidates(report, headline(report), console, by_runtime=by_runtime)
    if report.pairwise:
        print_pairwise(report, console=console)
        console.print()
    if report.resize_check:
        _print_resize_check(report.resize_check, console)
        console.print()
    for paragraphs in (explanations(report), remarks(report), passes_in_words(report, verbose=verbose)):
        _print_paragraphs(paragraphs, console)
    if report.dataset.image_rule or report.dataset.image_notes:
        console.print(f"Images: {resize_words.images_in_words(report.dataset)}.", markup=False)
    console.print(summary(report), markup=False)
    for line in recommendations(report, targets):
        console.print(line, markup=False, highlight=False)


def headline(report: VerificationReport) -> str:
    """What was compared on what: one line."""
    data = report.dataset
    runtime = report.reference.runtime
    of = f"a {runtime}" if runtime == FILE_OF_SCORES else f"the {reference_name(report.reference)} in {runtime}"
    return (
        f"Compared with {of}: accuracy {report.reference.accuracy:.2%} on "
        f"{counted(data.num_images, f'{data.split} image')} of {data.name}"
    )


def _print_resize_check(check: ResizeCheck, console: "Console") -> None:
    first, *numbers = resize_words.headings(check)
    columns = [Column(name=first, wrap=True), *(Column(name=name, align="right", wrap=False) for name in numbers)]
    print_table(resize_words.TITLE, columns, resize_words.rows(check), console=console)
    for line in resize_words.notes(check):
        console.print(line, markup=False)


def _print_paragraphs(paragraphs: Iterable[Paragraph], console: "Console") -> None:
    """With a blank line after them, if there are any; details are set in."""
    from rich.padding import Padding
    from rich.text import Text

    shown = list(paragraphs)
    for paragraph in shown:
        console.print(Text(paragraph.text))
        for line in paragraph.details:
            console.print(Padding(Text(line), (0, 0, 0, 2), expand=False))
    if shown:
        console.print()
