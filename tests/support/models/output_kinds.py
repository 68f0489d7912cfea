"""Networks that end as people's do, trained on digits in seconds: one score, several outputs, classes in any order."""

from functools import cache
from typing import Any

import numpy as np

from edgekit.datasets import Dataset, Split
from edgekit.foundation.keras_setup import import_keras
from support import keras_models

PAIR = (3, 8)
NAMES = ("three", "eight")


@cache
def two_digits() -> Dataset:
    """The threes and eights of scikit-learn's digits, 32 x 32."""
    whole = keras_models.digits()

    def of_pair(split: Split) -> Split:
        chosen = np.isin(split.labels, PAIR)
        return Split(images=split.images[chosen], labels=(split.labels[chosen] == PAIR[1]).astype(np.int64))

    return Dataset(
        name="two-digits",
        class_names=NAMES,
        train=of_pair(whole.train),
        validation=of_pair(whole.validation),
        test=of_pair(whole.test),
    )


def write_npz(dataset: Dataset, path: Any) -> str:
    """The data set as a file; its name for `--data`."""
    np.savez(
        path,
        x_train=np.concatenate([dataset.train.images, dataset.validation.images]),
        y_train=np.concatenate([dataset.train.labels, dataset.validation.labels]),
        x_test=dataset.test.images,
        y_test=dataset.test.labels,
        class_names=np.array(dataset.class_names),
    )
    return f"npz:{path}"


def _body(keras: Any, pixels: Any) -> Any:
    layers = keras.layers
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(12, 3, strides=2, padding="same", activation="relu")(x)
    return layers.Flatten()(x)


@cache
def one_score(activation: str | None = "sigmoid", positive: int = 1) -> Any:
    """One score for two classes: a probability with "sigmoid", a logit without an activation."""
    keras = import_keras("the tests", backend="tensorflow")
    keras.utils.set_random_seed(0)
    pixels = keras.Input((32, 32, 3))
    model = keras.Model(pixels, keras.layers.Dense(1, activation=activation)(_body(keras, pixels)))
    model.compile(keras.optimizers.Adam(3e-3), keras.losses.BinaryCrossentropy(from_logits=activation is None))
    train = two_digits().train
    model.fit(train.images.astype(np.float32), (train.labels == positive).astype(np.float32), epochs=6, verbose=0)
    return model


@cache
def ordered(columns: tuple[int | None, ...], *, with_features: bool = False) -> Any:
    """Ten digits, score i being of digit `columns[i]`; None for a class that no image has. Perhaps features, too."""
    keras = import_keras("the tests", backend="tensorflow")
    keras.utils.set_random_seed(0)
    pixels = keras.Input((32, 32, 3))
    features = _body(keras, pixels)
    scores = keras.layers.Dense(len(columns), activation="softmax", name="scores")(features)
    model = keras.Model(pixels, scores)
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    train = keras_models.digits().train
    place = np.array([columns.index(digit) for digit in range(10)])
    model.fit(train.images.astype(np.float32), place[train.labels], epochs=4, verbose=0)
    return keras.Model(pixels, {"scores": scores, "features": features}) if with_features else model
