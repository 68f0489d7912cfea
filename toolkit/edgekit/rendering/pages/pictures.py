"""Pictures inside a page, as data URIs: test images as small as they can be seen, figures as they are."""

import io
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_EXACT_SIDE = 48
"""Images up to this are kept pixel by pixel, as PNG."""

MAX_SIDE = 96
"""Larger ones are made this small, as JPEG."""

JPEG_QUALITY = 82


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture.

    Attributes:
        uri: The file itself, as a `data:` URI.
        words: What it shows, for people who cannot see it.
        is_small: Whether its pixels are to be seen.
    """

    width: ClassVar[int] = MAX_SIDE

    uri: str
    words: str
    is_small: bool = False


def photo(image: "NDArray[np.uint8]", words: str) -> Picture:
    """A test image, uint8 (H, W, 3) or (H, W, 1), as a thumbnail; small ones with their pixels to be seen."""
    is_small = max(image.shape[:2]) <= MAX_EXACT_SIDE
    kind = "png" if is_small else "jpeg"
    return Picture(uri=_uri(kind, _encoded(image, kind)), words=words, is_small=is_small)


def png_file(path: Path, words: str) -> Picture:
    """A figure from a PNG file, as it is; raises OSError if it cannot be read."""
    return Picture(uri=_uri("png", path.read_bytes()), words=words)


def _encoded(image: "NDArray[np.uint8]", kind: str) -> bytes:
    import numpy as np
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image))
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, kind, optimize=True, quality=JPEG_QUALITY)
    return file.getvalue()


def _uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"
