import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from edgekit.datasets import DatasetRequest, digits, load_dataset
from edgekit.foundation.errors import DatasetError, UsageError


def test_the_digits_are_those_of_scikit_learn():
    dataset = load_dataset("digits")
    ours = np.concatenate([dataset.train.images, dataset.validation.images, dataset.test.images])

    expected = [Image.fromarray(np.rint(image * 255 / 16).astype(np.uint8)) for image in load_digits().images]
    enlarged = {np.asarray(image.resize((32, 32), Image.Resampling.BILINEAR)).tobytes() for image in expected}

    assert ours.shape == (1797, 32, 32, 3)
    assert {image[..., channel].tobytes() for image in ours for channel in range(3)} == enlarged
    assert (ours.min(), ours.max()) == (0, 255)


def test_labels_belong_to_their_images():
    """The nearest class mean is right for most digits; with mixed-up labels it would be right for a tenth."""
    dataset = load_dataset("digits")
    pixels = dataset.train.images[..., 0].reshape(len(dataset.train), -1).astype(float)
    means = np.stack([pixels[dataset.train.labels == label].mean(0) for label in range(10)])
    test = dataset.test.images[..., 0].reshape(len(dataset.test), 1, -1)

    assert (((test - means) ** 2).sum(2).argmin(1) == dataset.test.labels).mean() > 0.85


def test_a_fifth_of_every_class_is_the_test_split_whatever_the_seed():
    first = load_dataset("digits")
    second = load_dataset("digits", DatasetRequest(seed=7, validation_fraction=0.3))

    assert first.sha256 == second.sha256
    assert first.class_names == tuple("0123456789")
    totals = np.bincount(np.concatenate([first.train.labels, first.validation.labels, first.test.labels]))
    assert np.abs(np.bincount(first.test.labels) - 0.2 * totals).max() <= 0.5
    assert first.validation.sha256 != second.validation.sha256


def test_the_same_request_gives_the_same_splits():
    first, second = (load_dataset("digits", DatasetRequest(seed=5)) for _ in range(2))

    for name in ("train", "validation", "test"):
        assert getattr(first, name).sha256 == getattr(second, name).sha256


def test_only_the_test_split_on_request():
    dataset = load_dataset("digits", DatasetRequest(test_only=True))

    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (0, 0, 359)
    assert dataset.sha256 == load_dataset("digits").sha256


def test_a_path_is_refused():
    with pytest.raises(UsageError, match="takes no path"):
        load_dataset("digits:somewhere")


@pytest.mark.parametrize("content", [None, "1,2,3\n4,5,6\n", "a,b\n"])
def test_a_damaged_scikit_learn_is_a_sentence(tmp_path, monkeypatch, content):
    path = tmp_path / "digits.csv"
    if content is not None:
        path.write_text(content)
    monkeypatch.setattr(digits, "_csv_path", lambda: path)

    with pytest.raises(DatasetError, match="Install scikit-learn again"):
        load_dataset("digits")
