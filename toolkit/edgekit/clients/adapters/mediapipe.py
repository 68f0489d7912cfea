"""MediaPipe Tasks' ImageClassifier: takes images, normalizes them by the file's metadata, and gives categories."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Format, TensorSpec
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.load_errors import in_one_sentence, not_loaded
from edgekit.runtimes.base import Runtime, Session, SessionSettings

FAILURES = (RuntimeError, ValueError, OSError, NotImplementedError)
"""What it raises at a file; a missing entry of the metadata is a FileNotFoundError."""


class MediaPipeSession(Session):
    """One classifier. Whatever the file's input is, it is given uint8 images and gives float scores."""

    def __init__(self, path: Path, settings: SessionSettings) -> None:
        from mediapipe.tasks.python import BaseOptions, vision

        if settings.tensors is None:
            raise ArtifactError(f"{path} was not described.")
        given, taken = settings.tensors.inputs[0], settings.tensors.outputs[0]
        self.input_spec = TensorSpec(name=given.name, shape=(1, *given.shape[1:]), dtype="uint8")
        self.output_spec = TensorSpec(name=taken.name, shape=(1, taken.shape[-1]), dtype="float32")
        self.batch_size = 1
        self._path = path
        try:
            options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(path)))
            self._classifier = vision.ImageClassifier.create_from_options(options)
        except FAILURES as error:
            raise not_loaded("MediaPipe", path, error) from error

    def resize(self, batch_size: int) -> bool:
        """It takes one image at a time."""
        return batch_size == 1

    def invoke(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Classify one image; the scores in the order of the classes."""
        import mediapipe

        kind = mediapipe.ImageFormat.SRGB if batch.shape[-1] == 3 else mediapipe.ImageFormat.GRAY8
        pixels = np.ascontiguousarray(batch[0] if batch.shape[-1] == 3 else batch[0, ..., 0])
        try:
            found = self._classifier.classify(mediapipe.Image(image_format=kind, data=pixels))
        except FAILURES as error:
            raise ArtifactError(f"MediaPipe stopped while running {self._path}: {in_one_sentence(error)}") from error
        categories = found.classifications[0].categories
        scores = np.zeros((1, self.output_spec.shape[-1] or len(categories)), np.float32)
        for category in categories:
            scores[0, category.index] = category.score
        return scores


class MediaPipe(Runtime):
    """What an app with MediaPipe Tasks does."""

    name = "mediapipe"
    format = Format.TFLITE
    package = "mediapipe"

    @classmethod
    def import_library(cls) -> None:
        """Import the tasks."""
        import mediapipe.tasks.python.vision  # noqa: F401

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Make a classifier of the file."""
        return MediaPipeSession(path, settings)
