"""What a Keras reference can be: several outputs, a class of one's own, a SavedModel. Run in this process."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.artifact import FileOptions
from edgekit.execution.scoring import scores_of
from edgekit.foundation.errors import ArtifactError
from edgekit.foundation.keras_setup import import_keras
from edgekit.runtimes.base import SessionSettings
from edgekit.verification.subjects.keras_reference import KerasSession

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 6, 6, 3)).astype(np.uint8)

GATE = """
import keras


@keras.saving.register_keras_serializable("mine")
class Gate(keras.layers.Layer):
    def call(self, values):
        return values * keras.ops.sigmoid(values)


@keras.saving.register_keras_serializable("mine")
class Twice(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.flat, self.last = keras.layers.Flatten(), keras.layers.Dense(4, activation="softmax")

    def call(self, pixels):
        features = self.flat(pixels / 255.0)
        return {"features": features, "scores": self.last(features)}
"""


def session(path: Path, custom: Path | None = None, name: str | None = None) -> KerasSession:
    options = FileOptions(output_name=name, num_scores=(4,), custom_objects=custom)
    return KerasSession(path, SessionSettings(batch_size=4, file_options=options))


@pytest.fixture(scope="module")
def keras() -> Any:
    return import_keras("the tests", backend="tensorflow")


@pytest.fixture(scope="module")
def model(keras: Any) -> Any:
    """A dict of outputs: 108 features and 4 scores."""
    pixels = keras.Input((6, 6, 3))
    features = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(pixels))
    return keras.Model(pixels, {"scores": keras.layers.Dense(4, activation="softmax")(features), "features": features})


def test_of_several_outputs_the_one_with_the_scores_is_used(model: Any, tmp_path: Path) -> None:
    expected = np.asarray(model(IMAGES.astype(np.float32))["scores"])
    model.save(tmp_path / "mine.keras")
    model.export(tmp_path / "saved", verbose=False)
    for path in (tmp_path / "mine.keras", tmp_path / "saved"):
        opened = session(path)
        assert np.allclose(scores_of(opened, IMAGES), expected, atol=1e-6)
        assert "is used, the only one that gives 4 scores." in opened.remark
    assert scores_of(session(tmp_path / "mine.keras", name="features"), IMAGES).shape == (5, 108)
    with pytest.raises(ArtifactError, match=r"Unknown output 'score'\. Did you mean 'scores'"):
        session(tmp_path / "mine.keras", name="score")


def test_own_layers_and_a_class_of_its_own_come_from_the_file_that_the_user_names(keras: Any, tmp_path: Path) -> None:
    custom = tmp_path / "mine.py"
    custom.write_text(GATE)
    scope: dict[str, Any] = {"__name__": "mine"}
    exec(GATE, scope)
    pixels = keras.Input((6, 6, 3))
    gated = keras.layers.Flatten()(scope["Gate"]()(keras.layers.Rescaling(1 / 255)(pixels)))
    functional = keras.Model(pixels, keras.layers.Dense(4, activation="softmax")(gated))
    subclassed = scope["Twice"]()
    expected = [functional(IMAGES.astype(np.float32)), subclassed(IMAGES.astype(np.float32))["scores"]]
    functional.save(tmp_path / "gate.keras")
    subclassed.save(tmp_path / "twice.keras")
    registered = keras.saving.get_custom_objects()
    for name in ("mine>Gate", "mine>Twice"):
        registered.pop(name)
    with pytest.raises(ArtifactError, match="--custom-objects"):
        session(tmp_path / "gate.keras")
    for name, wanted in zip(("gate", "twice"), expected, strict=True):
        opened = session(tmp_path / f"{name}.keras", custom)
        assert np.allclose(scores_of(opened, IMAGES), np.asarray(wanted), atol=1e-6)
