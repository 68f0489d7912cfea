"""One image -> the pixels a network sees. Knows no folder, no label and no cache."""

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets.images.form import ImageForm
from edgekit.datasets.images.resizing import resize_image
from edgekit.datasets.images.rule import DEFAULT_RULE, ImageRule
from edgekit.datasets.images.tensorflow_decoding import decoded_as_tensorflow

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


class Kind(StrEnum):
    """What an image was before it was decoded, as far as a user may want to know."""

    COLOR = "color"
    GRAY = "gray"
    TRANSPARENT = "transparent"
    TRANSPARENT_GRAY = "transparent gray"
    CMYK = "cmyk"


@dataclass(frozen=True, kw_only=True, eq=False)
class DecodedImage:
    """One image.

    Attributes:
        pixels: uint8 (height, width, C), 0 to 255.
        kind: What it was made of.
    """

    pixels: "NDArray[np.uint8]"
    kind: Kind


def decode_image(
    source: Path | bytes, size: tuple[int, int], rule: ImageRule = DEFAULT_RULE, channels: int = 3
) -> "NDArray[np.uint8]":
    """The pixels of an image, uint8 (height, width, channels); see `decode_file`."""
    return decode_file(source, ImageForm(size=size, rule=rule, channels=channels)).pixels


def decode_file(source: Path | bytes, form: ImageForm) -> DecodedImage:
    """Decode the first frame of an image as it is meant to be seen, and bring it to its size.

    In this order: turned as its EXIF data say; 16-bit gray scaled to 8 bit; transparent parts laid on white.
    Then CMYK, gray and palette turned into RGB, or everything into gray with the luma weights of ITU-R BT.601, as
    Pillow's mode "L" (color profiles are ignored, as Keras does). Then resized by the rule. The rules that are called
    after Keras decode as TensorFlow does, see `edgekit.datasets.images.tensorflow_decoding`.

    Args:
        source: A file, or what a file holds.
        form: Size, channels and rule.

    Raises:
        BrokenImageError: The file is missing, truncated, damaged, absurdly large, or no such image.
    """
    with _opened(source) as stored:
        kind = _kind_of(stored)
        whole = _upright(stored, form.rule, "L" if form.channels == 1 else "RGB")
        return DecodedImage(pixels=resize_image(whole, form.size, form.rule), kind=kind)


def decode_whole(source: Path | bytes, form: ImageForm) -> "Image.Image":
    """The first frame in its own size, of mode "RGB" or "L": what `decode_file` resizes; raises BrokenImageError."""
    with _opened(source) as stored:
        whole = _upright(stored, form.rule, "L" if form.channels == 1 else "RGB")
        whole.load()
        return whole.copy()


@contextmanager
def _opened(source: Path | bytes) -> "Iterator[Image.Image]":
    """An open image; whatever goes wrong while it is read is a BrokenImageError."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(source, Path) and source.exists() and not source.is_file():
        raise BrokenImageError("it is not a file but a pipe or a device")
    try:
        file = source if isinstance(source, Path) else io.BytesIO(source)
        with Image.open(file, formats=FORMATS) as stored:
            yield stored
    except UnidentifiedImageError as error:
        raise BrokenImageError(f"it is no {', '.join(FORMATS)} image") from error
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


def _kind_of(stored: "Image.Image") -> Kind:
    if stored.mode == "CMYK":
        return Kind.CMYK
    is_gray = stored.mode in ("1", "L", "LA") or stored.mode.startswith("I;16")
    if stored.has_transparency_data:
        return Kind.TRANSPARENT_GRAY if is_gray else Kind.TRANSPARENT
    return Kind.GRAY if is_gray else Kind.COLOR


def _upright(stored: "Image.Image", rule: ImageRule, mode: str) -> "Image.Image":
    """The whole image in `mode`, "L" or "RGB"."""
    from PIL import ImageOps

    if stored.mode in ("I", "F"):
        kind = "signed or 32-bit whole numbers" if stored.mode == "I" else "32-bit floats"
        raise BrokenImageError(f"its pixels are {kind}, and nothing says which value is white: store 8 or 16 bits")
    if rule.is_keras:
        return decoded_as_tensorflow(stored, mode)
    return _in_mode(ImageOps.exif_transpose(stored) if rule.exif else stored, mode)


def _in_mode(image: "Image.Image", mode: str) -> "Image.Image":
    from PIL import Image

    if image.mode.startswith("I;16"):
        return _from_16_bit(image).convert(mode)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
        return white.convert("RGB").convert(mode)
    return image.convert(mode) if image.mode in ("1", "L", mode) else image.convert("RGB").convert(mode)


def _from_16_bit(image: "Image.Image") -> "Image.Image":
    """Gray, 0 to 65535 -> gray, 0 to 255: scaled, where Pillow's own conversion would clip."""
    import numpy as np
    from PIL import Image

    values = np.asarray(image).astype(np.uint32)
    gray = ((values * 255 + 32767) // 65535).astype(np.uint8)
    if "transparency" in image.info:
        gray[values == image.info["transparency"]] = 255
    return Image.fromarray(gray)
