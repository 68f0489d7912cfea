"""A small real data set and a small recipe that uses everything a recipe may have."""

from pathlib import Path

import pytest
from support import keras_models

from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.recipe import Recipe, load_recipe

RECIPE_TEXT = """
import keras
from edgekit.recipe import Recipe, TrainingSettings


def build(input_shape, num_classes):
    pixels = keras.Input(input_shape)
    x = keras.layers.Rescaling(1 / 255)(pixels)
    x = keras.layers.Conv2D(6, 3, strides=2)(x)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.8)(x))
    x = keras.layers.Dropout(0.2)(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(pixels, keras.layers.Dense(num_classes, activation="softmax")(x))


RECIPE = Recipe(
    name="tiny",
    summary="for tests",
    settings=TrainingSettings(epochs=5, batch_size=32, image_sizes=((0, 16), (3, 32)), padding=2),
    build=build,
    optimizer=lambda num_steps: keras.optimizers.Adam(0.01),
    augmentation=lambda: keras.Sequential([keras.layers.RandomFlip("horizontal"), keras.layers.RandomBrightness(0.2)]),
    callbacks=lambda: [
        keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=0.5),
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=20, restore_best_weights=True),
    ],
)
"""


@pytest.fixture(scope="session")
def small_digits() -> Dataset:
    """150 training, 40 validation and 60 test images of the digits."""
    digits = load_dataset("digits", DatasetRequest(validation_fraction=0.2))
    return keras_models.first_images(digits, name="small", train=150, validation=40, test=60)


@pytest.fixture(scope="session")
def tiny_recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """A recipe with dropout, batch statistics, crops, augmentation and callbacks that have a state."""
    from edgekit.foundation.keras_setup import import_keras

    import_keras()
    path: Path = tmp_path_factory.mktemp("recipe") / "tiny.py"
    path.write_text(RECIPE_TEXT)
    return load_recipe(str(path))
