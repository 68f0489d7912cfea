import json
from dataclasses import replace

import numpy as np
import pytest

from edgekit.datasets import Dataset, Split
from edgekit.errors import CalibrationError
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


def test_fewer_images_than_classes_are_refused(dataset: Dataset) -> None:
    with pytest.raises(CalibrationError, match=r"at least one image a class: 3 .* Received 2"):
        CalibrationSet.choose(dataset, 2)
    with pytest.raises(CalibrationError, match="Received -1"):
        CalibrationSet.choose(dataset, -1)


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
