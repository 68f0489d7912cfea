"""The history for TensorBoard, in the folders and under the names that Keras' own callback uses; any backend."""

import importlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.foundation.errors import MissingExtraError, RunFolderError
from edgekit.training.monitor import Row

FOLDER = "logs"
TAGS = {
    "train": {"loss": "epoch_loss", "accuracy": "epoch_accuracy", "learning_rate": "epoch_learning_rate"},
    "validation": {"val_loss": "epoch_loss", "val_accuracy": "epoch_accuracy"},
}
"""Folder under `logs/` -> column of history.csv -> TensorBoard's tag."""


class TensorBoardLogs:
    """Writes rows of the history as events; the step is the epoch, from 0 as in Keras.

    Args:
        run_path: The run folder; the logs lie in `logs/` there and in no manifest.

    Raises:
        MissingExtraError: tensorboard is not installed.
    """

    def __init__(self, run_path: Path) -> None:
        try:
            self._library = importlib.import_module("tensorboard.summary")
        except ImportError as error:
            raise MissingExtraError("--tensorboard", "tensorboard", "train") from error
        self._folder = run_path / FOLDER
        self._writers: dict[str, Any] = {}
        self._num_written = 0

    def write(self, history: Sequence[Row]) -> None:
        """Write the rows that are new; the first call starts over, so a resumed training has every epoch once."""
        try:
            if not self._writers:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._writers = {name: self._library.Writer(str(self._folder / name)) for name in TAGS}
            for row in history[self._num_written :]:
                self._write_row(row)
            for writer in self._writers.values():
                writer.flush()
        except Exception as error:  # TensorBoard writes through TensorFlow, whose errors are no OSError
            raise RunFolderError(
                f"Could not write {self._folder}: {error}. Free space there, or train without --tensorboard."
            ) from error
        self._num_written = len(history)

    def _write_row(self, row: Row) -> None:
        for name, tags in TAGS.items():
            for column, tag in tags.items():
                self._writers[name].add_scalar(tag, row[column], int(row["epoch"]) - 1)

    def close(self) -> None:
        """End the files."""
        for writer in self._writers.values():
            writer.close()
