import json
from dataclasses import replace

import numpy as np
import pytest

from edgekit.datasets import Dataset, Split
from edgekit.foundation.errors import CalibrationError
from edgekit.quantization import CalibrationSet


def split(labels: list[int], seed: int) -> Split:
    images = np.random.default_rng(seed).integers(20, 230, (len(labels), 4, 4, 3), dtype=np.uint8)
    return Split(images=images, labels=np.array(labels, np.int64))


@pytest.fixture
def dataset() -> Dataset:
    return Dataset(
        name="made-up",
        class_names=("cat", "dog", "owl"),
        train=split([0] * 50 + [1] * 30 + [2] * 4, 0),
        validation=split([0, 1, 2], 1),
        test=split([0, 1, 2] * 5, 2),
    )


def test_images_come_from_the_training_split(dataset: Dataset) -> None:
    chosen = CalibrationSet.choose(dataset, 20)
    assert np.array_equal(chosen.images, dataset.train.images[chosen.indices])
    assert np.array_equal(chosen.labels, dataset.train.labels[chosen.indices])
    assert chosen.train_sha256 == dataset.train.sha256
    assert (np.diff(chosen.indices) > 0).all()


def test_classes_are_balanced_as_far_as_they_reach(dataset: Dataset) -> None:
    counts = CalibrationSet.choose(dataset, 9).to_dict()["per_class"]
    assert counts == {"cat": 3, "dog": 3, "owl": 3}
    counts = CalibrationSet.choose(dataset, 20).to_dict()["per_class"]
    assert counts == {"cat": 8, "dog": 8, "owl": 4}


def test_the_seed_decides(dataset: Dataset) -> None:
    first, again, other = (CalibrationSet.choose(dataset, 12, seed) for seed in (1, 1, 2))
    assert first.to_dict() == again.to_dict()
    assert first.indices.tolist() != other.indices.tolist()
    assert first.sha256 != other.sha256


def test_all_images_where_there_are_fewer_than_wished(dataset: Dataset) -> None:
    assert len(CalibrationSet.choose(dataset, 1000)) == len(dataset.train)


def test_fewer_images_than_classes_are_enough_and_said(dataset: Dataset) -> None:
    few = CalibrationSet.choose(dataset, 2)
    assert few.sparseness.startswith("Calibration uses 2 training images for 3 classes, so some classes have none.")
    assert sorted(few.to_dict()["per_class"].values()) == [0, 1, 1]
    assert CalibrationSet.choose(dataset, 3).sparseness == ""
    with pytest.raises(CalibrationError, match=r"at least one image\. Received -1"):
        CalibrationSet.choose(dataset, -1)


@pytest.mark.parametrize(("num_classes", "expected"), [(10, 500), (600, 600)])
def test_by_default_no_class_is_left_out(num_classes: int, expected: int) -> None:
    labels = [number % num_classes for number in range(1300)]
    many = Dataset(
        name="many",
        class_names=tuple(map(str, range(num_classes))),
        train=split(labels, 0),
        validation=split([0], 1),
        test=split(list(range(num_classes)), 2),
    )
    chosen = CalibrationSet.choose(many)
    assert len(chosen) == expected
    assert min(chosen.to_dict()["per_class"].values()) >= 1
    assert chosen.sparseness == ""


def test_test_images_are_refused(dataset: Dataset) -> None:
    spoiled = replace(dataset, test=dataset.train)
    with pytest.raises(CalibrationError, match="20 of 20 calibration images of 'made-up' are test images too"):
        CalibrationSet.choose(spoiled, 20)
    few = np.concatenate([dataset.test.images, dataset.train.images[CalibrationSet.choose(dataset, 20).indices[:2]]])
    labels = np.concatenate([dataset.test.labels, [0, 0]])
    assert len(CalibrationSet.choose(replace(dataset, test=Split(images=few, labels=labels)), 20)) == 20


def test_images_that_were_scaled_are_refused(dataset: Dataset) -> None:
    scaled = Split(images=dataset.train.images // 255, labels=dataset.train.labels)
    with pytest.raises(CalibrationError, match=r"no value above 0\. Expected raw pixels"):
        CalibrationSet.choose(replace(dataset, train=scaled), 20)
    chosen = CalibrationSet.choose(dataset, 20)
    for wrong in (dataset.train.images / np.float32(255), dataset.train.images[..., :2], dataset.train.images[0]):
        with pytest.raises(CalibrationError, match=r"must be uint8 \(N, height, width, 3\).*, 1\).*Received"):
            replace(chosen, source=wrong)


def test_two_sets_share_no_image_and_are_both_balanced(dataset: Dataset) -> None:
    first, second = CalibrationSet.choose_two(dataset, 6)
    assert first.to_dict() == CalibrationSet.choose(dataset, 6).to_dict()
    assert not set(first.indices.tolist()) & set(second.indices.tolist())
    assert [set(each.to_dict()["per_class"].values()) for each in (first, second)] == [{2}, {2}]
    halves = CalibrationSet.choose_two(dataset, 1000)
    assert [len(half) for half in halves] == [42, 42]


class WatchedImages(np.ndarray[tuple[int, ...], np.dtype[np.uint8]]):
    """Images that know how many of them were read at once."""

    most = 0

    def __getitem__(self, key: object) -> object:
        found = super().__getitem__(key)  # type: ignore[index]
        if isinstance(found, np.ndarray) and found.ndim == 4:
            WatchedImages.most = max(WatchedImages.most, len(found))
        return found


def test_memory_does_not_grow_with_the_number_of_images(dataset: Dataset) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2000, 4, 4, 3), dtype=np.uint8)
    train = Split(images=images.view(WatchedImages), labels=np.arange(2000, dtype=np.int64) % 3)
    WatchedImages.most = 0
    chosen = CalibrationSet.choose(replace(dataset, train=train), 1500)
    assert sum(len(batch) for batch in chosen.batches(16)) >= 1500
    assert chosen.to_dict()["num_images"] == 1500
    assert WatchedImages.most <= 1024, "Split.sha256 reads 1,024 images at once, and nothing reads more"


def test_no_training_images_are_refused(dataset: Dataset) -> None:
    empty = Split(images=dataset.train.images[:0], labels=dataset.train.labels[:0])
    with pytest.raises(CalibrationError, match="no training images"):
        CalibrationSet.choose(replace(dataset, train=empty), 10)


def test_what_a_quantizer_sees_spans_0_to_255_in_full_batches(dataset: Dataset) -> None:
    chosen = CalibrationSet.choose(dataset, 10)
    assert chosen.images.min() > 0
    batches = list(chosen.batches(4))
    assert [batch.shape for batch in batches] == [(4, 4, 4, 3)] * 3
    assert all(batch.dtype == np.float32 for batch in batches)
    shown = np.concatenate(batches)
    assert shown.min() == 0
    assert shown.max() == 255
    assert np.array_equal(shown[1:11], chosen.images)
    assert (chosen.span_image != chosen.images[0]).sum() == 2


def test_the_record_is_json_and_names_the_images(dataset: Dataset) -> None:
    chosen = CalibrationSet.choose(dataset, 10, seed=3)
    document = json.loads(json.dumps(chosen.to_dict()))
    assert document["split"] == "train"
    assert document["num_images"] == 10
    assert document["seed"] == 3
    assert document["indices"] == chosen.indices.tolist()
    assert len(document["sha256"]) == 64
