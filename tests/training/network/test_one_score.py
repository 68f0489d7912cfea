"""A recipe whose network gives one score for two classes trains, and its run is one of two classes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.models import output_kinds

from edgekit.artifact import Precision
from edgekit.exporting.session import export
from edgekit.foundation.errors import RecipeError
from edgekit.metrics.drift import accuracy
from edgekit.recipe import Recipe, TrainingSettings
from edgekit.training.network.building import build_network, check_answers, check_can_be_loaded
from edgekit.training.network.one_score import has_one_score, loss_on_two_scores
from edgekit.training.session import train

SHAPE = (32, 32, 3)


@pytest.fixture(scope="module")
def keras() -> Any:
    from support.keras_models import import_keras

    return import_keras("the tests", backend="tensorflow")


def recipe(keras: Any, activation: str | None, loss: Any) -> Recipe:
    def build(input_shape: Any, _: int) -> Any:
        layers, pixels = keras.layers, keras.Input(input_shape)
        x = layers.Conv2D(8, 3, strides=2, activation="relu")(layers.Rescaling(1 / 255)(pixels))
        x = layers.Flatten()(layers.Conv2D(8, 3, strides=2, activation="relu")(x))
        return keras.Model(pixels, layers.Dense(1, activation=activation)(x))

    return Recipe(
        name="pair",
        summary="for tests",
        settings=TrainingSettings(epochs=6, batch_size=16),
        build=build,
        optimizer=lambda _: keras.optimizers.Adam(3e-3),
        loss=loss,
    )


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_the_network_gives_two_probabilities_that_can_be_saved(keras: Any, activation: str | None) -> None:
    made = recipe(keras, activation, "binary_crossentropy")
    network = build_network(keras, made, SHAPE, 2)
    assert network.output_shape == (None, 2)
    assert has_one_score(network)
    check_answers(made, network, np.zeros((2, *SHAPE), np.uint8))
    check_can_be_loaded(keras, made, network)
    with pytest.raises(RecipeError, match=r"output \(None, 3\), one score per class"):
        build_network(keras, made, SHAPE, 3)
    with pytest.raises(RecipeError, match=r"its last activation is tanh\. Expected 'sigmoid'"):
        build_network(keras, recipe(keras, "tanh", "mse"), SHAPE, 2)


@pytest.mark.parametrize("name", ["BinaryCrossentropy", "BinaryFocalCrossentropy"])
@pytest.mark.parametrize("from_logits", [False, True])
def test_a_loss_of_one_score_is_the_same_on_two(keras: Any, name: str, from_logits: bool) -> None:
    loss = getattr(keras.losses, name)(from_logits=from_logits, label_smoothing=0.1)
    logits, labels = np.array([-2.0, 0.5, 3.0], np.float32), np.array([0, 1, 1])
    positive = 1 / (1 + np.exp(-logits))
    scores = np.stack([1 - positive, positive], axis=1)
    one = (logits if from_logits else positive)[:, None]
    expected = float(loss(labels.astype(np.float32)[:, None], one))
    assert float(loss_on_two_scores(keras, loss)(labels, scores)) == pytest.approx(expected, rel=1e-5)


def test_other_losses_get_what_they_are_meant_for(keras: Any) -> None:
    labels, scores = np.array([0, 1]), np.array([[0.7, 0.3], [0.4, 0.6]], np.float32)
    assert loss_on_two_scores(keras, "sparse_categorical_crossentropy") == "sparse_categorical_crossentropy"
    named = loss_on_two_scores(keras, "binary_crossentropy")(labels, scores)
    assert np.allclose(named, [-np.log(0.7), -np.log(0.6)], atol=1e-5)

    def own(truth: Any, given: Any) -> Any:
        assert tuple(truth.shape) == tuple(given.shape) == (2, 1)
        return keras.ops.mean((truth - given) ** 2)

    assert float(loss_on_two_scores(keras, own)(labels, scores)) == pytest.approx((0.3**2 + 0.4**2) / 2, rel=1e-5)


@pytest.mark.parametrize(("activation", "from_logits"), [("sigmoid", False), (None, True)])
def test_such_a_recipe_trains_and_is_exported(
    keras: Any, tmp_path: Path, activation: str | None, from_logits: bool
) -> None:
    dataset = replace(output_kinds.two_digits(), name="pair")
    made = recipe(keras, activation, keras.losses.BinaryCrossentropy(from_logits=from_logits))
    run = train(made, dataset, out=tmp_path / "run")
    reference = run.reference()
    assert reference.class_names == ("three", "eight")
    assert np.allclose(reference.scores.sum(axis=1), 1, atol=1e-5)
    assert accuracy(reference.scores, reference.labels) > 0.93
    report = export(run, dataset=dataset, precisions=[Precision.INT8], calibration_images=60)
    assert len(report.files) == 2
