"""Folders as archives leave them: judged by names alone, before the first image is decoded."""

import os
import subprocess

import numpy as np
import pytest
from PIL import Image
from support.helpers import Listening

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.foundation.errors import DatasetError

CLASSES = ("c0", "c1", "c2")


def put(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (5, 4, 3), np.uint8)
    Image.fromarray(pixels).save(path)


def put_classes(folder, count=10, first=0):
    for label, name in enumerate(CLASSES):
        for number in range(count):
            put(folder / name / f"{number}.png", 1000 * label + number + first)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "photos"


@pytest.fixture
def load(tmp_path):
    def load(spec, **options):
        return load_dataset(f"folder:{spec}", DatasetRequest(cache_dir=tmp_path / "cache", **options))

    return load


@pytest.fixture
def refusal(tmp_path, load):
    """The message with which a folder is rejected; nothing was decoded for it."""

    def refusal(spec):
        with pytest.raises(DatasetError) as caught:
            load(spec)
        assert not (tmp_path / "cache").exists()
        return str(caught.value)

    return refusal


def num_images(dataset):
    return len(dataset.train) + len(dataset.validation) + len(dataset.test)


@pytest.mark.parametrize("wrapper", ["PlantVillage", "archive/data"])
def test_a_wrapper_is_entered_with_a_note(root, load, wrapper):
    put_classes(root / wrapper)
    (root / "__MACOSX" / "PlantVillage").mkdir(parents=True)
    (root / "README.txt").write_text("hello")
    progress = Listening()

    dataset = load(root, progress=progress)

    assert dataset.class_names == CLASSES
    assert f"{root}: entered {wrapper}/, the only folder in it" in progress.notes


def test_a_wrapper_of_splits_and_wrappers_in_splits_are_entered(root, load):
    for split, first in (("train", 0), ("test", 500)):
        put_classes(root / "data" / split / "PlantVillage", first=first)
    progress = Listening()

    dataset = load(root, progress=progress)

    assert (dataset.class_names, len(dataset.test)) == (CLASSES, 30)
    assert f"{root}: entered data/train/PlantVillage/ and data/test/PlantVillage/" in progress.notes


def test_a_single_class_of_folders_is_not_lost_by_entering_it(root, load):
    """Only one split holds one folder, so it is a class and no wrapper."""
    put_classes(root / "train")
    put(root / "test" / "c0" / "a" / "0.png", 1)

    with pytest.raises(DatasetError, match=r"train is with c1, c2"):
        load(root)


def test_a_copy_of_the_whole_set_is_rejected(root, refusal):
    put_classes(root)
    put_classes(root / "brain_set")

    message = refusal(root)

    assert f"{root}/brain_set holds folders with the names of the classes beside it: c0, c1 and c2" in message
    assert "every image would be in the data set twice" in message
    assert f"mv {root}/brain_set " in message


def test_a_copy_further_down_is_rejected(root, refusal):
    put_classes(root)
    put_classes(root / "c1" / "old" / "all")

    assert f"{root}/c1/old/all holds folders with the names of the classes beside it: c0 and c2" in refusal(root)


def test_a_class_inside_a_class_is_rejected(root, refusal):
    put_classes(root)
    put(root / "c0" / "c1" / "x.png", 7)

    message = refusal(root)

    assert f"The class folder {root}/c0 holds the folder {root}/c0/c1, and c1 is a class itself" in message


def test_a_class_folder_that_was_unpacked_into_itself_is_accepted(root, load):
    put_classes(root)
    for path in list((root / "c0").iterdir()):
        (root / "c0" / "c0").mkdir(exist_ok=True)
        path.rename(root / "c0" / "c0" / path.name)

    dataset = load(root)

    assert (dataset.class_names, num_images(dataset)) == (CLASSES, 30)


@pytest.fixture
def sessions(root):
    for session in range(3):
        put_classes(root / f"session{session}", count=3, first=100 * session)
    return root


def test_sessions_above_the_classes_are_rejected(sessions, refusal):
    message = refusal(sessions)

    assert (
        f"The folders session0, session1 and session2 in {sessions} all hold the same folders c0, c1 and c2" in message
    )
    assert f"--data folder:{sessions}#2" in message


def test_sessions_of_which_one_lacks_a_class_are_rejected(sessions, refusal):
    for path in (sessions / "session1" / "c2").iterdir():
        path.unlink()
    (sessions / "session1" / "c2").rmdir()

    assert "all hold the same folders c0, c1 and c2" in refusal(sessions)


