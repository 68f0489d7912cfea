from dataclasses import replace

import numpy as np
import pytest

from edgekit.training.augmentation import NUM_VERSIONS, examples


@pytest.fixture(scope="module")
def keras(tiny_recipe):
    import keras

    return keras


def test_one_image_of_each_class_with_its_versions(keras, tiny_recipe, small_digits):
    originals, versions = examples(keras, tiny_recipe, tiny_recipe.settings, small_digits.train)
    assert originals.labels.tolist() == list(range(8))
    assert versions.shape == (8, NUM_VERSIONS, *small_digits.image_shape)
    assert versions.dtype == np.uint8
    assert any((versions[:, 0] != versions[:, number]).any() for number in range(1, NUM_VERSIONS))
    _, again = examples(keras, tiny_recipe, tiny_recipe.settings, small_digits.train)
    np.testing.assert_array_equal(again, versions)


def test_few_classes_give_several_images_each(keras, tiny_recipe, small_digits):
    from edgekit.datasets.splits import take

    two = take(small_digits.train, np.flatnonzero(small_digits.train.labels < 2))
    originals, _ = examples(keras, tiny_recipe, tiny_recipe.settings, two)
    assert sorted(originals.labels.tolist()) == [0] * 4 + [1] * 4


def test_shifts_alone_are_shown_too_and_nothing_where_there_is_nothing(keras, tiny_recipe, small_digits):
    plain = replace(tiny_recipe, augmentation=lambda: None)
    originals, shifted = examples(keras, plain, replace(plain.settings, padding=2), small_digits.train)
    assert (shifted != originals.images[:, None]).any()
    assert examples(keras, plain, replace(plain.settings, padding=0), small_digits.train) is None
