"""Pictures in a page: small ones exact, large ones small."""

import io
from base64 import b64decode
from pathlib import Path

import numpy as np
from PIL import Image

from edgekit.rendering.pages.pictures import Picture, photo, png_file


def pixels_of(picture: Picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(b64decode(picture.uri.partition("base64,")[2]))))


def test_small_photos_are_exact_and_large_ones_small() -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 24, 3)).astype(np.uint8)
    assert np.array_equal(pixels_of(photo(image, "x")), image)
    assert photo(image, "x").is_small
    large = photo(np.full((300, 600, 3), 200, np.uint8), "x")
    assert pixels_of(large).shape == (48, 96, 3)
    assert large.uri.startswith("data:image/jpeg;")
    assert not large.is_small


def test_a_figure_is_kept_as_it_is(tmp_path: Path) -> None:
    Image.new("RGB", (7, 5), "teal").save(tmp_path / "figure.png")
    assert pixels_of(png_file(tmp_path / "figure.png", "x")).shape == (5, 7, 3)
