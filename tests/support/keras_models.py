"""Small real Keras models for tests, each trained at most once a process. Only calling it loads TensorFlow."""

from functools import cache
from typing import Any

import numpy as np

from edgekit.datasets import Dataset, Split, load_dataset
from edgekit.foundation.keras_setup import import_keras

NUM_TRAINING_IMAGES = 1280
"""Full batches only."""


@cache
def digits() -> Dataset:
    """scikit-learn's digits, 32 x 32."""
    return load_dataset("digits")


def first_images(dataset: Dataset, *, name: str, train: int, validation: int, test: int) -> Dataset:
    """The first so many images of each split."""

    def first(split: Split, count: int) -> Split:
        return Split(images=split.images[:count], labels=split.labels[:count])

    return Dataset(
        name=name,
        class_names=dataset.class_names,
        train=first(dataset.train, train),
        validation=first(dataset.validation, validation),
        test=first(dataset.test, test),
    )


def plain_network(*, activation: str = "softmax", first: str = "rescaling", middle: Any = None) -> Any:
    """Convolutions with batch normalization before ReLU, global pooling; `middle` is a layer put between."""
    keras = import_keras("the tests", backend="tensorflow")
    keras.utils.set_random_seed(0)  # the same first weights whichever tests ran before
    layers = keras.layers
    pixels = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 255)(pixels) if first == "rescaling" else pixels
    x = layers.Conv2D(8, 3, strides=2, padding="same")(x)
    x = layers.ReLU()(layers.BatchNormalization(beta_initializer="ones")(x))
    if middle is not None:
        x = middle(x)
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(pixels, layers.Dense(10, activation=activation, bias_initializer="ones")(x))


def flatten_network(*, activation: str = "softmax", first: str = "rescaling", seed: int = 0) -> Any:
    """Batch normalization after ReLU, dropout, Flatten: what a tutorial's network looks like."""
    keras = import_keras("the tests", backend="tensorflow")
    keras.utils.set_random_seed(seed)  # the same first weights whichever tests ran before
    layers = keras.layers
    pixels = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 255)(pixels) if first == "rescaling" else pixels
    for filters in (8, 16):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
        x = layers.Dropout(0.2)(layers.BatchNormalization()(x))
    x = layers.Dense(32, activation="relu")(layers.Flatten()(x))
    return keras.Model(pixels, layers.Dense(10, activation=activation)(x))


def train(network: Any, *, epochs: int = 4, scale: float = 1.0, offset: float = 0.0, seed: int = 0) -> Any:
    """Train on digits, shown as pixel * scale + offset."""
    keras = import_keras("the tests", backend="tensorflow")
    keras.utils.set_random_seed(seed)
    from_logits = network.layers[-1].activation.__name__ == "linear"
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    network.compile(keras.optimizers.Adam(3e-3), loss)
    split = digits().train
    images = split.images[:NUM_TRAINING_IMAGES].astype(np.float32) * scale + offset
    network.fit(images, split.labels[:NUM_TRAINING_IMAGES], batch_size=64, epochs=epochs, verbose=0)
    return network


@cache
def trained() -> Any:
    """The tutorial's network, trained on pixels from 0 to 255; right on most digits."""
    return train(flatten_network())


@cache
def trained_centered() -> Any:
    """The same, without scaling inside, trained on -1 to 1."""
    return train(flatten_network(first="nothing", seed=1), scale=2 / 255, offset=-1.0, seed=1)


@cache
def trained_logits() -> Any:
    """The same, without the softmax at its end."""
    return train(flatten_network(activation="linear"), epochs=2)
