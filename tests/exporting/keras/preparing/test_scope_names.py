from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.exporting.keras.preparing.scope_names import rename_layers

SHAPE = (8, 8, 3)


@pytest.fixture(scope="module")
def keras() -> Any:
    from support.keras_models import import_keras

    return import_keras("the tests", backend="tensorflow")


def test_names_that_tensorflow_does_not_take_are_replaced_and_stay_different(keras: Any) -> None:
    layers = keras.layers
    inner = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(4, 3, name="Größe (2)")], name="inner: 1")
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Identity(name="conv_1"),
            layers.Conv2D(3, 1, name="conv 1"),
            layers.Conv2D(3, 1, name="conv:1"),
            inner,
            layers.GlobalAveragePooling2D(name="ok-1.2/3".replace("/", ">")),
        ],
        name="_my model",
    )
    renamed = rename_layers(model)
    assert renamed == {
        "_my model": "model_my_model",
        "conv 1": "conv_1_2",
        "conv:1": "conv_1_3",
        "inner: 1": "inner__1",
        "Größe (2)": "Gr__e__2_",
    }
    import tensorflow as tf

    traced = tf.function(lambda pixels: model(pixels, training=False))
    assert traced(np.zeros((1, *SHAPE), np.float32)).shape == (1, 4)
    assert rename_layers(model) == {}


def test_variables_are_renamed_too_so_that_a_saved_model_can_be_written(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(2, 3, name="1. Faltung: 3x3"),
            layers.Flatten(),
            layers.Dense(2, name="_ten classes?"),
        ]
    )
    images = np.random.default_rng(0).uniform(0, 255, (2, *SHAPE)).astype(np.float32)
    expected = np.asarray(model(images))
    rename_layers(model)
    model.export(tmp_path / "saved", verbose=False)
    import tensorflow as tf

    assert np.allclose(tf.saved_model.load(tmp_path / "saved").serve(images), expected, rtol=1e-5, atol=1e-3)
