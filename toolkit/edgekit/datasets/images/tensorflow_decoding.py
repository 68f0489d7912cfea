"""An image file decoded as tf.io.decode_image does, which keras.utils.image_dataset_from_directory calls.

Differs from `edgekit.datasets.images.decoding` in JPEG files (another DCT), in what is transparent (alpha is dropped,
not laid on white), in 16-bit files (the upper byte), and in EXIF data (ignored).
"""

from typing import TYPE_CHECKING

from edgekit.datasets.images.tensorflow_jpeg import decode_jpeg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
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
        return Image.fromarray(_png_gray(np.asarray(stored.convert("RGB"))))
    return stored.convert("LA").convert("L") if stored.mode == "LA" else stored.convert(mode)


def _png_gray(pixels: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """RGB (H, W, 3) -> gray (H, W) as libpng computes it for TensorFlow: in 15-bit fixed point, cut off."""
    import numpy as np

    return ((pixels.astype(np.uint32) @ np.array([9797, 19234, 3737], np.uint32)) >> 15).astype(np.uint8)
