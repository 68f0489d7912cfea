"""An image -> the size of a network, by a rule. Knows no file."""

from typing import TYPE_CHECKING

from edgekit.datasets.images.bilinear import interpolate
from edgekit.datasets.images.boxes import Box, centered_crop, fitted, fitted_as_tensorflow
from edgekit.datasets.images.rule import ImageRule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


def resize_image(image: "Image.Image", size: tuple[int, int], rule: ImageRule) -> "NDArray[np.uint8]":
    """Bring `image` to `size`.

    With antialiasing Pillow's bilinear filter is used, which is tf.image.resize(antialias=True) to one step: columns
    first, then rows. Pillow 13 itself starts with the rows of some images, so that its pixels differ by a step from
    those of Pillow 12; here the version makes no difference. Without antialiasing,
    `edgekit.datasets.images.bilinear.interpolate`, rounded to the nearest whole number.

    Args:
        image: Of mode "L" or "RGB".
        size: (height, width).
        rule: `resize` and `antialias` are used.

    Returns:
        uint8 (height, width, C), C being 1 or 3.
    """
    import numpy as np

    height, width = size
    whole = Box(top=0, left=0, height=image.height, width=image.width)
    if rule.resize in ("crop", "keras-crop"):
        return _resized(image, centered_crop(image.height, image.width, height, width), height, width, rule.antialias)
    if rule.resize not in ("pad", "keras-pad"):
        return _resized(image, whole, height, width, rule.antialias)
    place = (fitted_as_tensorflow if rule.is_keras else fitted)(image.height, image.width, height, width)
    inner = _resized(image, whole, place.height, place.width, rule.antialias)
    result = np.zeros((height, width, inner.shape[2]), np.uint8)
    result[place.top : place.top + place.height, place.left : place.left + place.width] = inner
    return result


def _resized(image: "Image.Image", part: Box, height: int, width: int, antialias: bool) -> "NDArray[np.uint8]":
    """One part of the image at another size, uint8 (height, width, C)."""
    import numpy as np
    from PIL import Image

    corners = (part.left, part.top, part.left + part.width, part.top + part.height)
    cropped = image if corners == (0, 0, *image.size) else image.crop(corners)
    if antialias:
        narrow = cropped.resize((width, cropped.height), Image.Resampling.BILINEAR)
        return _with_channels(np.asarray(narrow.resize((width, height), Image.Resampling.BILINEAR)))
    pixels = _with_channels(np.asarray(cropped))
    if cropped.size == (width, height):
        return pixels
    return np.rint(interpolate(pixels, height, width)).astype(np.uint8)


def _with_channels(pixels: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    return pixels[..., None] if pixels.ndim == 2 else pixels
