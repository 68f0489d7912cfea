"""The digits in the shapes that the networks of the matrix take: few images, so that a network takes seconds."""

from functools import cache
from typing import Any

import numpy as np

from edgekit.datasets import Dataset, Split
from support import keras_models

TRAIN, VALIDATION, TEST = 1240, 100, 200
PAIR = ("three", "eight")


def _prepared(name: str, change: Any, class_names: tuple[str, ...] | None = None) -> Dataset:
    """The first images of each split of the digits, as `change` makes them of images and labels."""
    whole = keras_models.digits()

    def split(source: Split, count: int) -> Split:
        images, labels = change(source.images, source.labels)
        return Split(images=np.ascontiguousarray(images[:count]), labels=labels[:count])

    return Dataset(
        name=name,
        class_names=class_names or whole.class_names,
        train=split(whole.train, TRAIN),
        validation=split(whole.validation, VALIDATION),
        test=split(whole.test, TEST),
    )


@cache
def color16() -> Dataset:
    """uint8 (N, 16, 16, 3), ten classes."""
    return _prepared("digits-16", lambda images, labels: (images[:, ::2, ::2], labels))


@cache
def gray28() -> Dataset:
    """uint8 (N, 28, 28, 1), ten classes."""
    return _prepared("digits-gray-28", lambda images, labels: (images[:, 2:30, 2:30, :1], labels))


@cache
def pair16() -> Dataset:
    """The threes and eights of `color16`, classes 0 and 1."""

    def change(images: Any, labels: Any) -> Any:
        chosen = np.isin(labels, (3, 8))
        return images[chosen][:, ::2, ::2], (labels[chosen] == 8).astype(np.int64)

    return _prepared("digits-pair-16", change, PAIR)
