"""Confusion matrices of the float model, of a candidate, and their difference; lists where there are many classes."""

from collections.abc import Callable, Sequence

from edgekit.rendering.pages.html import Cell, Column, Html, figures, join, matrix, paragraph, table, tag
from edgekit.rendering.pages.verification.wording import points
from edgekit.verification.measuring.measurement import ConfusionCell, Measurement

MAX_CLASSES = 20
"""With more classes the cells that changed most are listed in place of a matrix."""

MAX_LISTED = 20
TRUE, PREDICTED = "true class", "predicted class"


def reference_matrix(one: Measurement, names: Sequence[str]) -> Html | None:
    """The float model's; None where there are too many classes."""
    if len(names) > MAX_CLASSES or not one.confusion:
        return None
    cells = _dense(one.confusion, names, lambda cell: cell.reference_images)
    return matrix("Float model: images by class", names, cells, rows=TRUE, columns=PREDICTED)


def confusion_figures(one: Measurement, names: Sequence[str], label: str) -> Html | None:
    """What changed, by class; None where nothing was kept."""
    if not one.confusion:
        return None
    return _matrices(one, names, label) if len(names) <= MAX_CLASSES else _lists(one, names, label)


def _matrices(one: Measurement, names: Sequence[str], label: str) -> Html:
    change = _dense(one.confusion, names, lambda cell: cell.candidate_images - cell.reference_images)
    after = _dense(one.confusion, names, lambda cell: cell.candidate_images)
    flips = [[0] * len(names) for _ in names]
    for flip in one.class_flips:
        flips[flip.reference_class][flip.candidate_class] = flip.num_images
    return figures(
        [
            matrix(
                f"Difference: {label} minus float model", names, change, rows=TRUE, columns=PREDICTED, is_change=True
            ),
            matrix("Flips: where predictions went", names, flips, rows="float model", columns=label),
            reference_matrix(one, names),
            matrix(f"{label}: images by class", names, after, rows=TRUE, columns=PREDICTED),
        ],
        is_large=True,
    )


def _lists(one: Measurement, names: Sequence[str], label: str) -> Html:
    """For many classes: the cells that changed most, and the most frequent flips."""
    changed = sorted(one.confusion, key=lambda cell: -abs(cell.candidate_images - cell.reference_images))
    cells = [_listed(cell, names) for cell in changed[:MAX_LISTED] if cell.candidate_images != cell.reference_images]
    flips = [
        [names[each.reference_class], names[each.candidate_class], f"{each.num_images:,}"]
        for each in one.class_flips[:MAX_LISTED]
    ]
    columns = (TRUE, PREDICTED), ("float model", label)
    counts = ("float model", label, "difference"), ("images",)
    described = [
        [*map(_named, words), *(Column(name=name, is_number=True) for name in numbers)]
        for words, numbers in zip(columns, counts, strict=True)
    ]
    said = (
        f"With {len(names):,} classes no matrix is drawn: these are the largest changes; more are in verification.json."
    )
    tables = [
        table("True and predicted class: what changed most", described[0], cells),
        table("Flips: where predictions went most often", described[1], flips),
    ]
    return join([paragraph(said, is_muted=True), figures([tag("div", one) for one in tables], is_large=True)])


def _listed(cell: ConfusionCell, names: Sequence[str]) -> list[str | Cell]:
    change = cell.candidate_images - cell.reference_images
    return [
        names[cell.true_class],
        names[cell.predicted_class],
        f"{cell.reference_images:,}",
        f"{cell.candidate_images:,}",
        Cell(content=points(change / 100, 0), sort=change),
    ]


def _named(name: str) -> Column:
    return Column(name=name)


def _dense(
    cells: Sequence[ConfusionCell], names: Sequence[str], count: Callable[[ConfusionCell], int]
) -> list[list[int]]:
    dense = [[0] * len(names) for _ in names]
    for cell in cells:
        dense[cell.true_class][cell.predicted_class] = count(cell)
    return dense
