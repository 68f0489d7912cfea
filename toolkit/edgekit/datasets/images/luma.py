"""Pixels from RGB to gray and back. Knows no file and no data set."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LUMA = "the luma weights of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B)"

TO_GRAY = f"color images converted to grayscale with {LUMA}"
TO_RGB = "gray repeated in three channels"

RED, GREEN, BLUE = 19595, 38470, 7471
"""Those weights in 16-bit fixed point, as Pillow has them (libImaging/Convert.c, L24). Their sum is 65,536, so
equal channels stay what they are. tf.image.rgb_to_grayscale agrees to one step."""


def gray_of(pixels: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """RGB uint8 (..., 3), 0 to 255 -> gray uint8 (..., 1): (RED r + GREEN g + BLUE b + 2^15) >> 16."""
    import numpy as np

    summed = pixels[..., 0] * np.uint32(RED)
    summed += pixels[..., 1] * np.uint32(GREEN)
    summed += pixels[..., 2] * np.uint32(BLUE)
    summed += np.uint32(1 << 15)
    summed >>= np.uint32(16)
    return summed.astype(np.uint8)[..., None]


def rgb_of(pixels: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Gray uint8 (..., 1) -> RGB uint8 (..., 3) with three equal channels."""
    import numpy as np

    return np.repeat(pixels, 3, axis=-1)


def with_channels(pixels: "NDArray[np.uint8]", channels: int) -> "NDArray[np.uint8]":
    """uint8 (..., 1) or (..., 3) as (..., `channels`); the same array if it has them."""
    if pixels.shape[-1] == channels:
        return pixels
    return gray_of(pixels) if channels == 1 else rgb_of(pixels)


def said_of(channels: int) -> str:
    """What is said of images that were given so many `channels`."""
    return TO_GRAY if channels == 1 else TO_RGB
