"""Large arrays of an .npz are mapped, byte for byte what numpy reads; everything else is read by numpy."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.datasets.npz import zip_mapping
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.mapped_arrays import place_of


@pytest.fixture(autouse=True)
def _small_arrays_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_mapping, "MIN_BYTES", 1000)


def write(path: Path, save=np.savez, **others) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    arrays = {
        "y_test": np.arange(40) % 3,
        "x_test": rng.integers(0, 256, (40, 4, 5, 3), np.uint8),
        "x_train": rng.integers(0, 256, (30, 4, 5, 3), np.uint8),
        "y_train": np.arange(30) % 3,
        **others,
    }
    save(path, **arrays)
    return arrays


def load(path: Path, **request: bool):
    return load_dataset(f"npz:{path}", DatasetRequest(**request))


def test_stored_images_are_mapped_where_they_lie(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    arrays = write(path)
    images = load(path, test_only=True).test.images
    assert np.array_equal(images, arrays["x_test"])
    place = place_of(images)
    assert place is not None
    assert place[0] == path
    assert path.read_bytes()[place[1] :].startswith(arrays["x_test"].tobytes())


def test_the_hash_is_the_same_as_of_images_that_are_read(tmp_path: Path) -> None:
    stored, packed = tmp_path / "stored.npz", tmp_path / "packed.npz"
    write(stored)
    write(packed, np.savez_compressed)
    assert place_of(load(packed).test.images) is None
    assert load(stored).sha256 == load(packed).sha256


def test_another_order_of_bytes_is_read(tmp_path: Path) -> None:
    images = np.asfortranarray(np.zeros((40, 4, 5, 3), np.uint8))
    write(tmp_path / "data.npz", x_test=images, x_train=images[:30])
    found = load(tmp_path / "data.npz").test.images
    assert found.shape == images.shape
    assert place_of(found) is None


def test_gray_images_without_a_channel_axis_are_mapped(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 20, 5), dtype=np.uint8)
    write(tmp_path / "data.npz", x_test=images, x_train=images[:30])
    found = load(tmp_path / "data.npz").test.images
    assert np.array_equal(found, images[..., None])
    place = place_of(found)
    assert place is not None
    path, offset = place
    assert np.array_equal(np.memmap(path, np.uint8, "r", offset, found.shape), found)


def test_damage_in_a_mapped_array_is_found(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    arrays = write(path)
    content = bytearray(path.read_bytes())
    content[content.index(arrays["x_test"].tobytes()) + 500] ^= 1
    path.write_bytes(content)
    with pytest.raises(DatasetError, match="CRC"):
        load(path, test_only=True)


def test_a_header_that_lies_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    write(path)
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    members["x_test.npy"] = members["x_test.npy"].replace(b"(40, 4, 5, 3)", b"(90, 4, 5, 3)")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(DatasetError):
        load(path, test_only=True)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    write(tmp_path / "data.npz", x_test=np.array([[{"a": 1}] * 300] * 40, dtype=object))
    with pytest.raises(DatasetError, match=r"[Oo]bject"):
        load(tmp_path / "data.npz", test_only=True)
