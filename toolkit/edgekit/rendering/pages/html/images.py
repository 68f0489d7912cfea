"""Pictures inside a page, as data URIs: test images as small as they can be seen, figures as they are."""

import io
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.rendering.pages.html.markup import Html, tag

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_EXACT_SIDE = 48
"""Images up to this are kept pixel by pixel, as PNG."""

MAX_SIDE = 96
"""Larger ones are made this small, as JPEG."""

JPEG_QUALITY = 82


def photo(image: "NDArray[np.uint8]", alternative: str) -> Html:
    """A test image, uint8 (H, W, 3), RGB, 0 to 255, as a thumbnail; small ones with their pixels to be seen."""
    is_small = max(image.shape[:2]) <= MAX_EXACT_SIDE
    source = _uri("png", _encoded(image, "PNG")) if is_small else _uri("jpeg", _encoded(image, "JPEG"))
    return tag("img", src=source, alt=alternative, class_="pixels" if is_small else None, width=MAX_SIDE)


def png_file(path: Path, alternative: str) -> Html:
    """A figure from a PNG file, as it is, at most as wide as the page; raises OSError where it cannot be read."""
    return tag("img", src=_uri("png", path.read_bytes()), alt=alternative, class_="drawn")


def image_strip(items: Iterable[tuple[Html | None, Html]]) -> Html:
    """Pictures with words below each, as many side by side as fit; None where a picture is not at hand."""
    return tag("ul", *(tag("li", image, tag("div", words)) for image, words in items), class_="strip")


def _encoded(image: "NDArray[np.uint8]", kind: str) -> bytes:
    import numpy as np
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(image))
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, kind, optimize=True, quality=JPEG_QUALITY)
    return file.getvalue()


def _uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"
