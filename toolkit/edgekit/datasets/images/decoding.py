"""One image -> the pixels a network sees. Knows no folder, no label and no cache."""

import io
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
FORMAT_WORDS = "PNG, JPEG, WebP, BMP, TIFF or GIF"
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif"})
"""What counts as an image by name; what it really is, its bytes say."""


class BrokenImageError(Exception):
    """An image cannot be decoded; the text is the reason. Never leaves the data sets."""


def decode_image(
    source: Path | bytes, size: tuple[int, int], formats: tuple[str, ...] = FORMATS
) -> "NDArray[np.uint8]":
    """Decode the first frame of an image as it is meant to be seen, and bring it to `size`.

    In this order: turned as its EXIF data say; 16-bit grey scaled to 8 bit; transparent parts laid on white;
    CMYK, grey and palette turned into RGB (colour profiles are ignored, as Keras does); resized to `size`
    whole, whatever its proportions, as Keras' image_dataset_from_directory does, bilinear with antialias.

    Args:
        source: A file, or what a file holds.
        size: (height, width).
        formats: What it may be, as Pillow calls them.

    Returns:
        uint8 (height, width, 3), RGB, 0 to 255.

    Raises:
        BrokenImageError: The file is missing, truncated, damaged, absurdly large, or no such image.
    """
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    height, width = size
    if isinstance(source, Path) and source.exists() and not source.is_file():
        raise BrokenImageError("it is no file but a pipe or a device")
    try:
        file = source if isinstance(source, Path) else io.BytesIO(source)
        with Image.open(file, formats=formats) as stored:
            upright = ImageOps.exif_transpose(stored)
            small = _to_rgb(upright).resize((width, height), Image.Resampling.BILINEAR)
    except UnidentifiedImageError as error:
        raise BrokenImageError(f"it is no {', '.join(formats)} image") from error
    except OSError as error:
        raise BrokenImageError(error.strerror or str(error)) from error
    except (
        ArithmeticError,
        AttributeError,
        EOFError,
        Image.DecompressionBombError,
        LookupError,
        MemoryError,
        SyntaxError,
        TypeError,
        ValueError,
        struct.error,
        zlib.error,
    ) as error:  # what Pillow's readers let through when a file's headers are damaged
        raise BrokenImageError(str(error).rstrip(".") or type(error).__name__) from error
    return np.asarray(small)


def _to_rgb(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode.startswith("I;16"):
        return _from_16_bit(image)
    if image.mode in ("I", "F"):
        kind = "signed or 32-bit whole numbers" if image.mode == "I" else "32-bit floats"
        raise BrokenImageError(f"its pixels are {kind}, and nothing says which value is white: store 8 or 16 bits")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
        return white.convert("RGB")
    return image.convert("RGB")


def _from_16_bit(image: "Image.Image") -> "Image.Image":
    """Grey, 0 to 65535 -> RGB, 0 to 255: scaled, where Pillow's own conversion would clip."""
    import numpy as np
    from PIL import Image

    values = np.asarray(image).astype(np.uint32)
    grey = ((values * 255 + 32767) // 65535).astype(np.uint8)
    if "transparency" in image.info:
        grey[values == image.info["transparency"]] = 255
    return Image.fromarray(grey).convert("RGB")
