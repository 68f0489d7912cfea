"""What a search measures on: validation images, training images where these are few, and budgets that they can tell."""

import numpy as np
import pytest

from edgekit.datasets import Dataset, Split
from edgekit.foundation.errors import UsageError
from edgekit.quantization import CalibrationSet
from edgekit.search.budget import Budget
from edgekit.search.measuring_images import MeasuringImages


def split(count: int, first: int) -> Split:
    """Images that carry their number, of two classes."""
    images = np.zeros((count, 2, 2, 3), np.uint8)
    images[:, 0, 0, 0], images[:, 0, 0, 1] = np.divmod(np.arange(first, first + count), 256)
    images[:, 1] = 255
    return Split(images=images, labels=np.arange(count) % 2)


def dataset(num_train: int, num_validation: int) -> Dataset:
    return Dataset(
        name="planted",
        class_names=("a", "b"),
        train=split(num_train, 1000),
        validation=split(num_validation, 0),
        test=split(4, 5000),
    )


def images(num_train: int, num_validation: int, num_calibration: int = 20) -> MeasuringImages:
    data = dataset(num_train, num_validation)
    return MeasuringImages.choose(data, CalibrationSet.choose(data, num_calibration))


def test_many_validation_images_are_enough() -> None:
    found = images(300, 250)
    assert (len(found.split), found.num_training, found.text) == (250, 0, "250 validation images")


def test_training_images_that_calibrate_nothing_fill_up() -> None:
    data = dataset(300, 50)
    calibration = CalibrationSet.choose(data, 20)
    found = MeasuringImages.choose(data, calibration)
    numbers = found.split.images[:, 0, 0, :2].astype(int) @ [256, 1]
    assert numbers[:50].tolist() == list(range(50))
    training = numbers[50:] - 1000
    assert len(set(training.tolist())) == found.num_training == 150
    assert not set(training.tolist()) & set(calibration.indices.tolist())
    assert np.bincount(found.split.labels).tolist() == [100, 100]
    assert (found.split.labels[50:] == training % 2).all()
    assert found.text == "50 validation images and 150 training images"


def test_all_that_there_are_may_be_too_few() -> None:
    assert len(images(60, 10).split) == 50


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(max_accuracy_drop=0.5, max_flips=2), "--max-accuracy-drop 0.5 takes 200 images"),
        (Budget(max_accuracy_drop=2, max_flips=0.1), "--max-flips 0.1 takes 1,000 images"),
        (Budget(max_accuracy_drop=1, max_flips=0.3), "--max-accuracy-drop 1 and --max-flips 0.3 takes 334 images"),
    ],
)
def test_a_budget_that_one_image_breaks_is_rejected_with_the_number_of_images(budget: Budget, words: str) -> None:
    found = images(60, 10)
    with pytest.raises(UsageError) as caught:
        found.check_resolves(budget)
    assert words in str(caught.value)
    assert "10 validation images and 40 training images, of which one is 2 %" in str(caught.value)


@pytest.mark.parametrize("budget", [Budget(max_accuracy_drop=2, max_flips=2), Budget(max_accuracy_drop=0, max_flips=0)])
def test_a_budget_of_one_image_or_of_none_can_be_told(budget: Budget) -> None:
    images(60, 10).check_resolves(budget)


def test_the_default_budget_can_be_told_on_200_images() -> None:
    images(300, 10).check_resolves(Budget())
