import numpy as np
import pytest
from support.helpers import Listening

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.foundation.errors import DatasetError

IMAGES = np.arange(24 * 4 * 4, dtype=np.uint64).astype(np.uint8).reshape(24, 4, 4)
NAMES = np.array(["cat", "dog", "eel"])


@pytest.fixture
def load(tmp_path):
    def write_and_load(**arrays):
        np.savez(tmp_path / "data.npz", **{"x_test": IMAGES, "x_train": IMAGES, **arrays})
        return load_dataset(f"npz:{tmp_path}/data.npz", DatasetRequest())

    return write_and_load


@pytest.mark.parametrize("dtype", ["U", "S"])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_texts_are_classes_in_sorted_order(load, dtype, shape):
    labels = np.arange(24) % 3
    texts = NAMES[::-1][labels].astype(dtype).reshape(shape)
    dataset = load(y_test=texts, y_train=texts)
    assert dataset.class_names == ("cat", "dog", "eel")
    assert dataset.test.labels.tolist() == (2 - labels).tolist()


def test_class_names_give_texts_another_order(load):
    labels = np.arange(24) % 3
    dataset = load(y_test=NAMES[labels], y_train=NAMES[labels], class_names=np.array(["eel", "cat", "dog"]))
    assert dataset.class_names == ("eel", "cat", "dog")
    assert dataset.test.labels.tolist() == [[1, 2, 0][label] for label in labels]


def test_a_class_that_only_the_training_images_have_is_one(load):
    dataset = load(y_test=np.full(24, "cat"), y_train=NAMES[np.arange(24) % 3])
    assert dataset.class_names == ("cat", "dog", "eel")
    assert set(dataset.test.labels.tolist()) == {0}


def test_texts_that_class_names_lack_are_named(load):
    texts = NAMES[np.arange(24) % 3]
    with pytest.raises(DatasetError, match=r"names 2 classes that class_names lacks: 'cat', 'eel'. Add them"):
        load(y_test=texts, y_train=texts, class_names=np.array(["dog", "fox"]))


def test_several_labels_per_image_are_not_supported_yet(load):
    rows = np.eye(3, dtype=int)[np.arange(24) % 3]
    rows[5] = [1, 1, 0]
    with pytest.raises(DatasetError, match=r"several labels per image\. Not supported yet"):
        load(y_test=rows, y_train=rows)


def test_one_hot_rows_still_say_what_to_store(load):
    rows = np.eye(3)[np.arange(24) % 3]
    with pytest.raises(DatasetError, match=r"looks one-hot: store y\.argmax"):
        load(y_test=rows, y_train=rows)


@pytest.mark.parametrize("shape", [(24, 4, 4), (24, 4, 4, 1)])
def test_gray_arrays_stay_gray(load, tmp_path, shape):
    labels = np.arange(24) % 3
    dataset = load(x_test=IMAGES.reshape(shape), x_train=IMAGES.reshape(shape), y_test=labels, y_train=labels)
    assert dataset.image_shape == (4, 4, 1)
    assert np.array_equal(dataset.test.images[..., 0], IMAGES)
    color = load_dataset(f"npz:{tmp_path}/data.npz", DatasetRequest(channels=3))
    assert color.image_shape == (4, 4, 3)
    assert (color.test.images == IMAGES[..., None]).all()
    assert color.image_notes == ("gray repeated in three channels",)


@pytest.mark.parametrize(
    ("test", "training", "expected"),
    [
        (NAMES[np.arange(24) % 3], NAMES[np.arange(24) % 2], "y_test names 1 class without a training image: 'eel'"),
        (
            np.arange(24) % 12,
            np.arange(24) % 5,
            "7 classes without a training image: '5', '6', '7', '8', '9' and 2 more",
        ),
        (NAMES[np.arange(24) % 2], NAMES[np.arange(24) % 3], None),
    ],
)
def test_classes_of_test_images_that_no_training_image_shows_are_named(tmp_path, test, training, expected):
    listening = Listening()
    np.savez(tmp_path / "data.npz", x_test=IMAGES, x_train=IMAGES, y_test=test, y_train=training)
    load_dataset(f"npz:{tmp_path}/data.npz", DatasetRequest(progress=listening))
    said = [note for note in listening.notes if "without a training image" in note]
    assert len(said) == (expected is not None)
    assert all(note.endswith(str(expected)) for note in said)
