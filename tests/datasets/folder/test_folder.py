import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.helpers import Listening

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.datasets.images import cache as image_cache
from edgekit.foundation.errors import CacheError, DatasetError, UsageError


def write_images(folder, count, first=0):
    """Plain images; the red value is the number, so that every image can be told from the others."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        Image.new("RGB", (5, 4), (number, 7, 9)).save(folder / f"{number:03}.png")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def flat(tmp_path):
    """Two classes, 10 and 20 images, without splits."""
    write_images(tmp_path / "photos" / "cat", 10)
    write_images(tmp_path / "photos" / "ant", 20, first=100)
    return tmp_path / "photos"


@pytest.fixture
def split(tmp_path):
    """Train and test folders of two classes."""
    for name, first in (("train", 0), ("test", 50)):
        write_images(tmp_path / "split" / name / "cat", 10, first)
        write_images(tmp_path / "split" / name / "ant", 10, first + 100)
    return tmp_path / "split"


def load(folder, cache, **request):
    return load_dataset(f"folder:{folder}", DatasetRequest(cache_dir=cache, **request))


def numbers(dataset_split):
    return dataset_split.images[:, 0, 0, 0].tolist()


def test_one_level_is_split_by_class(flat, cache):
    dataset = load(flat, cache)

    assert dataset.name == "folder"
    assert dataset.class_names == ("ant", "cat")
    assert np.bincount(dataset.test.labels).tolist() == [4, 2]
    assert dataset.image_shape == (32, 32, 3)
    seen = numbers(dataset.train) + numbers(dataset.validation) + numbers(dataset.test)
    assert sorted(seen) == [*range(10), *range(100, 120)]
    for part in (dataset.train, dataset.validation, dataset.test):
        assert [int(number < 100) for number in numbers(part)] == part.labels.tolist()


def test_two_levels_are_kept_apart(split, cache):
    dataset = load(split, cache, validation_fraction=0.2)

    assert sorted(numbers(dataset.test)) == [*range(50, 60), *range(150, 160)]
    assert sorted(numbers(dataset.train) + numbers(dataset.validation)) == [*range(10), *range(100, 110)]
    assert np.bincount(dataset.validation.labels).tolist() == [2, 2]


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_validation_folder_is_used(split, cache, name):
    write_images(split / name / "ant", 1, 200)
    write_images(split / name / "cat", 1, 220)

    dataset = load(split, cache)

    assert numbers(dataset.validation) == [200, 220]
    assert len(dataset.train) == 20


def test_the_test_split_and_hash_depend_on_neither_seed_nor_fraction(flat, cache):
    reference = load(flat, cache)
    other = load(flat, cache, seed=9, validation_fraction=0.4)

    assert numbers(other.test) == numbers(reference.test)
    assert other.sha256 == reference.sha256
    assert numbers(other.validation) != numbers(reference.validation)


def test_splits_are_mapped_and_not_held_in_memory(flat, cache):
    dataset = load(flat, cache)

    for part in (dataset.train, dataset.validation, dataset.test):
        assert isinstance(part.images, np.memmap)
        assert not part.images.flags.writeable


def test_the_second_time_nothing_is_decoded(flat, cache, monkeypatch):
    first = load(flat, cache)
    monkeypatch.setattr(image_cache, "decode_file", None)

    second = load(flat, cache)

    assert [second.train.sha256, second.sha256] == [first.train.sha256, first.sha256]


def test_a_changed_image_is_decoded_again(flat, cache):
    before = load(flat, cache).sha256
    for path in flat.rglob("*.png"):
        Image.new("RGB", (5, 4), "red").save(path)
        os.utime(path, ns=(1, 1))

    dataset = load(flat, cache)

    assert dataset.sha256 != before
    assert set(numbers(dataset.train)) == {255}


def test_another_size_is_decoded_anew(flat, cache):
    assert load(flat, cache, image_size=(6, 8)).image_shape == (6, 8, 3)
    assert load(flat, cache, image_size=(8, 6)).image_shape == (8, 6, 3)


def test_only_test_images_are_decoded_on_request(split, cache):
    (split / "train" / "ant" / "100.png").write_bytes(b"broken")

    dataset = load(split, cache, test_only=True)

    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (0, 0, 20)
    assert len(list((cache / image_cache.FOLDER).glob("*.npy"))) == 1


def test_a_test_folder_alone_can_be_verified_on(split, cache):
    reference = load(split, cache).sha256
    shutil.rmtree(split / "train")

    dataset = load(split, cache)

    assert (len(dataset.train), dataset.sha256) == (0, reference)


def test_a_class_may_be_called_train(tmp_path, cache):
    write_images(tmp_path / "vehicles" / "train", 3)
    write_images(tmp_path / "vehicles" / "bus", 3, 100)

    assert load(tmp_path / "vehicles", cache).class_names == ("bus", "train")


@pytest.mark.parametrize("names", [("Train", "Test"), ("training", "testing", "VALID")])
def test_splits_under_other_names_are_not_taken_for_classes(tmp_path, cache, names):
    for name in names:
        write_images(tmp_path / name / "cat", 3)
        write_images(tmp_path / name / "ant", 3, 100)

    with pytest.raises(DatasetError, match=f"{names[0]}/.* seem to be splits, not classes. Call them train/, test/"):
        load(tmp_path, cache)


def test_a_folder_beside_the_splits_is_passed_over_in_a_note(split, cache):
    write_images(split / "extra" / "cat", 3)
    progress = Listening()

    load(split, cache, progress=progress)

    assert f"{split}: ignored extra/: not one of train/, test/, validation/, valid/ and val/" in progress.notes


def test_class_folders_may_hold_folders(flat, cache):
    write_images(flat / "cat" / "more" / "still more", 5, 20)

    dataset = load(flat, cache)

    assert sorted(n for part in (dataset.train, dataset.validation, dataset.test) for n in numbers(part))[:15] == [
        *range(10),
        *range(20, 25),
    ]


def test_names_of_any_kind_and_suffixes_in_capitals(tmp_path, cache):
    for name in ("Käse", "zwei Wörter", "猫"):
        write_images(tmp_path / "names" / name, 3)
    (tmp_path / "names" / "猫" / "000.png").rename(tmp_path / "names" / "猫" / "ÄÖ ü.PNG")

    dataset = load(tmp_path / "names", cache)

    assert dataset.class_names == ("Käse", "zwei Wörter", "猫")
    assert len(dataset.sha256) == 64
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 9


def test_hidden_files_are_passed_over_and_others_counted_in_a_note(flat, cache):
    write_images(flat / ".hidden", 2)
    write_images(flat / "cat" / ".thumbnails", 2)
    (flat / "cat" / "._000.png").write_bytes(b"macOS")
    (flat / "cat" / ".DS_Store").write_bytes(b"macOS")
    (flat / "cat" / "notes.txt").write_text("hello")
    (flat / "ant" / "photo.HEIC").write_bytes(b"heic")
    (flat / "LICENSE").write_text("free")
    progress = Listening()

    dataset = load(flat, cache, progress=progress)

    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 30
    assert progress.notes == [
        f"{flat}: ignored files that are not PNG, JPEG, WebP, BMP, TIFF or GIF by name: .heic (1), .txt (1)"
    ]


@pytest.fixture
def broken(split):
    """One broken training image and one broken test image."""
    (split / "train" / "ant" / "103.png").write_bytes(b"\x89PNG broken")
    (split / "test" / "cat" / "055.png").write_bytes(b"")
    return split


def test_a_broken_image_is_named_with_its_reason(broken, cache):
    with pytest.raises(DatasetError, match=r"test/cat/055\.png cannot be read: it is no PNG.*--skip-broken"):
        load(broken, cache, test_only=True)
    assert not cache.exists()


def test_broken_images_are_left_out_and_counted_on_request(broken, cache):
    progress = Listening()

    for _ in range(2):
        dataset = load(broken, cache, skip_broken=True, progress=progress)

        assert dataset.num_skipped == 2
        assert sorted(numbers(dataset.test)) == [*range(50, 55), *range(56, 60), *range(150, 160)]
        for part in (dataset.train, dataset.validation, dataset.test):
            assert [int(number < 100) for number in numbers(part)] == part.labels.tolist()
    assert progress.notes == [f"{broken}: left out 2 broken images, as asked"] * 2


def test_what_was_left_out_once_is_still_broken_without_being_asked(broken, cache):
    load(broken, cache, skip_broken=True)

    with pytest.raises(DatasetError, match=r"\.png cannot be read: it is no PNG"):
        load(broken, cache)


def test_a_link_to_nowhere_is_a_broken_image(flat, cache):
    (flat / "cat" / "999.png").symlink_to(flat / "nowhere.png")

    with pytest.raises(DatasetError, match=r"999\.png cannot be read: No such file"):
        load(flat, cache)
    assert load(flat, cache, skip_broken=True).num_skipped == 1


def test_a_class_of_broken_images_only_is_named(split, cache):
    for path in (split / "test" / "cat").iterdir():
        path.write_bytes(b"broken")

    with pytest.raises(DatasetError, match="Every test image of class 'cat'"):
        load(split, cache, skip_broken=True)


def make_empty(root: Path) -> None:
    shutil.rmtree(root)
    root.mkdir()


def remove_images(root: Path) -> None:
    for path in (root / "cat").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (shutil.rmtree, r"There is no folder .*photos\. Expected one folder per class"),
        (make_empty, "holds no class folders"),
        (lambda root: shutil.rmtree(root / "cat"), "at least two classes; data set 'folder' has 1: ant"),
        (remove_images, "The class folder .*cat holds no images"),
        (lambda root: write_images(root / "dog", 1), "Class 'dog' has too few images"),
        (lambda root: write_images(root / "dog", 2), "Class 'dog' has too few images.* a single one is left for two"),
        (lambda root: (root / "cat").rename(root / "train"), None),
    ],
)
def test_a_folder_that_is_no_data_set_is_a_sentence(flat, cache, change, message):
    change(flat)

    if message is None:
        assert load(flat, cache).class_names == ("ant", "train")
    else:
        with pytest.raises(DatasetError, match=message):
            load(flat, cache)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: shutil.rmtree(root / "test"), "has train/ but no test/"),
        (lambda root: shutil.rmtree(root / "test" / "cat"), "train and test folders .* train is with cat"),
        (lambda root: shutil.rmtree(root / "train" / "cat"), "train and test folders .* train is without cat"),
        (lambda root: write_images(root / "val" / "dog", 1), "validation is without ant, cat and with dog"),
        (lambda root: [write_images(root / name / "ant", 1) for name in ("val", "validation")], "validation/ and val/"),
        (lambda root: make_empty(root / "test"), r"test holds no class folders"),
    ],
)
def test_splits_that_do_not_fit_are_a_sentence(split, cache, change, message):
    change(split)

    with pytest.raises(DatasetError, match=message):
        load(split, cache)


def test_images_directly_in_train_and_test_are_refused(tmp_path, cache):
    write_images(tmp_path / "flat" / "train", 4)
    write_images(tmp_path / "flat" / "test", 4)

    with pytest.raises(DatasetError, match="train holds no class folders"):
        load(tmp_path / "flat", cache)


def test_a_file_in_place_of_a_folder(tmp_path, cache):
    (tmp_path / "file").write_text("x")

    with pytest.raises(DatasetError, match="There is no folder"):
        load(tmp_path / "file", cache)


def test_without_a_path(cache):
    with pytest.raises(UsageError, match="needs a path, as in folder:photos"):
        load_dataset("folder", DatasetRequest(cache_dir=cache))


def test_a_cache_that_cannot_be_written_is_a_sentence(flat, tmp_path):
    (tmp_path / "cache").write_text("in the way")

    with pytest.raises(DatasetError, match=r"cannot be kept in .*EDGEKIT_CACHE"):
        load(flat, tmp_path / "cache")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_sentence(flat, cache, monkeypatch):
    def write_to_full_disk(path, *arguments):
        path.symlink_to("/dev/full")
        return write_array(path, *arguments)

    write_array = image_cache._write_array
    monkeypatch.setattr(image_cache, "_write_array", write_to_full_disk)

    with pytest.raises(DatasetError, match="No space left on device"):
        load(flat, cache, image_size=(256, 256))
    assert not list((cache / image_cache.FOLDER).glob("*.npy"))


def test_leftovers_of_a_killed_command_are_removed(flat, cache):
    folder = cache / image_cache.FOLDER
    old, new = folder / ".writing-old", folder / ".writing-new"
    for leftover in (old, new):
        leftover.mkdir(parents=True)
    os.utime(old, (1, 1))

    load(flat, cache)

    assert (old.exists(), new.exists()) == (False, True)


def test_images_that_were_changed_in_the_cache_are_found_by_their_checksum(flat, cache):
    load(flat, cache)
    path = sorted((cache / image_cache.FOLDER).glob("*.npy"))[0]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    with pytest.raises(DatasetError, match=rf"{path.name} was changed"):
        load(flat, cache)


def test_a_cache_that_others_may_write_into_is_refused(flat, cache):
    load(flat, cache)
    cache.chmod(0o777)

    with pytest.raises(CacheError, match="chmod go-w"):
        load(flat, cache)


def test_the_cache_says_where_its_images_come_from(flat, cache):
    load(flat, cache)

    lists = [json.loads(path.read_text()) for path in (cache / image_cache.FOLDER).glob("*.json")]
    assert [len(each.pop("sha256")) for each in lists] == [64] * 3
    assert lists == [{"root": str(flat), "skipped": []}] * 3


def test_memory_does_not_grow_with_the_images(tmp_path, cache, monkeypatch):
    """At most a few decoded images wait at once, however slowly they are written."""
    write_images(tmp_path / "many" / "a", 100)
    write_images(tmp_path / "many" / "b", 100)
    monkeypatch.setattr(image_cache.os, "cpu_count", lambda: 2)
    started = []
    names = [f"{n}.png" for n in range(200)]
    images = image_cache.ImageList(
        root=str(tmp_path),
        names=names,
        key="key",
        decode=lambda name: started.append(name) or np.zeros((2, 2, 3), np.uint8),
    )

    for done, (name, _) in enumerate(image_cache._decoded_in_order(images)):
        assert name == names[done]
        assert len(started) <= done + 16


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_among_the_images_is_named_and_never_waited_for(flat, cache):
    os.mkfifo(flat / "cat" / "pipe.png")

    with pytest.raises(DatasetError, match=r"pipe\.png cannot be read: it is not a file but a pipe"):
        load(flat, cache)


@pytest.mark.parametrize(("target", "expected"), [(".", "a folder that holds it"), ("cat", "are one and the same")])
def test_a_link_that_would_give_an_image_two_classes_is_refused(flat, cache, target, expected):
    (flat / "dog").symlink_to(target)

    with pytest.raises(DatasetError, match=expected):
        load(flat, cache)


def test_images_that_have_no_room_are_refused_before_the_first_is_decoded(flat, cache, monkeypatch):
    monkeypatch.setattr(image_cache.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 8, 1))

    with pytest.raises(DatasetError, match="EDGEKIT_CACHE"):
        load(flat, cache)
    assert not cache.exists()


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(flat, cache, monkeypatch):
    write_images(flat / "cat" / "more", 2)
    scan = os.scandir

    def refuse(path):
        if Path(path).name == "more":
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetError, match=r"more cannot be read: Permission denied"):
        load(flat, cache)


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".npy", b""),
        (".npy", b"damaged"),
        (".json", b"damaged"),
        (".npy", b"\x93NUMPY\x01\x00"),
        (".json", b"[]"),
        (".json", b"{}"),
        (".json", b'{"skipped": 3}'),
        (".json", b'{"skipped": ["x"]}'),
        (".json", b'{"skipped": [["no/such.png", "gone"]]}'),
        (".json", b'{"skipped": [["ant/100.png", "well"]]}'),
    ],
)
def test_a_damaged_cache_is_a_sentence(flat, cache, suffix, content):
    load(flat, cache)
    for path in (cache / "decoded-images").glob(f"*{suffix}"):
        path.write_bytes(content)

    with pytest.raises(DatasetError, match="The folder can be emptied at any time"):
        load(flat, cache, skip_broken=True)
