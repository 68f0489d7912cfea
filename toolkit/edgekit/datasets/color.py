"""Whole data sets from RGB to gray and back. Knows no file."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from edgekit.datasets.base import Dataset, Split
from edgekit.datasets.images.kinds import LUMA
from edgekit.foundation.mapped_arrays import pieces, put_together

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RED, GREEN, BLUE = 19595, 38470, 7471
"""Luma weights of ITU-R BT.601 (0.299, 0.587, 0.114) in 16-bit fixed point, as Pillow's mode "L" has them; their sum is
65,536, so equal channels stay what they are. tf.image.rgb_to_grayscale agrees to one step."""


def with_channels(dataset: Dataset, channels: int) -> tuple[Dataset, str]:
    """The data set with that many channels, and a sentence about the conversion; "" where nothing was converted."""
    present = dataset.image_shape[2]
    if channels == present:
        return dataset, ""
    convert = to_gray if channels == 1 else to_rgb
    train, validation, test = (
        Split(images=convert(split.images), labels=split.labels)
        for split in (dataset.train, dataset.validation, dataset.test)
    )
    said = f"color images converted to grayscale with {LUMA}" if channels == 1 else "gray repeated in three channels"
    return replace(dataset, train=train, validation=validation, test=test), f"{dataset.name}: {said}"


def to_gray(images: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """RGB (N, H, W, 3), 0 to 255 -> gray (N, H, W, 1), rounded as Pillow does; a few images at a time."""
    import numpy as np

    weights = np.array([RED, GREEN, BLUE], np.uint32)

    def convert(part: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
        return ((part.astype(np.uint32) @ weights + 32768) >> 16).astype(np.uint8)[..., None]

    return _converted(images, convert, 1)


def to_rgb(images: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Gray (N, H, W, 1) -> RGB (N, H, W, 3) with three equal channels; a few images at a time."""
    import numpy as np

    return _converted(images, lambda part: np.repeat(part, 3, axis=3), 3)


def _converted(
    images: "NDArray[np.uint8]", convert: "Callable[[NDArray[np.uint8]], NDArray[np.uint8]]", channels: int
) -> "NDArray[np.uint8]":
    """In memory, or, where that is much, in a mapped file without a name."""
    import numpy as np

    if not len(images):
        return np.zeros((*images.shape[:3], channels), np.uint8)
    return put_together(
        lambda: (convert(images[piece]) for piece in pieces(len(images), images, size=256)),
        (*images.shape[:3], channels),
        np.uint8,
    )
