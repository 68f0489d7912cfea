"""Files that Keras 2 wrote, with what Keras 3 cannot read, become Keras 3 models with the same answers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.exporting.keras.loading.keras2_config import in_keras3_words
from edgekit.exporting.keras.loading.keras2_file import load_as_keras3
from edgekit.exporting.keras.loading.model_file import load_keras_model
from edgekit.foundation.errors import ExportError

SIDE = 16


@pytest.fixture(scope="module")
def keras2() -> Any:
    from support.keras_models import import_keras

    import_keras("the tests", backend="tensorflow")
    import tf_keras

    return tf_keras


def network(keras2: Any, *, last: Any = None) -> Any:
    """Operations by TensorFlow's names, dropped arguments, a name with a slash, a network inside, an axis as a list."""
    keras2.utils.set_random_seed(0)
    layers, pixels = keras2.layers, keras2.Input((SIDE, SIDE, 3))
    inner = keras2.Sequential(
        [
            layers.SeparableConv2D(8, 3, padding="same", input_shape=(SIDE, SIDE, 3)),
            layers.BatchNormalization(name="inner/norm", gamma_initializer="random_uniform"),
        ]
    )
    x = layers.LeakyReLU(0.3)(inner(pixels / 127.5 - 1.0))
    y = layers.Conv2DTranspose(8, 1)(layers.DepthwiseConv2D(3, padding="same")(x))
    x = keras2.layers.GlobalAveragePooling2D()(3.0 * (x * y + x) - y)
    x = layers.Dense(5, activation="softmax")(x)
    return keras2.Model(pixels, x if last is None else last(x))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_the_network_answers_as_it_did(keras2: Any, tmp_path: Path, suffix: str) -> None:
    original, path = network(keras2), tmp_path / f"old{suffix}"
    original.save(path)
    images = np.random.default_rng(1).uniform(0, 255, (8, SIDE, SIDE, 3)).astype(np.float32)
    model = load_keras_model(path)
    assert np.abs(np.asarray(model(images)) - np.asarray(original(images))).max() < 1e-5
    assert {layer.__module__.partition(".")[0] for layer in model.layers} == {"keras"}


def test_mixed_precision_stays_mixed(keras2: Any, tmp_path: Path) -> None:
    path, layers = tmp_path / "old.keras", keras2.layers
    half = keras2.Sequential([layers.Flatten(dtype="mixed_float16", input_shape=(4, 4, 3)), layers.Dense(3)])
    half.save(path)
    assert [layer.compute_dtype for layer in load_keras_model(path).layers] == ["float16", "float32"]


def test_an_operation_without_a_layer_is_named(keras2: Any, tmp_path: Path) -> None:
    path = tmp_path / "old.h5"
    import tensorflow as tf

    network(keras2, last=tf.math.cumsum).save(path)
    with pytest.raises(ExportError, match=r"TensorFlow's math\.cumsum, written by Keras 2"):
        load_keras_model(path)


def test_another_answer_is_refused(keras2: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.h5"
    network(keras2).save(path)

    def wrong(configuration: Any) -> Any:
        words = in_keras3_words(configuration)
        for layer in words["config"]["layers"]:
            if layer["class_name"] == "Rescaling":
                layer["config"]["offset"] += 0.1
        return words

    monkeypatch.setattr("edgekit.exporting.keras.loading.keras2_file.in_keras3_words", wrong)
    with pytest.raises(ExportError, match="answers otherwise in Keras 3"):
        load_as_keras3(path)
