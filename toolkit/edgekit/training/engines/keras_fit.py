"""Keras' own `fit`: any backend, any callback, any size of data."""

from typing import Any

from edgekit.training.batches import EvaluationBatches, as_keras
from edgekit.training.engines.base import Lesson


class KerasFit:
    """Reads each batch when it is needed."""

    name = "fit"

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._validation = as_keras(lesson.keras, EvaluationBatches(lesson.validation))

    def run(self, first: int, last: int, callbacks: Any) -> None:
        """See the protocol."""
        model = self._lesson.model
        model.make_train_function(force=True)  # traced again, with this phase's size and no open one
        model.fit(
            as_keras(self._lesson.keras, self._lesson.batches),
            initial_epoch=first,
            epochs=last,
            validation_data=self._validation,
            callbacks=callbacks,
            shuffle=False,  # the batches shuffle themselves, by seed and epoch
            verbose=0,
        )
