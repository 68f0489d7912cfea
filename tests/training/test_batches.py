import numpy as np
import pytest

from edgekit.datasets import Split
from edgekit.recipe import TrainingSettings
from edgekit.training.batches import EvaluationBatches, TrainingBatches, crops, widen


def numbered_split(count: int, side: int = 8) -> Split:
    """Image i is full of the value i, but for its columns, which are told apart by the green channel."""
    images = np.zeros((count, side, side, 3), np.uint8)
    images[..., 0] = np.arange(count)[:, None, None]
    images[..., 1] = np.arange(side)[None, None, :]
    images[..., 2] = np.arange(side)[None, :, None]
    return Split(images=images, labels=np.arange(count, dtype=np.int64))


def epoch_labels(batches: TrainingBatches, epoch: int) -> np.ndarray:
    batches.start_epoch(epoch)
    return np.concatenate([batches[index][1] for index in range(len(batches))])


def test_no_image_comes_twice_an_epoch_and_each_has_its_label():
    batches = TrainingBatches(numbered_split(70), TrainingSettings(epochs=1, batch_size=32))
    assert [len(batches[index][1]) for index in range(len(batches))] == [32, 32]
    for index in range(len(batches)):
        images, labels = batches[index]
        assert images.dtype == np.uint8
        np.testing.assert_array_equal(images[:, 0, 0, 0], labels)
    assert len(set(epoch_labels(batches, 0))) == 64
    assert set(epoch_labels(batches, 0)) | set(epoch_labels(batches, 1)) | set(epoch_labels(batches, 2)) == set(
        range(70)
    )


def test_a_split_smaller_than_a_batch_is_one_batch():
    batches = TrainingBatches(numbered_split(20), TrainingSettings(epochs=1, batch_size=32))
    assert len(batches) == 1
    assert sorted(epoch_labels(batches, 0)) == list(range(20))


def test_order_depends_on_seed_and_epoch_and_nothing_else():
    split = numbered_split(70)
    batches = TrainingBatches(split, TrainingSettings(epochs=1, batch_size=32, seed=3))
    first, second = epoch_labels(batches, 0), epoch_labels(batches, 1)
    assert (first != second).any()
    again = TrainingBatches(split, TrainingSettings(epochs=9, batch_size=32, seed=3))
    np.testing.assert_array_equal(epoch_labels(again, 1), second)
    np.testing.assert_array_equal(first, np.random.default_rng((3, 0)).permutation(70)[:64])
    other = TrainingBatches(split, TrainingSettings(epochs=1, batch_size=32, seed=4))
    assert (epoch_labels(other, 0) != first).any()


@pytest.mark.parametrize(("crop", "padding"), [((5, 4), 0), ((5, 4), 2), (None, 2)])
def test_crops_are_windows_and_the_same_for_the_same_epoch(crop, padding):
    batches = TrainingBatches(numbered_split(40), TrainingSettings(epochs=1, batch_size=40, padding=padding))
    batches.crop_to(crop)
    batches.start_epoch(2)
    images, labels = batches[0]
    assert images.shape[1:3] == (crop or (8, 8))
    np.testing.assert_array_equal(images[:, 0, 0, 0], labels)
    corners = {(int(image[0, 0, 1]), int(image[0, 0, 2])) for image in images}
    assert len(corners) > 5
    batches.start_epoch(3)
    assert (batches[0][0] != images).any()
    batches.start_epoch(2)
    np.testing.assert_array_equal(batches[0][0], images)


def test_without_crop_and_padding_images_stay_as_they_are():
    split = numbered_split(10)
    images, labels = TrainingBatches(split, TrainingSettings(epochs=1, batch_size=10))[0]
    np.testing.assert_array_equal(images, split.images[labels])


def test_a_crop_is_part_of_its_image():
    image = np.arange(6 * 5 * 3, dtype=np.uint8).reshape(1, 6, 5, 3)
    crop = crops(image, (4, 3), np.array([[2, 1]]))[0]
    np.testing.assert_array_equal(crop, image[0, 2:6, 1:4])


def test_widening_reflects():
    image = np.arange(9, dtype=np.uint8).reshape(1, 3, 3, 1).repeat(3, axis=3)
    np.testing.assert_array_equal(widen(image, 1)[0, 1, :, 0], [1, 0, 1, 2, 1])


def test_evaluation_keeps_the_order():
    split = numbered_split(200, side=4)
    batches = EvaluationBatches(Split(images=split.images.repeat(2, 0), labels=split.labels.repeat(2)))
    assert len(batches) == 2
    np.testing.assert_array_equal(np.concatenate([batches[0][1], batches[1][1]]), np.arange(200).repeat(2))
