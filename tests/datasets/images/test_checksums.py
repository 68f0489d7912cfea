"""Checksums that are kept beside an array: right, believed while nothing changed, and never after a change."""

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.datasets import Split
from edgekit.datasets.base import hash_of_images
from edgekit.datasets.images import checksums
from edgekit.datasets.images.checksums import ArrayChecksums

LABELS = np.array([0, 1, 1, 0, 2], np.int64)


@pytest.fixture
def array(tmp_path: Path) -> Path:
    """An array that was written long ago."""
    path = tmp_path / "images.npy"
    write(path, 0)
    return path


def write(path: Path, seed: int) -> None:
    np.save(path, np.random.default_rng(seed).integers(0, 256, (5, 4, 3, 1), dtype=np.uint8))


def opened(path: Path) -> tuple[ArrayChecksums, NDArray[np.uint8]]:
    images = np.load(path, mmap_mode="r")
    return ArrayChecksums(path, images), images


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays count as settled at once."""
    monkeypatch.setattr(checksums, "SETTLED_NS", -1)


@pytest.mark.usefixtures("settled")
def test_they_are_those_of_the_images_and_of_the_split(array: Path) -> None:
    for _ in range(2):  # computed, then read
        sums, images = opened(array)
        assert sums.of_images == hash_of_images(images).hexdigest()
        assert sums.of_split(LABELS) == Split(images=images, labels=LABELS).sha256
        assert sums.of_split(LABELS[::-1]) == Split(images=images, labels=LABELS[::-1].copy()).sha256


@pytest.mark.usefixtures("settled")
def test_an_unchanged_array_is_not_read_again(array: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = opened(array)
    expected = first.of_images, first.of_split(LABELS)
    monkeypatch.setattr(checksums, "hash_of_images", lambda images: pytest.fail("the images were read"))
    second, _ = opened(array)
    assert (second.of_images, second.of_split(LABELS)) == expected


@pytest.mark.usefixtures("settled")
def test_a_changed_array_is_read_again_even_if_its_time_was_put_back(array: Path) -> None:
    before, _ = opened(array)
    kept, status = before.of_images, array.stat()
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    os.utime(array, ns=(status.st_atime_ns, status.st_mtime_ns))
    after, images = opened(array)
    assert after.of_images == hash_of_images(images).hexdigest() != kept


def test_of_an_array_that_was_just_written_nothing_is_kept(array: Path) -> None:
    array.touch()
    sums, _ = opened(array)
    assert sums.of_images
    assert not array.with_suffix(checksums.SUFFIX).exists()


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": [1], "images": 5, "splits": {}}'])
def test_a_damaged_file_of_checksums_costs_only_time(array: Path, content: str) -> None:
    array.with_suffix(checksums.SUFFIX).write_text(content)
    sums, images = opened(array)
    assert sums.of_images == hash_of_images(images).hexdigest()
