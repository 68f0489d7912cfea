"""Do the classes of a model are in another order than those of the data set? Knows no file and no model."""

from typing import TYPE_CHECKING

import numpy as np

from edgekit.metrics.drift import Classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGES_PER_CLASS = 5
"""So many images of a class, on average, are needed to tell which class the model takes it for."""


MIN_KAPPA = 0.2
"""Agreement beyond chance from which predictions in another order say something."""


def can_be_told(num_images: int, num_classes: int) -> bool:
    """Whether there are enough images to find an order; the table of classes by classes is then small, too."""
    return num_images >= IMAGES_PER_CLASS * num_classes


def best_order(predicted: Classes, labels: Classes, num_classes: int) -> tuple[int, ...]:
    """For each class the predicted class that stands for it, so that most images are right.

    The permutation with the largest sum in the confusion matrix (Hungarian method); of several equally good ones
    one that moves few classes. A prediction of -1 is none.
    """
    from scipy.optimize import linear_sum_assignment

    counts = np.zeros((num_classes, num_classes), np.int64)
    is_answer = predicted >= 0
    np.add.at(counts, (labels[is_answer], predicted[is_answer]), 1)
    stays = np.eye(num_classes, dtype=np.int64)
    return tuple(linear_sum_assignment(-(counts * (num_classes + 1) + stays))[1].tolist())


def right_in_other_order(predicted: Classes, labels: Classes, num_classes: int) -> "NDArray[np.bool_]":
    """Which images are right in the order that explains the others best: bool (n,).

    Each half of the images is judged by the order found on the other half: an order that is fitted to the images
    that it is judged by would explain even random answers.
    """
    half = np.empty(len(labels), np.int64)
    half[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % 2
    right = np.zeros(len(labels), bool)
    for side in (0, 1):
        order = np.array(best_order(predicted[half != side], labels[half != side], num_classes))
        right[half == side] = (order[labels] == predicted)[half == side]
    return right


def says_something(predicted: Classes, labels: Classes, order: tuple[int, ...]) -> bool:
    """Whether predictions in another order agree with the labels by more than one frequent class explains.

    Cohen's kappa = (agreement - chance) / (1 - chance), chance = the sum over the classes of the share of their labels
    times the share of their predictions. A model that gives one class for every image is as often right as the most
    frequent class of the data is frequent, in an order that is made for it; its kappa is 0.

    Args:
        predicted: int64 (n,), -1 for none.
        labels: int64 (n,).
        order: For each class the predicted class that stands for it.
    """
    found = np.asarray(order, np.int64)
    of_labels = np.bincount(labels, minlength=len(order)) / len(labels)
    of_predictions = np.bincount(predicted[predicted >= 0], minlength=len(order))[found] / len(labels)
    chance, agreement = float(of_labels @ of_predictions), float((found[labels] == predicted).mean())
    return chance < 1 and (agreement - chance) / (1 - chance) >= MIN_KAPPA
