"""How often candidates agree with each other: a compact matrix, and one sentence on the pair that differs most."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgekit.foundation.grammar import letters
from edgekit.rendering.terminal.tables import Column, print_table
from edgekit.verification.measuring.pairwise import Pair, PairwiseAgreement
from edgekit.verification.verdict.report import VerificationReport

if TYPE_CHECKING:
    from rich.console import Console

MAX_GROUPS = 8
"""Columns of the matrix that fit a terminal."""

SAME = "="
"""The content of the diagonal."""


def print_pairwise(report: VerificationReport, *, console: "Console") -> None:
    """Print the matrix, its sentence and who stands together; nothing if it was not asked for."""
    if report.pairwise is None:
        return
    headings, rows = matrix(report.pairwise, MAX_GROUPS)
    columns = [Column(name="", wrap=True), *(Column(name=name, align="right", wrap=False) for name in headings)]
    print_table("How often they agree with each other, % of the images of both", columns, rows, console=console)
    for line in notes(report.pairwise, MAX_GROUPS):
        console.print(line, markup=False)


def matrix(pairwise: PairwiseAgreement, max_groups: int | None = None) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of the matrix, one line for candidates that always agree.

    Args:
        pairwise: What was compared.
        max_groups: Show only so many, those that agree least with another; None: all.
    """
    groups = _shown(pairwise, max_groups)
    headings = [letters(number) for number in range(len(groups))]
    rows = [
        [f"{letter} {_named(pairwise, group)}", *(_cell(pairwise, group[0], other[0]) for other in groups)]
        for letter, group in zip(headings, groups, strict=True)
    ]
    return headings, rows


def notes(pairwise: PairwiseAgreement, max_groups: int | None = None) -> Iterator[str]:
    """The pair that differs most; what is left out."""
    yield most_different(pairwise)
    hidden = len(pairwise.groups) - len(_shown(pairwise, max_groups))
    if hidden:
        yield f"{hidden} more that differ less are in verification.md and verification.json."


def most_different(pairwise: PairwiseAgreement) -> str:
    """One sentence: the pair that agrees least, and the one file that differs most from runtime to runtime."""
    worst, same_file = pairwise.most_different(), pairwise.most_different(same_artifact=True)
    if worst is None:
        return f"All {len(pairwise.candidates)} candidates give the same predictions."
    artifact, runtime = pairwise.candidates[worst.first]
    other_artifact, other_runtime = pairwise.candidates[worst.second]
    if artifact == other_artifact:
        return f"Most different: the same file, {artifact}, in {runtime} and {other_runtime}: {_differs(worst)}."
    sentence = f"Most different: {artifact} in {runtime} and {other_artifact} in {other_runtime}: {_differs(worst)}"
    if same_file is None:
        return f"{sentence}."
    name, first = pairwise.candidates[same_file.first]
    second = pairwise.candidates[same_file.second][1]
    return f"{sentence}; of one file in two runtimes: {name} in {first} and {second}: {_differs(same_file)}."


def _differs(pair: Pair) -> str:
    return f"{pair.num_differing:,} of {pair.num_images:,} predictions ({1 - pair.agreement:.1%})"


def _shown(pairwise: PairwiseAgreement, max_groups: int | None) -> list[list[int]]:
    """The groups in their order; if they are too many, those that agree least with another."""
    groups = pairwise.groups
    if max_groups is None or len(groups) <= max_groups:
        return groups
    lowest = {group[0]: min(_known(pairwise, group[0])) for group in groups}
    kept = sorted(groups, key=lambda group: lowest[group[0]])[:max_groups]
    return [group for group in groups if group in kept]


def _known(pairwise: PairwiseAgreement, place: int) -> list[float]:
    return [value for value in pairwise.agreement[place] if value is not None]


def _named(pairwise: PairwiseAgreement, group: list[int]) -> str:
    """The files of a group with their runtimes: "model-int8.tflite in litert-xnnpack, litert-builtin"."""
    runtimes: dict[str, list[str]] = {}
    for artifact, runtime in (pairwise.candidates[place] for place in group):
        runtimes.setdefault(artifact.rpartition("/")[2], []).append(runtime)
    return "; ".join(f"{name} in {', '.join(names)}" for name, names in runtimes.items())


def _cell(pairwise: PairwiseAgreement, first: int, second: int) -> str:
    agreement = pairwise.agreement[first][second]
    if first == second:
        return SAME
    return "-" if agreement is None else f"{100 * agreement:.2f}"
