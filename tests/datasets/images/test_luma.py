import numpy as np
import pytest
from PIL import Image

from edgekit.datasets.images.luma import gray_of, rgb_of, with_channels


def every_color() -> np.ndarray:
    """Every value of each channel with every fifth of the others, and random ones: uint8 (1, N, 3)."""
    some = np.arange(0, 256, 5, dtype=np.uint8)
    grid = np.stack(np.meshgrid(np.arange(256, dtype=np.uint8), some, some, indexing="ij"), axis=-1).reshape(-1, 3)
    turned = np.concatenate([grid, grid[:, [1, 0, 2]], grid[:, [2, 1, 0]]])
    return np.concatenate([turned, np.random.default_rng(0).integers(0, 256, (100_000, 3), dtype=np.uint8)])[None]


def test_gray_is_pillows_to_the_bit() -> None:
    pixels = every_color()
    expected = np.asarray(Image.fromarray(pixels).convert("L"))
    assert np.array_equal(gray_of(pixels)[..., 0], expected)


def test_rgb_is_pillows_to_the_bit() -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert np.array_equal(rgb_of(gray), np.asarray(Image.fromarray(gray[..., 0]).convert("RGB")))


def test_there_and_back_changes_nothing() -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(4, 8, 8, 1)
    assert np.array_equal(gray_of(rgb_of(gray)), gray)


def test_by_hand() -> None:
    """Red, green, blue: 0.299 * 255 = 76.2, 0.587 * 255 = 149.7, 0.114 * 255 = 29.1."""
    pixels = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]], np.uint8)
    assert gray_of(pixels)[:, 0].tolist() == [76, 150, 29, 255]


@pytest.mark.parametrize("channels", [1, 3])
def test_images_that_have_the_channels_stay_the_same_array(channels: int) -> None:
    images = np.zeros((2, 3, 4, channels), np.uint8)
    assert with_channels(images, channels) is images
