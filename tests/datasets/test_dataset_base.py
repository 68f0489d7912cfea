import numpy as np
import pytest

from edgekit.datasets import DATASETS, Dataset, DatasetRequest, Split, load_dataset
from edgekit.datasets.splits import empty_split
from edgekit.foundation.errors import DatasetError, UnknownNameError
from edgekit.foundation.files.cache_folder import default_cache_dir


def make_split(labels=(0, 1), value=0):
    return Split(images=np.full((len(labels), 2, 2, 3), value, np.uint8), labels=np.array(labels, np.int64))


def make_dataset(**changes):
    parts = {"train": make_split(), "validation": make_split(), "test": make_split(), "class_names": ("a", "b")}
    return Dataset(name="made", **{**parts, **changes})


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((2, 2, 2, 3)),
        np.zeros((2, 2, 2, 4), np.uint8),
        np.zeros((2, 2), np.uint8),
        np.zeros((2, 0, 2, 3), np.uint8),
    ],
)
def test_a_split_refuses_what_are_no_rgb_bytes(images):
    with pytest.raises(DatasetError, match="Images must be uint8 of shape"):
        Split(images=images, labels=np.zeros(2, np.int64))


@pytest.mark.parametrize("labels", [np.zeros(2, np.int32), np.zeros(3, np.int64)])
def test_a_split_refuses_labels_that_do_not_fit(labels):
    with pytest.raises(DatasetError, match="Labels must be int64"):
        Split(images=np.zeros((2, 2, 2, 3), np.uint8), labels=labels)


def test_a_label_outside_the_classes_is_refused():
    with pytest.raises(DatasetError, match=r"The train labels of 'made' must lie in 0 to 1 .* Received 0 to 2"):
        make_dataset(train=make_split((0, 2)))


def test_one_class_is_refused():
    with pytest.raises(DatasetError, match="at least two classes"):
        make_dataset(class_names=("a",))


def test_two_classes_of_one_name_are_refused():
    with pytest.raises(DatasetError, match="same name: a"):
        make_dataset(class_names=("a", "a"))


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "\x1b[31mred"])
def test_a_class_without_a_readable_name_is_refused(name):
    with pytest.raises(DatasetError, match="needs a name of one line, without control characters"):
        make_dataset(class_names=("a", name))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class_names": (0, 1)}, "class names of data set 'made' must be a tuple of text"),
        ({"class_names": "ab"}, "class names of data set 'made' must be a tuple of text"),
        ({"train": None}, "The train images of data set 'made' must be an edgekit.Split. Received NoneType"),
        ({"validation": [1]}, "The validation images of data set 'made' must be an edgekit.Split. Received list"),
        ({"train": Split(images=np.zeros((2, 3, 2, 3), np.uint8), labels=np.zeros(2, np.int64))}, "must have one size"),
        ({"train": Split(images=np.zeros((2, 2, 2, 1), np.uint8), labels=np.zeros(2, np.int64))}, "must have one size"),
    ],
)
def test_parts_that_are_something_else_or_do_not_fit_are_sentences(changes, message):
    with pytest.raises(DatasetError, match=message):
        make_dataset(**changes)


@pytest.mark.parametrize("name", [3, None, "", "a\nb", "\x1b[31m"])
def test_a_data_set_needs_a_readable_name(name):
    with pytest.raises(DatasetError, match="A data set needs a name of one line"):
        Dataset(name=name, class_names=("a", "b"), train=make_split(), validation=make_split(), test=make_split())


def test_lists_are_no_images():
    with pytest.raises(DatasetError, match=r"Images and labels must be arrays of numpy\. Received list and list"):
        Split(images=[[1]], labels=[1])


def test_class_names_in_a_list_become_a_tuple_and_empty_splits_have_any_size():
    dataset = make_dataset(class_names=["a", "b"], train=empty_split(5, 5))
    assert dataset.class_names == ("a", "b")
    assert dataset.sha256 == make_dataset().sha256


def test_names_of_any_script_are_welcome():
    assert make_dataset(class_names=("日本語", "👨‍👩‍👧 [red]")).class_names[0] == "日本語"


def test_an_empty_test_split_is_refused():
    with pytest.raises(DatasetError, match="nothing could be measured"):
        make_dataset(test=make_split(()))


def test_the_hash_covers_test_images_labels_and_names_and_nothing_else():
    reference = make_dataset().sha256

    assert make_dataset(train=make_split(value=9), validation=make_split((1,))).sha256 == reference
    assert make_dataset(test=make_split(value=9)).sha256 != reference
    assert make_dataset(test=make_split((1, 0))).sha256 != reference
    assert make_dataset(class_names=("a", "c")).sha256 != reference


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5])
def test_a_request_without_validation_images_is_refused(fraction):
    with pytest.raises(DatasetError, match="must lie between 0 and 1"):
        DatasetRequest(validation_fraction=fraction)


def test_an_unknown_source_suggests_the_closest():
    with pytest.raises(UnknownNameError, match="Did you mean 'cifar10'"):
        load_dataset("cifar-10")


@pytest.mark.parametrize("name", DATASETS)
def test_every_source_can_be_imported(name):
    assert callable(DATASETS.load(name))


def test_the_location_is_what_stands_behind_the_first_colon(tmp_path):
    with pytest.raises(DatasetError, match=f"{tmp_path}/a:b.npz"):
        load_dataset(f"npz:{tmp_path}/a:b.npz")


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path / "own"))
    assert default_cache_dir() == tmp_path / "own"
    monkeypatch.delenv("EDGEKIT_CACHE")
    assert default_cache_dir() == tmp_path / "xdg" / "edgekit"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache_dir() == tmp_path / ".cache" / "edgekit"


@pytest.mark.parametrize("size", [(0, 32), (32, -1), (10**7, 10**7)])
def test_an_image_size_that_cannot_be_is_refused(size):
    with pytest.raises(DatasetError, match="must lie between 1 and 8192 pixels"):
        DatasetRequest(image_size=size)


@pytest.mark.parametrize("name", ["folder", "npz", "cifar10"])
def test_a_home_folder_of_nobody_is_a_sentence(name):
    with pytest.raises(DatasetError, match="home folder in ~nobody-at-all/x is not known"):
        load_dataset(f"{name}:~nobody-at-all/x")


def test_a_user_without_a_home_has_a_cache_all_the_same(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("EDGEKIT_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pathlib.Path.home", no_home)
    assert default_cache_dir().name.startswith(".edgekit-tmp-")
    assert len(load_dataset("digits").test) == 359