@pytest.mark.parametrize(("level", "names"), [(2, CLASSES), (1, ("session0", "session1", "session2"))])
def test_the_level_says_which_folders_are_the_classes(sessions, load, level, names):
    dataset = load(f"{sessions}#{level}")

    assert (dataset.class_names, num_images(dataset)) == (names, 27)


def test_a_level_without_folders_is_a_sentence(sessions, refusal):
    assert f"No class folder lies 4 folders below {sessions}" in refusal(f"{sessions}#4")


def test_images_above_the_level_are_counted(sessions, load):
    put(sessions / "session0" / "overview.png", 5)
    progress = Listening()

    load(f"{sessions}#2", progress=progress)

    assert f"{sessions}: ignored 1 image above the class folders" in progress.notes


def test_a_folder_whose_name_ends_like_a_level_is_that_folder(tmp_path, load):
    put_classes(tmp_path / "photos#2")

    assert load(tmp_path / "photos#2").class_names == CLASSES


def test_splits_inside_the_classes_are_rejected(root, refusal):
    for split in ("train", "test"):
        put_classes(root / split)
    for name in CLASSES:
        for split in ("train", "test"):
            (root / "by-class" / name).mkdir(parents=True, exist_ok=True)
            (root / split / name).rename(root / "by-class" / name / split)

    message = refusal(root / "by-class")

    assert "the splits lie inside the classes" in message
    assert f"--data folder:{root}/by-class#1" in message


def test_one_common_folder_in_every_class_is_no_session(root, load):
    put_classes(root / "x")
    for name in CLASSES:
        (root / name).mkdir()
        (root / "x" / name).rename(root / name / "images")
    (root / "x").rmdir()

    assert load(root).class_names == CLASSES


def test_a_group_of_classes_among_classes_is_noted(root, load):
    put_classes(root)
    for name in ("cat", "dog"):
        put(root / "animals" / name / "1.png", 5000)
        put(root / "animals" / name / "2.png", 5001)
    progress = Listening()

    dataset = load(root, progress=progress)

    assert dataset.class_names == ("animals", *CLASSES)
    assert (
        f"{root}: animals/ holds no image directly but 2 folders (cat and dog), all taken for class 'animals'"
        in progress.notes
    )


def test_validation_images_under_any_name_but_no_test(root, refusal):
    for split in ("train", "valid"):
        put_classes(root / split)

    message = refusal(root)

    assert f"{root} has train/ and valid/ but no test/" in message
    assert f"mv {root}/valid {root}/test" in message


def test_labels_in_file_names_are_rejected_with_a_command_that_helps(root, load, refusal):
    for label, name in enumerate(CLASSES):
        for number in range(10):
            put(root / "train" / f"{name}.{number}.png", 100 * label + number)

    message = refusal(root)
    command = message[message.index("(cd") : message.index("labels.csv)") + len("labels.csv)")]

    assert "needs at least two classes; data set 'folder' has 1: train" in message
    assert "Their names begin with c0, c1 and c2" in message
    subprocess.run(command, shell=True, check=True)
    csv = message[message.index("csv:") :].split()[0]
    assert load_dataset(csv, DatasetRequest(cache_dir=root / "cache")).class_names == CLASSES


def test_images_without_any_folder_are_rejected_with_advice(root, refusal):
    for number in range(4):
        put(root / f"{number}.png", number)

    message = refusal(root)

    assert f"{root} holds no class folders but 4 images directly" in message
    assert f"--data csv:{root}/labels.csv" in message


def test_other_files_are_named_where_a_class_holds_no_images(root, refusal):
    put_classes(root)
    (root / "c9").mkdir()
    for number in range(3):
        (root / "c9" / f"{number}.heic").write_bytes(b"x")

    assert "c9 holds no images but other files: .heic (3)" in refusal(root)


def test_identical_images_in_train_and_test_are_counted(root, load):
    put_classes(root / "train")
    put_classes(root / "test", count=2)
    put(root / "test" / "c0" / "new.png", 9999)
    progress = Listening()

    dataset = load(root, progress=progress)

    assert dataset.num_identical == 6
    assert any(
        "6 of 7 test images are identical to training or validation images, for example" in note
        for note in progress.notes
    )
    assert dataset.to_dict()["num_identical"] == 6


def test_a_very_deep_folder_costs_no_traceback(root, load):
    put_classes(root)
    folder = os.open(root / "c0", os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=folder)
        folder, parent = os.open("d", os.O_RDONLY, dir_fd=folder), folder
        os.close(parent)
    os.close(folder)
    try:
        assert load(root).class_names == CLASSES
    finally:  # pytest's own removal is recursive
        subprocess.run(["rm", "-rf", root / "c0" / "d"], check=True)
