"""How good one classifier is: the classification report. Knows no file and no runtime.

Everywhere: `labels` and `predictions` are int64 (N,), 0 to C - 1.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.foundation.errors import VerificationError
from edgekit.foundation.grammar import counted
from edgekit.metrics.drift import Classes, Scores, per_class, top_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray


MAX_MATRIX_CLASSES = 100
"""With more classes a matrix of all pairs would hold little but zeros."""


@dataclass(frozen=True, kw_only=True)
class ClassQuality:
    """One row of the report.

    Attributes:
        precision: TP / (TP + FP), 0 to 1; 0 if the class was never predicted.
        recall: TP / (TP + FN), 0 to 1; 0 if no image has the class.
        f1: 2 TP / (2 TP + FP + FN), 0 to 1.
        support: Images of the class; of an average: all images.
    """

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, kw_only=True)
class ClassificationReport:
    """How good a classifier is on N images.

    Attributes:
        num_images: N.
        accuracy: Share of images whose prediction is their label.
        per_class: Class name -> its row, in the order of the classes.
        macro_average: Mean over the classes.
        weighted_average: Mean over the classes, weighted by their support.
        confusion_cells: (true class, predicted class, images) for each pair that occurs, in this order: at most N rows.
    """

    num_images: int
    accuracy: float
    per_class: dict[str, ClassQuality]
    macro_average: ClassQuality
    weighted_average: ClassQuality
    confusion_cells: tuple[tuple[int, int, int], ...]

    @property
    def confusion(self) -> "NDArray[np.int64]":
        """Images of true class i that were predicted as class j, at [i, j]: int64 (C, C), computed for each call."""
        matrix = np.zeros((len(self.per_class), len(self.per_class)), np.int64)
        for true, predicted, images in self.confusion_cells:
            matrix[true, predicted] = images
        return matrix

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object: `per_class` as a list of rows with their "class".

        The confusion is a matrix up to MAX_MATRIX_CLASSES classes; beyond, a list of its cells that are not 0.
        """
        is_small = len(self.per_class) <= MAX_MATRIX_CLASSES
        confusion = (
            {"confusion_matrix": self.confusion.tolist()}
            if is_small
            else {"confusion_cells": [list(cell) for cell in self.confusion_cells]}
        )
        return {
            "num_images": self.num_images,
            "accuracy": self.accuracy,
            "per_class": [{"class": name, **asdict(row)} for name, row in self.per_class.items()],
            "macro_average": asdict(self.macro_average),
            "weighted_average": asdict(self.weighted_average),
            **confusion,
        }


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One misclassified image.

    Attributes:
        index: Its place in the split, from 0.
        true: Its class.
        predicted: The class that the model gives.
        probability: How sure the model is of that, 0 to 1.
    """

    index: int
    true: int
    predicted: int
    probability: float


def confusion_cells(labels: Classes, predictions: Classes) -> tuple[tuple[int, int, int], ...]:
    """See `ClassificationReport.confusion_cells`; needs memory for N images, however many classes there are."""
    pairs, counts = np.unique(np.stack([labels, predictions]), axis=1, return_counts=True)
    return tuple((int(true), int(predicted), int(n)) for (true, predicted), n in zip(pairs.T, counts, strict=True))


def classification_report(scores: Scores, labels: Classes, class_names: tuple[str, ...]) -> ClassificationReport:
    """The report on `scores`, float (N, C); raises VerificationError if there is nothing to report on."""
    if len(labels) == 0 or scores.shape != (len(labels), len(class_names)):
        raise VerificationError(
            f"A report needs one score per image and class, and at least one image. Received scores of shape "
            f"{scores.shape} for {counted(len(labels), 'label')} and {counted(len(class_names), 'class')}."
        )
    predictions = top_classes(scores)
    quality = per_class(predictions, labels, len(class_names))
    columns = np.stack([quality.precision, quality.recall, quality.f1])
    return ClassificationReport(
        num_images=len(labels),
        accuracy=float((predictions == labels).mean()),
        per_class={name: _row(columns[:, number], quality.support[number]) for number, name in enumerate(class_names)},
        macro_average=_row(columns.mean(axis=1), len(labels)),
        weighted_average=_row(columns @ quality.support / len(labels), len(labels)),
        confusion_cells=confusion_cells(labels, predictions),
    )


def first_mistakes(scores: Scores, labels: Classes, count: int) -> list[Mistake]:
    """The first `count` images whose highest of `scores`, probabilities (N, C), is not their label's."""
    predictions = top_classes(scores)
    wrong = np.flatnonzero(predictions != labels)[:count]
    return [
        Mistake(
            index=int(index),
            true=int(labels[index]),
            predicted=int(predictions[index]),
            probability=float(scores[index, predictions[index]]),
        )
        for index in wrong
    ]


def _row(values: "NDArray[np.float64]", support: int) -> ClassQuality:
    precision, recall, f1 = (float(value) for value in values)
    return ClassQuality(precision=precision, recall=recall, f1=f1, support=int(support))
