"""Test images from another place: all of a flat folder trains, all of the other one tests."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.datasets.own import load_own
from edgekit.foundation.errors import DatasetError, UsageError
from edgekit.foundation.progress import SilentProgress


def photos(folder: Path, per_class: int, classes: tuple[str, ...] = ("cat", "dog"), seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8)).save(folder / name / f"{number}.png")
    return folder


def request(cache: Path, **options: object) -> DatasetRequest:
    return DatasetRequest(image_size=(6, 6), cache_dir=cache, progress=SilentProgress(), **options)  # type: ignore[arg-type]


def test_all_images_of_each_folder_are_used(tmp_path: Path) -> None:
    train, held = photos(tmp_path / "train", 20), photos(tmp_path / "held-out", 5, seed=1)
    whole = load_dataset(f"folder:{train}", request(tmp_path / "cache", test_data=str(held)))
    assert (len(whole.train), len(whole.validation), len(whole.test)) == (36, 4, 10)
    assert whole.num_identical == 0
    alone = load_dataset(f"folder:{train}", request(tmp_path / "cache", test_data=f"folder:{held}", test_only=True))
    assert alone.sha256 == whole.sha256
    assert len(alone.train) == 0


def test_both_places_are_found_again(tmp_path: Path) -> None:
    train, held = photos(tmp_path / "train", 20), photos(tmp_path / "held-out", 5, seed=1)
    whole = load_dataset(str(train), request(tmp_path / "cache", test_data=str(held)))
    again = load_own({"name": "folder", "sha256": whole.sha256}, request(tmp_path / "cache"))
    assert (again.sha256, len(again.train), again.train.sha256) == (whole.sha256, 36, whole.train.sha256)


def test_other_classes_and_data_that_is_loaded_are_refused(tmp_path: Path) -> None:
    train, held = photos(tmp_path / "train", 20), photos(tmp_path / "held-out", 5, classes=("cat", "fox"))
    with pytest.raises(DatasetError, match=r"expected cat, dog, received cat, fox\. Give the folders the same names"):
        load_dataset(str(train), request(tmp_path / "cache", test_data=str(held)))
    loaded = load_dataset(str(train), request(tmp_path / "cache"))
    with pytest.raises(UsageError, match="Omit --test-data"):
        load_dataset(loaded, request(tmp_path / "cache", test_data=str(held)))
