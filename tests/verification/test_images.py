from pathlib import Path

import numpy as np
import pytest
from fakes import fake_dataset, fake_reference, numbered_images
from numpy.typing import NDArray

from edgekit.errors import VerificationError
from edgekit.verification.images import WRITE_BATCH, file_of, open_workloads, spread_over_classes, write_images

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


def test_a_mapped_file_is_used_as_it_is(stored: Path) -> None:
    assert file_of(np.load(stored, mmap_mode="r")) == stored
    assert file_of(np.lib.format.open_memmap(stored, mode="r")) == stored


@pytest.mark.parametrize(
    "part",
    [
        lambda images: images[1:],
        lambda images: images[:-1],
        lambda images: images[::-1],
        lambda images: images[:, :, ::-1],
        lambda images: images.transpose(0, 2, 1, 3),
        lambda images: images[np.arange(COUNT)[::-1]],
        np.array,
    ],
)
def test_a_part_or_another_order_of_a_mapped_file_is_not(stored: Path, part) -> None:
    assert file_of(part(np.load(stored, mmap_mode="r"))) is None


def test_a_raw_mapping_that_is_no_npy_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "raw"
    numbered_images(8).tofile(path)
    assert file_of(np.memmap(path, np.uint8, "r", shape=(8, 2, 2, 3))) is None


def test_the_spread_keeps_proportions_and_order() -> None:
    labels = np.repeat([0, 1, 2], [600, 300, 100]).astype(np.int64)
    chosen = spread_over_classes(labels, 100)
    assert np.bincount(labels[chosen]).tolist() == [60, 30, 10]
    assert len(set(chosen.tolist())) == 100
    assert chosen.tolist() == sorted(chosen.tolist())
    assert spread_over_classes(labels, 1000).tolist() == list(range(1000))
    assert len(spread_over_classes(labels, 1)) == 1


def test_the_small_part_holds_the_images_that_its_scores_belong_to() -> None:
    labels: NDArray[np.int64] = np.arange(300) % 3
    dataset = fake_dataset(labels, ("a", "b", "c"))
    reference = fake_reference(dataset)
    with open_workloads(dataset.test, reference, 30) as workloads:
        assert not workloads.usual.is_subset
        assert np.array_equal(np.load(workloads.usual.images_npy), dataset.test.images)
        slow = workloads.slow
        assert slow.is_subset
        chosen = spread_over_classes(labels, 30)
        assert np.array_equal(np.load(slow.images_npy), dataset.test.images[chosen])
        assert np.array_equal(slow.reference_scores, reference.scores[chosen])
        assert np.array_equal(slow.labels, labels[chosen])
        folder = slow.images_npy.parent
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="TMPDIR"):
        write_images(numbered_images(4), tmp_path / "missing" / "a.npy")
