from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import Split
from edgekit.foundation.errors import TrainingError
from edgekit.training.identity import check_same, identity_of


@pytest.fixture
def identity(tiny_recipe, small_digits):
    return identity_of(tiny_recipe, tiny_recipe.settings, small_digits, "tensorflow")


def test_the_same_training_passes(identity, tiny_recipe, small_digits):
    check_same(Path("run"), identity, identity_of(tiny_recipe, tiny_recipe.settings, small_digits, "tensorflow"))


def test_another_setting_is_named_with_both_values(identity, tiny_recipe, small_digits):
    other = identity_of(tiny_recipe, replace(tiny_recipe.settings, seed=7), small_digits, "tensorflow")
    with pytest.raises(TrainingError, match="setting seed '0' there, '7' now"):
        check_same(Path("run"), identity, other)


def test_another_recipe_is_named(identity, tiny_recipe, small_digits, tmp_path):
    file = tmp_path / "tiny.py"
    file.write_text(tiny_recipe.file.read_text() + "# changed\n")
    other = replace(tiny_recipe, name="other", file=file)
    with pytest.raises(TrainingError, match="recipe 'tiny' there, 'other' now; SHA-256 of the recipe file"):
        check_same(Path("run"), identity, identity_of(other, other.settings, small_digits, "tensorflow"))


def test_one_other_training_pixel_is_noticed(identity, tiny_recipe, small_digits):
    images = np.array(small_digits.train.images)
    images[0, 0, 0, 0] ^= 1
    other = replace(small_digits, train=Split(images=images, labels=small_digits.train.labels))
    with pytest.raises(TrainingError, match="SHA-256 of the training split"):
        check_same(Path("run"), identity, identity_of(tiny_recipe, tiny_recipe.settings, other, "tensorflow"))
