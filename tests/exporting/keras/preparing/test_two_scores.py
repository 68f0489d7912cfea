"""One score becomes two, [1 - p, p], however the network ends."""

from typing import Any

import numpy as np
import pytest

from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.keras.classifier import exported_graph
from edgekit.exporting.keras.preparing.two_scores import LAYER_NAME, OneScore, with_two_scores
from edgekit.foundation.errors import ExportError

SHAPE = (8, 8, 3)


@pytest.fixture(scope="module")
def keras() -> Any:
    from support.keras_models import import_keras

    return import_keras("the tests", backend="tensorflow")


def noise() -> Any:
    return np.random.default_rng(1).uniform(0, 255, (16, *SHAPE)).astype(np.float32)


def network(keras: Any, end: str) -> Any:
    keras.utils.set_random_seed(3)
    layers, pixels = keras.layers, keras.Input(SHAPE)
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(layers.Rescaling(1 / 255)(pixels)))
    logit = layers.Dense(1, bias_initializer="ones")
    if end == "dense":
        return keras.Model(pixels, layers.Dense(1, activation="sigmoid")(pooled))
    if end == "logit":
        return keras.Model(pixels, logit(pooled))
    if end == "hard":
        return keras.Model(pixels, layers.Dense(1, activation="hard_sigmoid")(pooled))
    if end == "nested":
        inner = keras.Input(SHAPE)
        body = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(inner))
        return keras.Sequential([pixels, keras.Model(inner, layers.Dense(1, activation="sigmoid")(body))])
    if end == "convolution":
        return keras.Model(
            pixels, layers.Flatten()(layers.Conv2D(1, 8, activation="sigmoid")(layers.Rescaling(1 / 255)(pixels)))
        )
    ends = {"layer": layers.Activation("sigmoid"), "operation": keras.ops.sigmoid}
    return keras.Model(pixels, ends[end](logit(pooled)))


def probability(keras: Any, model: Any, end: str) -> Any:
    score = np.asarray(model(noise()))[:, 0]
    return 1 / (1 + np.exp(-score)) if end == "logit" else score


@pytest.mark.parametrize("positive", [0, 1])
@pytest.mark.parametrize("end", ["dense", "logit", "hard", "nested", "convolution", "layer", "operation"])
def test_the_positive_class_gets_the_score_and_the_other_the_rest(keras: Any, end: str, positive: int) -> None:
    model = network(keras, end)
    expected = probability(keras, model, end)
    made, kind = with_two_scores(model, SHAPE, positive)
    scores = np.asarray(made(noise()))
    assert kind is (OneScore.LOGIT if end == "logit" else OneScore.PROBABILITY)
    assert scores.shape == (16, 2)
    assert np.abs(scores[:, positive] - expected).max() < 1e-6
    assert np.abs(scores[:, 1 - positive] - (1 - expected)).max() < 1e-6
    assert expected.std() > 1e-4


@pytest.mark.parametrize("end", ["dense", "logit", "nested", "layer", "operation"])
def test_logits_can_be_had(keras: Any, end: str) -> None:
    model = network(keras, end)
    made, _ = with_two_scores(model, SHAPE, 1)
    logits = np.asarray(exported_graph(made, ExportOptions(output="logits"), batch=None)(noise()))
    expected = probability(keras, model, end)
    assert np.abs(logits.sum(axis=1)).max() < 1e-5
    assert np.abs(logits[:, 1] - logits[:, 0] - np.log(expected / (1 - expected))).max() < 1e-4


def test_the_given_model_stays_as_it_is(keras: Any) -> None:
    model = network(keras, "dense")
    before = np.asarray(model(noise()))
    with_two_scores(model, SHAPE, 0)
    assert np.array_equal(np.asarray(model(noise())), before)
    assert model.layers[-1].activation.__name__ == "sigmoid"
    assert LAYER_NAME not in [layer.name for layer in model.layers]


def test_a_layer_of_others_without_a_configuration_keeps_its_sigmoid(keras: Any) -> None:
    class Odd(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, factor: float) -> None:
            super().__init__()
            self.factor = factor

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor

        def get_config(self) -> Any:
            raise NotImplementedError

    pixels = keras.Input(SHAPE)
    pooled = keras.layers.GlobalAveragePooling2D()(Odd(1 / 255)(pixels))
    model = keras.Model(pixels, keras.layers.Dense(1, activation="sigmoid")(pooled))
    scores = np.asarray(with_two_scores(model, SHAPE, 1)[0](noise()))
    assert np.abs(scores[:, 1] - np.asarray(model(noise()))[:, 0]).max() < 1e-6


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        ("softmax", r"a softmax over one score \('dense\w*'\), which is 1 for every image"),
        ("tanh", r"its last activation is tanh \('dense\w*'\)"),
        ("relu", r"Expected a sigmoid, which gives a probability, or none"),
    ],
)
def test_what_gives_neither_probability_nor_logit_is_refused(keras: Any, activation: str, message: str) -> None:
    pixels = keras.Input(SHAPE)
    scores = keras.layers.Dense(1, activation=activation)(keras.layers.GlobalAveragePooling2D()(pixels))
    with pytest.raises(ExportError, match=message):
        with_two_scores(keras.Model(pixels, scores), SHAPE, 1)
