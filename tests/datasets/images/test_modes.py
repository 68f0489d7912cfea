"""Every mode in which files are stored becomes the shape that is wanted, by every rule."""

import io

import numpy as np
import pytest
from PIL import Image

from edgekit.datasets.images.decoding import Kind, decode_file
from edgekit.datasets.images.form import ImageForm
from edgekit.datasets.images.rule import KERAS_RESIZES, RESIZES, ImageRule

MODES = ("1", "L", "LA", "I;16", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB")
GRAY_MODES = {"1", "L", "LA", "I;16"}


def stored(mode: str) -> bytes:
    """A light red picture as a TIFF file, or a light gray one."""
    picture = Image.new("RGB", (9, 6), (200, 160, 160))
    if mode == "I;16":
        picture = Image.fromarray(np.full((6, 9), 170 * 257, np.uint16))
    elif mode == "LAB":
        picture = Image.new("LAB", (9, 6), (180, 142, 134))
    elif mode == "PA":
        picture = picture.quantize(4).convert("PA")
    elif mode != "RGB":
        picture = picture.convert(mode)
    file = io.BytesIO()
    picture.save(file, "TIFF")
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("resize", RESIZES)
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_becomes_the_wanted_shape_by_every_rule(mode: str, resize: str, channels: int) -> None:
    is_own = resize not in KERAS_RESIZES
    rule = ImageRule(resize=resize, antialias=is_own, exif=is_own)
    found = decode_file(stored(mode), ImageForm(size=(4, 6), rule=rule, channels=channels))
    assert found.pixels.shape == (4, 6, channels)
    assert found.pixels.dtype == np.uint8
    if mode != "1":
        assert abs(float(found.pixels.mean()) - 172) < 8


@pytest.mark.parametrize("mode", MODES)
def test_what_is_stored_without_colors_counts_as_gray(mode: str) -> None:
    kind = decode_file(stored(mode), ImageForm(size=(4, 6))).kind
    assert (kind in (Kind.GRAY, Kind.TRANSPARENT_GRAY)) == (mode in GRAY_MODES)
