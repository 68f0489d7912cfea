import gzip
import io
import os
import tarfile

import numpy as np
import pytest
from support.files.archives import pack
from support.files.cifar10_writer import NAMES, make_batches, pickled, write_binary, write_python

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.foundation.errors import DatasetError


@pytest.fixture(scope="module")
def batches():
    return make_batches()


@pytest.fixture
def folder(tmp_path, batches):
    return write_python(tmp_path / "cifar-10-batches-py", batches)


def load(location, **request):
    return load_dataset(f"cifar10:{location}", DatasetRequest(**request))


def hashes(dataset):
    return dataset.sha256, dataset.train.sha256, dataset.validation.sha256


def test_pixels_and_labels_are_where_they_belong(folder, batches):
    dataset = load(folder)
    pixels, labels = batches["test_batch"]

    assert dataset.class_names == tuple(NAMES)
    assert dataset.test.labels.tolist() == labels
    for row, column, channel in [(0, 0, 0), (31, 5, 1), (7, 30, 2)]:
        assert np.array_equal(
            dataset.test.images[:, row, column, channel], pixels[:, channel * 1024 + row * 32 + column]
        )


def test_training_images_keep_their_labels_and_are_split_once(folder, batches):
    dataset = load(folder, validation_fraction=0.25)
    label_of = {
        pixels[n].reshape(3, 32, 32).transpose(1, 2, 0).tobytes(): labels[n]
        for name, (pixels, labels) in batches.items()
        if name != "test_batch"
        for n in range(len(labels))
    }

    seen = [
        (image.tobytes(), label)
        for split in (dataset.train, dataset.validation)
        for image, label in zip(split.images, split.labels.tolist(), strict=True)
    ]
    assert dict(seen) == label_of
    assert len(seen) == len(label_of) == 80
    assert np.bincount(dataset.validation.labels).tolist() == [2] * 10


def test_every_form_gives_the_same_data(tmp_path, folder, batches):
    python2 = write_python(tmp_path / "two" / "cifar-10-batches-py", batches, python2=True)
    protocol5 = write_python(tmp_path / "five" / "cifar-10-batches-py", batches, protocol=5)
    binary = write_binary(tmp_path / "cifar-10-batches-bin", batches)
    renamed = binary.parent / "unpacked"
    renamed.symlink_to(binary)
    forms = [
        folder.parent,
        python2,
        python2.parent,
        protocol5,
        binary,
        renamed,
        pack(folder, tmp_path / "python.tar.gz"),
        pack(binary, tmp_path / "binary.tar.gz"),
    ]

    expected = hashes(load(folder))
    assert [hashes(load(form)) for form in forms] == [expected] * len(forms)


def test_more_than_nine_batches_keep_their_order(tmp_path):
    many = make_batches(num_train=11, per_class=1)
    dataset = load(write_python(tmp_path / "many", many), validation_fraction=0.01)

    remaining = dataset.train.images[:, 0, 0, 0].tolist()
    expected = [pixel for n in range(11) for pixel in many[f"data_batch_{n + 1}"][0][:, 0].tolist()]
    assert len(remaining) == 100
    iterator = iter(expected)
    assert all(pixel in iterator for pixel in remaining)


def test_the_hash_depends_on_no_option(folder):
    assert load(folder, seed=3, validation_fraction=0.5).sha256 == load(folder).sha256
    assert hashes(load(folder, seed=3)) != hashes(load(folder))
    assert hashes(load(folder, seed=3)) == hashes(load(folder, seed=3))


def test_only_the_test_batch_is_read_on_request(folder):
    expected = load(folder).sha256
    (folder / "data_batch_1").write_bytes(b"broken")

    dataset = load(folder, test_only=True)

    assert (dataset.sha256, len(dataset.train), len(dataset.validation)) == (expected, 0, 0)


def test_without_training_batches_it_can_still_be_verified(tmp_path, batches):
    folder = write_python(tmp_path / "test-only", {"test_batch": batches["test_batch"]})

    assert (len(load(folder).train), len(load(folder).test)) == (0, 40)


