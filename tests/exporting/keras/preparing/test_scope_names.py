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
