"""Whole data sets from RGB to gray and back. Knows no file."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from edgekit.datasets.base import Dataset, Split
from edgekit.datasets.images.luma import gray_of, rgb_of, said_of
from edgekit.foundation.mapped_arrays import pieces, put_together

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def with_channels(dataset: Dataset, channels: int) -> tuple[Dataset, str]:
    """The data set with that many channels, and a sentence about the conversion; "" if nothing was converted."""
    present = dataset.image_shape[2]
    if channels == present:
        return dataset, ""
    convert = to_gray if channels == 1 else to_rgb
    train, validation, test = (
        Split(images=convert(split.images), labels=split.labels)
        for split in (dataset.train, dataset.validation, dataset.test)
    )
    said = said_of(channels)
    notes = (*dataset.image_notes, said)
    converted = replace(dataset, train=train, validation=validation, test=test, image_notes=notes)
    return converted, f"{dataset.name}: {said}"


def to_gray(images: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """RGB (N, H, W, 3), 0 to 255 -> gray (N, H, W, 1), rounded as Pillow does; a few images at a time."""
    return _converted(images, gray_of, 1)


def to_rgb(images: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Gray (N, H, W, 1) -> RGB (N, H, W, 3) with three equal channels; a few images at a time."""
    return _converted(images, rgb_of, 3)


def _converted(
    images: "NDArray[np.uint8]", convert: "Callable[[NDArray[np.uint8]], NDArray[np.uint8]]", channels: int
) -> "NDArray[np.uint8]":
    """In memory, or, if that is much, in a mapped file without a name."""
    import numpy as np

    if not len(images):
        return np.zeros((*images.shape[:3], channels), np.uint8)
    return put_together(
        lambda: (convert(images[piece]) for piece in pieces(len(images), images, size=256)),
        (*images.shape[:3], channels),
        np.uint8,
    )