@pytest.mark.parametrize("name", ["data_batch_2", "test_batch", "batches.meta"])
@pytest.mark.parametrize("damage", [lambda raw: b"", lambda raw: raw[: len(raw) // 2], lambda raw: b"\x00" * 100])
def test_a_damaged_file_is_named(folder, name, damage):
    (folder / name).write_bytes(damage((folder / name).read_bytes()))

    with pytest.raises(DatasetError, match=name):
        load(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({b"labels": [0]}, "Expected an array 'data' and a list 'labels', received labels"),
        ({b"labels": [0], b"data": np.zeros((2, 3072), np.uint8)}, r"1 labels and pixels of shape \(2, 3072\)"),
        ({b"labels": [0], b"data": np.zeros((1, 3071), np.uint8)}, r"Expected \(1, 3072\)"),
        ({b"labels": ["cat"], b"data": np.zeros((1, 3072), np.uint8)}, "whole numbers"),
        ({b"labels": [10], b"data": np.zeros((1, 3072), np.uint8)}, "must lie in 0 to 9"),
    ],
)
def test_a_batch_that_contradicts_itself_is_refused(folder, content, message):
    (folder / "test_batch").write_bytes(pickled(content))

    with pytest.raises(DatasetError, match=message):
        load(folder)


@pytest.mark.parametrize("content", [{b"label_names": 3}, {}, {b"label_names": [1, 2]}])
def test_class_names_that_are_none_are_refused(folder, content):
    (folder / "batches.meta").write_bytes(pickled(content))

    with pytest.raises(DatasetError, match="holds no list 'label_names'"):
        load(folder)


def test_a_truncated_binary_batch_is_refused(tmp_path, batches):
    folder = write_binary(tmp_path / "binary", batches)
    whole = (folder / "test_batch.bin").read_bytes()
    (folder / "test_batch.bin").write_bytes(whole[:-1])

    with pytest.raises(DatasetError, match=r"test_batch\.bin is truncated"):
        load(folder)


@pytest.mark.parametrize("missing", ["test_batch", "batches.meta"])
def test_a_missing_file_is_a_sentence(folder, missing):
    (folder / missing).unlink()

    with pytest.raises(DatasetError, match=r"is not CIFAR-10\. Expected test_batch and batches.meta"):
        load(folder)


def test_a_missing_place_is_a_sentence(tmp_path):
    with pytest.raises(DatasetError, match=r"There is no .*nowhere. Expected the CIFAR-10 archive"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize("cut", [0, 10, 1000, -20000, -5, -1])
def test_a_truncated_archive_is_refused(tmp_path, folder, cut):
    archive = pack(folder, tmp_path / "whole.tar.gz")
    archive.write_bytes(archive.read_bytes()[:cut])

    for test_only in (True, False):
        with pytest.raises(DatasetError):
            load(archive, test_only=test_only)


def test_an_archive_is_the_same_bytes_whenever_it_is_written(tmp_path, folder):
    first = pack(folder, tmp_path / "first.tar.gz").read_bytes()
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    assert pack(folder, tmp_path / "second.tar.gz").read_bytes() == first


@pytest.mark.parametrize("test_only", [True, False])
def test_a_flipped_bit_in_an_archive_is_refused_or_changes_nothing(tmp_path, folder, test_only):
    """A few bits change nothing: the time in gzip's header, and codes for one of several equal runs of zeros."""
    archive = pack(folder, tmp_path / "whole.tar.gz")
    content, num_refused = archive.read_bytes(), 0
    unpacked = gzip.decompress(content)
    places = [*range(30), *range(100, len(content), len(content) // 40), *range(len(content) - 60, len(content))]
    for place in places:
        damaged = tmp_path / "damaged.tar.gz"
        damaged.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        try:
            load(damaged, test_only=test_only)
        except DatasetError:
            num_refused += 1
        else:
            assert gzip.decompress(damaged.read_bytes()) == unpacked
    assert num_refused > 0.6 * len(places)


@pytest.mark.parametrize("place", [-8, -7, -6, -5, -4, -3, -2, -1])
def test_the_checksum_at_the_end_of_an_archive_is_compared(tmp_path, folder, place):
    content = bytearray(pack(folder, tmp_path / "whole.tar.gz").read_bytes())
    content[place] ^= 1
    (tmp_path / "damaged.tar.gz").write_bytes(content)
    for test_only in (True, False):
        with pytest.raises(DatasetError, match=r"not a whole \.tar\.gz archive"):
            load(tmp_path / "damaged.tar.gz", test_only=test_only)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "x.tar.gz").write_bytes(b"hello" * 1000)

    with pytest.raises(DatasetError, match=r"is not a whole \.tar\.gz archive"):
        load(tmp_path / "x.tar.gz")


def add_member(archive, **attributes):
    """A copy of the archive with one more member."""
    changed = archive.with_name("changed.tar.gz")
    with tarfile.open(archive) as old, tarfile.open(changed, "w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
        member = tarfile.TarInfo("extra")
        for name, value in attributes.items():
            setattr(member, name, value)
        member.size = 4 if member.isreg() else 0
        new.addfile(member, io.BytesIO(b"evil") if member.isreg() else None)
    return changed


@pytest.mark.parametrize("name", ["/etc/evil", "../evil", "cifar-10-batches-py/../../evil", "..\\evil", "C:\\evil"])
def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path, folder, name):
    archive = add_member(pack(folder, tmp_path / "whole.tar.gz"), name=name)

    with pytest.raises(DatasetError, match="would leave the folder"):
        load(archive)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_an_archive_with_links_or_devices_is_refused(tmp_path, folder, kind):
    archive = add_member(pack(folder, tmp_path / "whole.tar.gz"), type=kind, linkname="/etc/passwd")

    with pytest.raises(DatasetError, match="is neither a file nor a folder"):
        load(archive)


def test_an_archive_that_holds_a_file_twice_is_refused(tmp_path, folder):
    (folder / "copy").mkdir()
    (folder / "copy" / "test_batch").write_bytes((folder / "test_batch").read_bytes())

    with pytest.raises(DatasetError, match="holds 'test_batch' twice"):
        load(pack(folder, tmp_path / "twice.tar.gz"))


def test_reading_leaves_nothing_on_the_disk(tmp_path, folder):
    archive = pack(folder, tmp_path / "whole.tar.gz")
    before = sorted(tmp_path.rglob("*"))

    load(archive, cache_dir=tmp_path / "cache")

    new = [path for path in tmp_path.rglob("*") if path not in before and path.is_file()]
    assert [path.parent for path in new] == [tmp_path / "cache" / "data-locations"], "where the archive lies, no image"


@pytest.mark.cifar10
def test_the_real_images_are_read(cifar10_folder):
    dataset = load(cifar10_folder, test_only=True)

    assert dataset.test.images.shape[1:] == (32, 32, 3)
    assert dataset.class_names == tuple(NAMES)
    assert 100 < dataset.test.images.mean() < 135
    assert np.bincount(dataset.test.labels, minlength=10).min() > 900
