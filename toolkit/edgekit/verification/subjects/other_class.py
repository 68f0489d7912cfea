"""One extra class, 'other class', for the classes that a model knows and the data set lacks; all scores get it."""

from collections.abc import Sequence
from dataclasses import replace

from edgekit.execution.model_interface import ModelInterface, with_other_class
from edgekit.foundation.grammar import counted
from edgekit.metrics.class_columns import OTHER_CLASS
from edgekit.runs.reference import Reference
from edgekit.verification.candidate import Candidate


def score_names(class_names: Sequence[str], *, has_other: bool) -> tuple[str, ...]:
    """The names of the columns of scores."""
    return (*class_names, OTHER_CLASS) if has_other else tuple(class_names)


def others_remark(interface: ModelInterface, subject: str) -> str:
    """That a model knows classes that the data set lacks; "" if it does not. `subject`: "The reference"."""
    if interface.columns is None or not interface.knows_others:
        return ""
    count = sum(each == interface.columns.num_classes for each in interface.columns.classes)
    return (
        f"{subject} knows {counted(count, 'class')} that the data set lacks; such a prediction counts as "
        f"'{OTHER_CLASS}'."
    )


def aligned(
    reference: Reference, candidates: Sequence[Candidate], class_names: Sequence[str]
) -> tuple[Reference, tuple[Candidate, ...]]:
    """Reference and candidates with the same columns of scores; the reference's class names are theirs.

    Args:
        reference: Scores (N, C), or (N, C + 1) if its model knows more classes.
        candidates: Some of them may know more classes.
        class_names: C names, of the data set.
    """
    of_reference = len(reference.class_names) > len(class_names)
    if not of_reference and not any(one.interface and one.interface.knows_others for one in candidates):
        return reference, tuple(candidates)
    padded = tuple(
        replace(one, interface=replace(one.interface or ModelInterface(), num_padded=len(class_names)))
        for one in candidates
    )
    if of_reference:
        return reference, padded
    names = score_names(class_names, has_other=True)
    return replace(reference, scores=with_other_class(reference.scores), class_names=names), padded
