"""The size of images as a user writes it."""

import re

from edgekit.foundation.errors import UsageError

_SIZE = re.compile(r"(?P<height>\d{1,6})(?:\s*[xX]\s*(?P<width>\d{1,6}))?")


def parse_size(text: str | int) -> tuple[int, int]:
    """(height, width) of "48x96", or of "64" or 64 for a square; raises UsageError."""
    match = _SIZE.fullmatch(str(text).strip())
    size = (int(match["height"]), int(match["width"] or match["height"])) if match else (0, 0)
    if min(size) < 1:
        raise UsageError(
            f"--image-size must be height x width in pixels, as in 48x96, or one number for a square, each from 1 to "
            f"999999. Received '{text}'."
        )
    return size
