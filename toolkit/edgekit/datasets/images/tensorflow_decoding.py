"""An image file decoded as tf.io.decode_image does, which keras.utils.image_dataset_from_directory calls.

Differs from `edgekit.datasets.images.decoding` in JPEG files (another DCT), in what is transparent (alpha is dropped,
not laid on white), in 16-bit files (the upper byte). Also in color PNG files made gray (by their gamma), and in EXIF
data (ignored).
"""

from typing import TYPE_CHECKING

from edgekit.datasets.images.tensorflow_jpeg import decode_jpeg
from edgekit.datasets.images.tensorflow_png import gray_of_png

if TYPE_CHECKING:
    from PIL import Image


def decoded_as_tensorflow(stored: "Image.Image", mode: str) -> "Image.Image":
    """The whole image.

    Args:
        stored: An opened file, not decoded yet.
        mode: "L" or "RGB".

    Returns:
        Of that mode. What TensorFlow cannot decode (TIFF, palettes in BMP, color GIF as gray) is decoded all the same.

    Raises:
        OSError: The file is damaged; and what else Pillow raises.
    """
    import numpy as np
    from PIL import Image

    if stored.format in ("JPEG", "MPO"):
        pixels = decode_jpeg(stored, 1 if mode == "L" else 3)  # type: ignore[arg-type] # by its format
        return Image.fromarray(pixels[..., 0] if mode == "L" else pixels)
    if stored.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(stored) >> 8).astype(np.uint8)).convert(mode)
    if stored.format == "PNG" and mode == "L" and stored.mode not in ("1", "L", "LA"):
        return Image.fromarray(gray_of_png(stored))
    return stored.convert(mode) if stored.mode in ("1", "L", "LA") else stored.convert("RGB").convert(mode)
