"""A Keras model as a reference: run by a worker process, so that `verify` itself never loads TensorFlow.

No candidate is ever run here: what ships is not a Keras file.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import FileOptions, TensorSpec
from edgekit.foundation.errors import ArtifactError, EdgekitError, first_line_of
from edgekit.inspection.output_choice import place_of_output
from edgekit.metrics.own_noise import NUM_IMAGES
from edgekit.runtimes.base import Runtime, Session, SessionSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

TARGET = "edgekit.verification.subjects.keras_reference:KerasReference"
"""What `edgekit.execution.isolation.execute` takes for it."""

KERAS_BATCH = 64
"""Images per call: with one at a time, calling takes Keras longer than computing."""


class KerasSession(Session):
    """One Keras model, float32 in and out, at any batch that it takes.

    Args:
        path: A `.keras` or `.h5` file, of Keras 3 or older, or the folder of a SavedModel. A file that carries code is
            refused.
        settings: The wished batch; which output holds the scores, and the user's own layers.
    """

    def __init__(self, path: Path, settings: SessionSettings) -> None:
        options = settings.file_options or FileOptions()
        self._path, self._custom = path, ExitStack()  # what it defines is needed as long as the model is
        try:
            self._model = self._load(options)
        except EdgekitError as error:
            raise ArtifactError(str(error)) from error
        self._place: int | None = None
        inputs, specs = getattr(self._model, "inputs", None) or [], _outputs_of(self._model)
        if inputs:
            self._place, self.remark = place_of_output(path, len(inputs), specs, options)
        shape = tuple(inputs[0].shape) if inputs else (None, None, None, 3)
        self.input_spec = TensorSpec(name="pixels", shape=shape, dtype="float32")
        self.output_spec = TensorSpec(
            name="scores", shape=specs[self._place or 0].shape if specs else (), dtype="float32"
        )
        self.batch_size = self.input_spec.shape[0] or settings.batch_size
        self._options = options

    def _load(self, options: FileOptions) -> Any:
        """The model by Keras 3, or by Keras 2 if only that can read an older file; raises EdgekitError."""
        from edgekit.exporting.keras.loading.custom_objects import custom_objects_of
        from edgekit.exporting.keras.loading.model_file import load_keras_model
        from edgekit.exporting.keras.loading.saved_model import is_saved_model, load_saved_model
        from edgekit.exporting.keras.loading.tf_keras_model import is_keras2, load_legacy_model

        if is_saved_model(self._path):
            return load_saved_model(self._path)
        custom = self._custom.enter_context(custom_objects_of(options.custom_objects))
        try:
            return load_keras_model(self._path, custom)
        except EdgekitError:
            if not is_keras2(self._path) or options.custom_objects:
                raise
            return load_legacy_model(self._path)

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
            outputs = _flat(self._model.predict_on_batch(batch))
        except Exception as error:  # an external model can make Keras raise anything
            raise ArtifactError(f"Keras stopped while running {self._path}: {first_line_of(error)}") from error
        if self._place is None:  # a class of its own, whose outputs show when it is called
            specs = [TensorSpec(name=name, shape=(None, *one.shape[1:]), dtype="float32") for name, one in outputs]
            self._place, self.remark = place_of_output(self._path, 1, specs, self._options)
        return np.asarray(outputs[self._place][1], np.float32)


def _outputs_of(model: Any) -> list[TensorSpec]:
    """The outputs of a model whose graph Keras knows, in the order of `_flat`; none of another."""
    from edgekit.exporting.keras.preparing.outputs import output_names

    outputs = getattr(model, "outputs", None) or []
    names = output_names(model) if len(outputs) > 1 else ["scores"]
    return [
        TensorSpec(name=name, shape=tuple(one.shape), dtype="float32")
        for name, one in zip(names, outputs, strict=False)
    ]


def _flat(outputs: Any) -> list[tuple[str, Any]]:
    """What a call gives as (name, array), in the order of a model's `outputs`; if it has no name, its place."""
    from edgekit.foundation.keras_setup import import_keras

    flat = import_keras("A Keras reference").tree.flatten_with_path(outputs)
    return [(".".join(map(str, path)) or "0", array) for path, array in flat]


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
