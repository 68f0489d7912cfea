"""`folder:` with one channel: what color, transparent and CMYK images become, what is said of them, what it saves."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.helpers import Listening

from edgekit.datasets import Dataset, DatasetRequest, load_dataset

SIDE = 8
Load = Callable[[int | None], tuple[Dataset, list[str]]]


def picture(seed: int, mode: str) -> Image.Image:
    """Random pixels of the model's own size, so that nothing is resized."""
    rng = np.random.default_rng(seed)
    bands = {"L": 1, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    pixels = rng.integers(0, 256, (SIDE, SIDE, bands), dtype=np.uint8)
    return Image.fromarray(pixels[..., 0] if mode == "L" else pixels, mode)


def on_white(image: Image.Image) -> Image.Image:
    """As a viewer shows transparent parts."""
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return white.convert("RGB")


MODES = ("L", "RGB", "RGBA", "CMYK")


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """A folder of two classes, in whose test split every mode occurs once per class."""
    for split, first in (("train", 100), ("test", 0)):
        for place, name in enumerate(("ant", "bee")):
            folder = tmp_path / "photos" / split / name
            folder.mkdir(parents=True)
            for number, mode in enumerate(MODES):
                suffix = "tif" if mode == "CMYK" else "png"
                picture(first + 10 * place + number, mode).save(folder / f"{number}.{suffix}")

    def loaded(channels: int | None) -> tuple[Dataset, list[str]]:
        listening = Listening()
        wanted = DatasetRequest(
            image_size=(SIDE, SIDE), channels=channels, cache_dir=tmp_path / "cache", progress=listening
        )
        return load_dataset(f"folder:{tmp_path}/photos", wanted), listening.notes

    return loaded


def test_gray_is_pillows_of_every_mode(load: Load) -> None:
    dataset, _ = load(1)
    assert dataset.image_shape == (SIDE, SIDE, 1)
    for place in range(2):
        for number, mode in enumerate(MODES):
            original = picture(10 * place + number, mode)
            shown = on_white(original) if mode == "RGBA" else original.convert("L" if mode == "L" else "RGB")
            found = dataset.test.images[len(MODES) * place + number, ..., 0]
            assert np.array_equal(found, np.asarray(shown.convert("L"))), mode


def test_conversions_are_said_and_kept(load: Load) -> None:
    dataset, notes = load(1)
    said = "\n".join(notes)
    assert "12 color images converted to grayscale with the luma weights of ITU-R BT.601" in said
    assert "4 images may have transparent parts" in said
    assert "4 CMYK images converted to grayscale" in said
    assert any("luma weights" in note for note in dataset.image_notes)
    assert dataset.to_dict()["image_notes"] == list(dataset.image_notes)


def test_color_images_alone_are_said_to_be_converted_each_time(load: Load, tmp_path: Path) -> None:
    for place, path in enumerate(sorted((tmp_path / "photos").rglob("*.*"))):
        picture(200 + place, "RGB").save(path)

    for _ in ("decoded", "found in the cache"):
        dataset, notes = load(1)
        assert any("16 color images converted to grayscale with the luma weights" in note for note in notes)
        assert any("luma weights" in note for note in dataset.image_notes)


def test_gray_among_color_images_is_said_where_rgb_is_wanted(load: Load) -> None:
    dataset, notes = load(None)
    assert dataset.image_shape == (SIDE, SIDE, 3)
    assert any("4 of 16 images are grayscale, taken as RGB with three equal channels" in note for note in notes)
    assert np.array_equal(dataset.test.images[0], np.repeat(np.asarray(picture(0, "L"))[..., None], 3, axis=2))


def test_gray_takes_a_third_of_the_cache_and_memory(load: Load, tmp_path: Path) -> None:
    color, _ = load(3)
    written = {path: path.stat().st_size for path in (tmp_path / "cache").rglob("*.npy")}
    gray, _ = load(1)
    more = [path.stat().st_size for path in (tmp_path / "cache").rglob("*.npy") if path not in written]
    header = 128
    assert 3 * (sum(more) - header * len(more)) == sum(written.values()) - header * len(written)
    assert 3 * gray.test.images.nbytes == color.test.images.nbytes
