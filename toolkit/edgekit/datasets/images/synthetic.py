"""Golden images that show no person: made by whole-number arithmetic from SHA-256, so every machine makes the same.

Each is a smooth field of colors without symmetry: an app that swaps channels, turns, mirrors or crops the image, or
resizes it by another rule, gets another input tensor.
"""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GRID = 5
"""Random colors along each side; between them the field is bilinear."""

ONE = 256
"""Fixed-point arithmetic: the weight of a whole grid step."""


def synthetic_images(count: int, size: tuple[int, int], channels: int, *, vary: bool) -> "list[NDArray[np.uint8]]":
    """`count` images.

    Args:
        count: How many.
        size: (height, width) of the model.
        channels: 3 for RGB, 1 for gray.
        vary: Larger than the model and of several aspect ratios, for models whose images are resized; else all of
            `size`.

    Returns:
        uint8 (height, width, channels) each.
    """
    shapes = [size if not vary else _larger(size, number) for number in range(count)]
    return [_image(number, *shape, channels) for number, shape in enumerate(shapes)]


def _larger(size: tuple[int, int], number: int) -> tuple[int, int]:
    """Upright, square and wide in turn, with odd sides too."""
    height, width = size
    return [(2 * height + 1, 3 * width), (2 * height, 2 * width), (3 * height, 2 * width + 1)][number % 3]


def _image(number: int, height: int, width: int, channels: int) -> "NDArray[np.uint8]":
    import numpy as np

    seed = b"".join(hashlib.sha256(f"edgekit golden image {number} {part}".encode()).digest() for part in range(4))
    grid = np.frombuffer(seed, np.uint8)[: GRID * GRID * channels].reshape(GRID, GRID, channels).astype(np.int64)
    rows = _between(grid, height)
    columns = _between(rows.transpose(1, 0, 2), width).transpose(1, 0, 2)
    return (columns // ONE**2).astype(np.uint8)


def _between(values: "NDArray[np.int64]", length: int) -> "NDArray[np.int64]":
    """`values` (GRID, ...) at `length` places along the first axis, times ONE."""
    import numpy as np

    places = np.arange(length, dtype=np.int64) * (GRID - 1) * ONE // max(1, length - 1)
    low = np.minimum(places // ONE, GRID - 2)
    weight = (places - low * ONE).reshape(-1, *[1] * (values.ndim - 1))
    return values[low] * (ONE - weight) + values[low + 1] * weight
