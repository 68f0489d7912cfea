from typing import Any

import numpy as np
import pytest

from edgekit.foundation.errors import RecipeError
from edgekit.foundation.keras_setup import import_keras
from edgekit.recipe import TrainingSettings
from edgekit.training.network.class_weights import balanced_weights, weighted_loss


def test_balanced_weights_by_hand() -> None:
    """12 images, 3 classes present: 12 / (3 * 6), 12 / (3 * 4), none, 12 / (3 * 2)."""
    labels = np.array([0] * 6 + [1] * 4 + [3] * 2)
    weights = balanced_weights(labels, 4)
    assert weights.tolist() == pytest.approx([2 / 3, 1, 0, 2])
    assert weights[labels].mean() == pytest.approx(1)


def test_balanced_weights_are_scikit_learns() -> None:
    utils = pytest.importorskip("sklearn.utils.class_weight")
    labels = np.random.default_rng(0).integers(0, 5, 200) ** 2 // 4
    names = np.unique(labels)
    expected = utils.compute_class_weight("balanced", classes=names, y=labels)
    assert np.allclose(balanced_weights(labels, int(names.max()) + 1)[names], expected)


@pytest.mark.parametrize("kind", ["name", "instance", "function"])
def test_the_loss_of_each_image_is_multiplied_by_the_weight_of_its_class(kind: str) -> None:
    keras = import_keras("the tests", backend="tensorflow")
    losses: dict[str, Any] = {
        "name": "sparse_categorical_crossentropy",
        "instance": keras.losses.SparseCategoricalCrossentropy(),
        "function": keras.losses.sparse_categorical_crossentropy,
    }
    scores = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]], np.float32)
    labels, weights = np.array([0, 1, 1]), np.array([3.0, 0.5, 7.0], np.float32)
    expected = np.mean([3 * -np.log(0.5), 0.5 * -np.log(0.8), 0.5 * -np.log(0.2)])
    assert float(weighted_loss(keras, losses[kind], weights)(labels, scores)) == pytest.approx(expected, rel=1e-5)


def test_a_loss_of_the_whole_batch_is_rejected() -> None:
    keras = import_keras("the tests", backend="tensorflow")

    def mean(labels: Any, scores: Any) -> Any:
        return keras.ops.mean(scores)

    with pytest.raises(RecipeError, match="one number for the batch"):
        weighted_loss(keras, mean, np.ones(2, np.float32))(np.array([0, 1]), np.eye(2, dtype=np.float32))


def test_unknown_class_weights_are_rejected() -> None:
    with pytest.raises(RecipeError, match="Received 'inverse'"):
        TrainingSettings(epochs=1, class_weights="inverse")


def test_settings_without_class_weights_are_written_as_before() -> None:
    assert "class_weights" not in TrainingSettings(epochs=1).to_dict()
    assert TrainingSettings(epochs=1, class_weights="balanced").to_dict()["class_weights"] == "balanced"
