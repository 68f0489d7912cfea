import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.datasets.base import DatasetRequest, Split
from edgekit.datasets.splits import empty_split, split_validation, stratified_split, take
from edgekit.foundation.errors import DatasetError

NAMES = tuple("abcdef")
LABELS = st.lists(st.integers(0, 5), max_size=150).map(
    lambda extra: np.array(sorted(set(extra)) * 2 + extra, np.int64)  # at least two of every class there is
)
FRACTIONS = st.floats(0.01, 0.99)
SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=50)
@given(labels=LABELS, fraction=FRACTIONS, seed=SEEDS)
def test_every_image_is_on_exactly_one_side_and_every_class_on_both(labels, fraction, seed):
    kept, held_out = stratified_split(labels, fraction, seed, NAMES)

    assert sorted([*kept, *held_out]) == list(range(len(labels)))
    assert list(kept) == sorted(kept)
    assert list(held_out) == sorted(held_out)
    for label in np.unique(labels):
        num_images, num_held_out = (labels == label).sum(), (labels[held_out] == label).sum()
        assert 1 <= num_held_out <= num_images - 1
        assert num_held_out in (1, num_images - 1) or abs(num_held_out - fraction * num_images) <= 0.5


@settings(deadline=None, max_examples=50)
@given(labels=LABELS, fraction=FRACTIONS, seed=SEEDS)
def test_the_same_arguments_give_the_same_split(labels, fraction, seed):
    first, second = (stratified_split(labels.copy(), fraction, seed, NAMES) for _ in range(2))

    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


def test_another_seed_gives_another_split():
    labels = np.repeat(np.arange(5), 40)

    first, second = (stratified_split(labels, 0.5, seed, NAMES)[1] for seed in (0, 1))

    assert not np.array_equal(first, second)


def test_the_split_never_changes_between_versions():
    """Every published figure is measured on the test split of seed 0."""
    held_out = stratified_split(np.arange(1000) % 6, 0.2, 0, NAMES)[1]

    digest = hashlib.sha256(held_out.astype("<i8").tobytes()).hexdigest()
    assert digest[:16] == "235439f9a5ea28a3"


def test_a_class_with_one_image_is_named():
    with pytest.raises(DatasetError, match="Class 'c' has too few images"):
        stratified_split(np.array([0, 0, 2, 1, 1]), 0.5, 0, NAMES)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(DatasetError, match=rf"between 0 and 4294967295. Received {seed}"):
        stratified_split(np.array([0, 0]), 0.5, seed, NAMES)


def test_validation_takes_images_with_their_labels():
    labels = np.repeat(np.arange(2), 50)
    images = np.zeros((100, 1, 1, 3), np.uint8) + np.arange(100, dtype=np.uint8)[:, None, None, None]
    training = Split(images=images, labels=labels)

    train, validation = split_validation(training, DatasetRequest(validation_fraction=0.2, seed=3), NAMES)

    assert (len(train), len(validation)) == (80, 20)
    for split in (train, validation):
        assert np.array_equal(split.labels, split.images[:, 0, 0, 0] // 50)
    assert not set(train.images[:, 0, 0, 0]) & set(validation.images[:, 0, 0, 0])


def test_take_keeps_the_order_asked_for():
    split = Split(images=np.zeros((3, 1, 1, 3), np.uint8), labels=np.array([5, 6, 7]))

    assert take(split, np.array([2, 0])).labels.tolist() == [7, 5]


def test_an_empty_split_has_the_shape_of_its_images():
    assert empty_split(4, 5).images.shape == (0, 4, 5, 3)
