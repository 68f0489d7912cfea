"""Confusion matrices of the reference, of a candidate, and their difference; lists if there are many classes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgekit.rendering.pages.matrix import Matrix, make_matrix
from edgekit.rendering.pages.verification.page_size import page_size
from edgekit.verification.measuring.measurement import ConfusionCell, Measurement

MAX_CLASSES = 20
"""With more classes the cells that changed most are listed instead of a matrix."""

TRUE, PREDICTED = "true class", "predicted class"


@dataclass(frozen=True, kw_only=True)
class ChangedCell:
    """Images of one true class that are taken for one class, before and after."""

    true: str
    predicted: str
    before: int
    after: int


@dataclass(frozen=True, kw_only=True)
class FlippedPair:
    """Images whose prediction changed from one class to another."""

    before: str
    after: str
    num_images: int


@dataclass(frozen=True, kw_only=True)
class Confusions:
    """What changed, by class: as matrices, or, with many classes, as two lists.

    Attributes:
        label: What the candidate is called.
        num_classes: So many.
        matrices: None with many classes.
        changed: The cells that changed most.
        flips: The most frequent flips.
    """

    label: str
    num_classes: int
    matrices: Sequence[Matrix] = ()
    changed: Sequence[ChangedCell] = ()
    flips: Sequence[FlippedPair] = ()


def reference_matrix(one: Measurement, names: Sequence[str]) -> Matrix | None:
    """The reference's; None if there are too many classes."""
    if len(names) > MAX_CLASSES or not one.confusion:
        return None
    cells = _dense(one.confusion, names, lambda cell: cell.reference_images)
    return make_matrix("Confusion matrix of the reference", names, cells, rows=TRUE, columns=PREDICTED)


def confusions(one: Measurement, names: Sequence[str], label: str) -> Confusions | None:
    """What changed, by class; None if nothing was kept."""
    if not one.confusion:
        return None
    if len(names) <= MAX_CLASSES:
        return Confusions(label=label, num_classes=len(names), matrices=list(_matrices(one, names, label)))
    most = page_size(len(names)).confusions
    changed = sorted(one.confusion, key=lambda cell: -abs(cell.candidate_images - cell.reference_images))
    cells = [_listed(cell, names) for cell in changed[:most] if cell.candidate_images != cell.reference_images]
    flips = [
        FlippedPair(before=names[each.reference_class], after=names[each.candidate_class], num_images=each.num_images)
        for each in one.class_flips[:most]
    ]
    return Confusions(label=label, num_classes=len(names), changed=cells, flips=flips)


def _matrices(one: Measurement, names: Sequence[str], label: str) -> Sequence[Matrix]:
    change = _dense(one.confusion, names, lambda cell: cell.candidate_images - cell.reference_images)
    before = _dense(one.confusion, names, lambda cell: cell.reference_images)
    after = _dense(one.confusion, names, lambda cell: cell.candidate_images)
    flips = [[0] * len(names) for _ in names]
    for flip in one.class_flips:
        flips[flip.reference_class][flip.candidate_class] = flip.num_images
    difference = f"Difference: {label} minus reference"
    return [
        make_matrix(difference, names, change, rows=TRUE, columns=PREDICTED, is_change=True),
        make_matrix("Flips: from which prediction to which", names, flips, rows="reference", columns=label),
        make_matrix("Confusion matrix of the reference", names, before, rows=TRUE, columns=PREDICTED),
        make_matrix(f"Confusion matrix of {label}", names, after, rows=TRUE, columns=PREDICTED),
    ]


def _listed(cell: ConfusionCell, names: Sequence[str]) -> ChangedCell:
    return ChangedCell(
        true=names[cell.true_class],
        predicted=names[cell.predicted_class],
        before=cell.reference_images,
        after=cell.candidate_images,
    )


def _dense(
    cells: Sequence[ConfusionCell], names: Sequence[str], count: Callable[[ConfusionCell], int]
) -> list[list[int]]:
    dense = [[0] * len(names) for _ in names]
    for cell in cells:
        dense[cell.true_class][cell.predicted_class] = count(cell)
    return dense
