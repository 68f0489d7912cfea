"""Images as files: what lies in a file stays there, everything else is written, and both read back the same."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.fakes import numbered_images

from edgekit.execution.image_files import WRITE_BATCH, images_file, write_images
from edgekit.execution.worker.streaming import ImageFile
from edgekit.foundation.errors import VerificationError

COUNT = WRITE_BATCH + 77


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    np.save(tmp_path / "stored.npy", numbered_images(COUNT))
    return tmp_path / "stored.npy"


def test_written_images_read_back_the_same(tmp_path: Path) -> None:
    images = numbered_images(COUNT)
    assert np.array_equal(np.load(write_images(images, tmp_path / "a.npy"), mmap_mode="r"), images)
    backwards = images[::-1]
    assert np.array_equal(np.load(write_images(backwards, tmp_path / "b.npy")), backwards)


def read_back(images: NDArray[np.uint8], folder: Path) -> tuple[Path, NDArray[np.uint8]]:
    """The file that workers get, and what they read from it."""
    path = images_file(images, folder / "images.npy")
    file = ImageFile(path)
    return path, file.read(0, file.num_images)


@pytest.mark.parametrize(
    "part",
    [
        lambda images: images,
        lambda images: images[1:],
        lambda images: images[7:-3],
        lambda images: images[:, :, :, :].view(),
    ],
)
def test_mapped_images_stay_where_they_are(stored: Path, tmp_path: Path, part) -> None:
    images = part(np.load(stored, mmap_mode="r"))
    path, found = read_back(images, tmp_path)
    assert path.suffix == ".json"
    assert path.stat().st_size < 1000
    assert np.array_equal(found, images)


@pytest.mark.parametrize(
    "part",
    [
        lambda images: images[::-1],
        lambda images: images[::2],
        lambda images: images[:, :, ::-1],
        lambda images: images.transpose(0, 2, 1, 3),
        lambda images: images[np.arange(COUNT)[::-1]],
        np.array,
    ],
)
def test_other_images_are_written(stored: Path, tmp_path: Path, part) -> None:
    images = part(np.load(stored, mmap_mode="r"))
    path, found = read_back(images, tmp_path)
    assert path.suffix == ".npy"
    assert np.array_equal(found, images)


def test_a_raw_mapping_at_an_odd_offset_is_used_as_it_is(tmp_path: Path) -> None:
    images = numbered_images(5000)
    (tmp_path / "raw").write_bytes(b"x" * 12_345 + images.tobytes())
    mapped = np.memmap(tmp_path / "raw", np.uint8, "r", offset=12_345, shape=images.shape)
    path, found = read_back(mapped[10:], tmp_path)
    assert path.suffix == ".json"
    assert np.array_equal(found, images[10:])


def test_what_was_changed_in_memory_is_not_read_from_the_file(stored: Path, tmp_path: Path) -> None:
    images = np.load(stored, mmap_mode="c")
    images[0] = 99
    path, found = read_back(images, tmp_path)
    assert path.suffix == ".npy"
    assert (found[0] == 99).all()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="TMPDIR"):
        write_images(numbered_images(4), tmp_path / "missing" / "a.npy")
