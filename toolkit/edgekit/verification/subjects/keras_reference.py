"""A Keras model as a reference: run by a worker process, so that `verify` itself never loads TensorFlow.

No candidate is ever run here: what ships is not a Keras file.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import TensorSpec
from edgekit.foundation.errors import ArtifactError, ExportError, first_line_of
from edgekit.inspection.load_errors import expect_one_each
from edgekit.metrics.own_noise import NUM_IMAGES
from edgekit.runtimes.base import Runtime, Session, SessionSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

TARGET = "edgekit.verification.subjects.keras_reference:KerasReference"
"""What `edgekit.execution.isolation.execute` takes for it."""

KERAS_BATCH = 64
"""Images a call: with one at a time, calling takes Keras longer than computing."""


class KerasSession(Session):
    """One Keras model, float32 in and out, at any batch that it takes.

    Args:
        path: A `.keras` or `.h5` file, of Keras 3 or older. A file that carries code is refused.
        settings: The wished batch.
    """

    def __init__(self, path: Path, settings: SessionSettings) -> None:
        try:
            self._model = _load(path)
        except ExportError as error:
            raise ArtifactError(str(error)) from error
        inputs, outputs = getattr(self._model, "inputs", None) or [], getattr(self._model, "outputs", None) or []
        expect_one_each(path, len(inputs), len(outputs))
        self._path = path
        self.input_spec = TensorSpec(name="pixels", shape=tuple(inputs[0].shape), dtype="float32")
        self.output_spec = TensorSpec(name="scores", shape=tuple(outputs[0].shape), dtype="float32")
        self.batch_size = self.input_spec.shape[0] or settings.batch_size

    def resize(self, batch_size: int) -> bool:
        """A model of open batch takes any."""
        if self.input_spec.shape[0] not in (None, batch_size):
            return False
        self.batch_size = batch_size
        return True

    def invoke(self, batch: "NDArray[Any]") -> "NDArray[Any]":
        """Run one batch."""
        import numpy as np

        try:
            return np.asarray(self._model.predict_on_batch(batch), np.float32)
        except Exception as error:  # an external model can make Keras raise anything
            raise ArtifactError(f"Keras stopped while running {self._path}: {first_line_of(error)}") from error


def _load(path: Path) -> Any:
    """The model by Keras 3, or by Keras 2 where only that can read an older file; raises ExportError."""
    from edgekit.exporting.keras.loading.model_file import load_keras_model
    from edgekit.exporting.keras.loading.tf_keras_model import is_keras2, load_legacy_model

    try:
        return load_keras_model(path)
    except ExportError:
        if not is_keras2(path):
            raise
        return load_legacy_model(path)


class KerasReference(Runtime):
    """Keras on TensorFlow."""

    name = "keras"
    package = "keras"
    trial_batch = KERAS_BATCH
    num_alone = NUM_IMAGES

    @classmethod
    def import_library(cls) -> None:
        """Import Keras, quietly."""
        from edgekit.foundation.keras_setup import import_keras

        import_keras("A Keras reference", backend="tensorflow")

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Load the model."""
        return KerasSession(path, settings)
