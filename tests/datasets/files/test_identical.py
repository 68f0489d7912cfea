import os

from edgekit.datasets import DatasetRequest
from edgekit.datasets.files.identical import TAIL_BYTES, KnownIdentical, find_identical
from edgekit.datasets.files.listing import Listing
from edgekit.datasets.files.states import FileStates

HEAD = os.urandom(100)


def listing(*names):
    return Listing(class_names=("a", "b"), names=names, labels=(0,) * len(names))


def write(root, **contents):
    for name, content in contents.items():
        (root / name).write_bytes(content)


def found(root, tests, train, validation=()):
    listings = {"train": listing(*train), "validation": listing(*validation), "test": listing(*tests)}
    return find_identical(root, listings, FileStates(root))


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
    assert not find_identical(tmp_path, {"test": listing("t")}, FileStates(tmp_path))


def test_the_sentence_says_how_many(tmp_path):
    write(tmp_path, t=b"1", r=b"1")

    assert (
        found(tmp_path, ("t",), ("r",))
        .sentence(1)
        .startswith("1 of 1 test image is identical to training or validation images, for example t and r:")
    )


def test_what_was_found_is_kept_for_the_same_files(tmp_path):
    images = {"test/1.png": b"same", "train/1.png": b"same", "train/2.png": b"other"}
    for name, content in images.items():
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_bytes(content)
    root, request = tmp_path / "root", DatasetRequest(cache_dir=tmp_path / "cache")
    listings = {"test": listing("test/1.png"), "train": listing("train/1.png", "train/2.png")}

    def known():
        return KnownIdentical(root, listings, FileStates(root), request)

    assert known().read() is None
    known().keep(find_identical(root, listings, FileStates(root)))
    assert known().read() == find_identical(root, listings, FileStates(root))
    assert known().read().num_test_images == 1
    (root / "train/1.png").write_bytes(b"changed")
    assert known().read() is None


def test_the_key_of_files_changes_with_names_order_size_and_time(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"1")
    key = FileStates(tmp_path).key(["a", "b"], 1)
    assert key == FileStates(tmp_path).key(["a", "b"], 1)
    others = {FileStates(tmp_path).key(names, part) for names, part in ((["b", "a"], 1), (["a"], 1), (["a", "b"], 2))}
    assert key not in others
    os.utime(tmp_path / "a", (1, 1))
    assert key != FileStates(tmp_path).key(["a", "b"], 1)
    (tmp_path / "b").unlink()
    assert FileStates(tmp_path).key(["a", "b"], 1)
