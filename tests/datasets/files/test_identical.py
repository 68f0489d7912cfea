import os

from edgekit.datasets.files.identical import TAIL_BYTES, find_identical
from edgekit.datasets.files.listing import Listing

HEAD = os.urandom(100)


def listing(*names):
    return Listing(class_names=("a", "b"), names=names, labels=(0,) * len(names))


def write(root, **contents):
    for name, content in contents.items():
        (root / name).write_bytes(content)


def found(root, tests, train, validation=()):
    listings = {"train": listing(*train), "validation": listing(*validation), "test": listing(*tests)}
    return find_identical(root, listings)


def test_only_whole_files_count(tmp_path):
    end = bytes(TAIL_BYTES)
    write(tmp_path, t1=b"1" + end, t2=b"2" + end, t3=b"x", r1=b"1" + end, r2=b"3" + end, r3=b"xx")

    result = found(tmp_path, ("t1", "t2", "t3"), ("r1", "r2", "r3"))

    assert (result.num_test_images, result.example) == (1, ("t1", "r1"))


def test_every_test_image_with_a_twin_counts_once(tmp_path):
    write(tmp_path, t1=HEAD, t2=HEAD, r1=HEAD, r2=HEAD, v=b"valid", t3=b"valid")

    assert found(tmp_path, ("t1", "t2", "t3"), ("r1", "r2"), ("v",)).num_test_images == 3


def test_missing_files_and_pipes_are_nobodys_twins(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe2")
    write(tmp_path, t=b"")

    assert not found(tmp_path, ("pipe", "gone", "t"), ("pipe2", "gone2"))


def test_without_training_images_nothing_is_compared(tmp_path):
    assert not find_identical(tmp_path, {"test": listing("t")})


def test_the_sentence_says_how_many(tmp_path):
    write(tmp_path, t=b"1", r=b"1")

    assert (
        found(tmp_path, ("t",), ("r",))
        .sentence(1)
        .startswith("1 of 1 test image is identical to training or validation images, for example t and r:")
    )
