"""Bilinear interpolation without antialiasing, as TensorFlow, OpenCV and Keras' image loader compute it.

Half-pixel centers: pixel x of the result looks at (x + 0.5) * width / new_width - 0.5. Source: the operation
ResizeBilinear of TensorFlow 2.21 with half_pixel_centers=True, which tf.image.resize(antialias=False) calls.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def interpolate(pixels: "NDArray[np.uint8]", height: int, width: int) -> "NDArray[np.float32]":
    """Bring an image to another size; every result lies between its four nearest pixels.

    Args:
        pixels: uint8 (H, W, C).
        height: Of the result, at least 1.
        width: Of the result, at least 1.

    Returns:
        float32 (height, width, C), 0 to 255, not rounded.
    """
    import numpy as np

    upper, lower, down = _neighbours(pixels.shape[0], height)
    left, right, across = _neighbours(pixels.shape[1], width)
    across, down = across[None, :, None], down[:, None, None]
    corners = (
        pixels[rows[:, None], columns].astype(np.float32) for rows in (upper, lower) for columns in (left, right)
    )
    top_left, top_right, bottom_left, bottom_right = corners
    top = top_left + (top_right - top_left) * across
    bottom = bottom_left + (bottom_right - bottom_left) * across
    return top + (bottom - top) * down


def _neighbours(size: int, new_size: int) -> "tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]":
    """For each place of the result: both neighbours, and how far towards the second one it lies, in [0, 1)."""
    import numpy as np

    scale = np.float32(size) / np.float32(new_size)
    places = (np.arange(new_size, dtype=np.float32) + np.float32(0.5)) * scale - np.float32(0.5)
    floor = np.floor(places)
    first = np.maximum(floor, 0).astype(np.int64)
    second = np.minimum(np.ceil(places), size - 1).astype(np.int64)
    return first, second, places - floor
