"""The end of a step and of an epoch: progress, a row of history, stopping a diverged training."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from edgekit.foundation.errors import TrainingError
from edgekit.foundation.progress import Advance, Progress
from edgekit.runs.summary import HISTORY_COLUMNS

Row = dict[str, float]
"""One epoch: epoch (from 1), loss, accuracy, val_loss, val_accuracy, learning_rate, seconds."""


class Monitor:
    """Collects the history. Calls `at_epoch_end` when a row is complete, which writes the checkpoint.

    Args:
        history: Rows of the epochs that were done before.
        num_epochs: Epochs of the whole training.
        learning_rate: Gives the rate of the last step.
        start_epoch: Told the number of each epoch, from 0, before its first batch is read.
        at_epoch_end: Called when the row of an epoch is in `history`.
        advance: Called at every step.
        progress: Receives progress, epoch by epoch.
    """

    def __init__(
        self,
        *,
        history: list[Row],
        num_epochs: int,
        learning_rate: Callable[[], float],
        start_epoch: Callable[[int], None],
        at_epoch_end: Callable[[], None],
        advance: Advance,
        progress: Progress,
    ) -> None:
        self.history = history
        self._num_epochs = num_epochs
        self._learning_rate = learning_rate
        self._start_epoch = start_epoch
        self._at_epoch_end = at_epoch_end
        self._advance = advance
        self._progress = progress
        self._started = 0.0
        self._num_steps_done = 0

    def epoch_begins(self, epoch: int) -> None:
        """Shuffle, and start the clock."""
        self._start_epoch(epoch)
        self._num_steps_done = 0
        self._started = time.monotonic()

    def step_ends(self, step: int) -> None:
        """Step `step` of this epoch, from 0, is done, and all before it."""
        self._advance(step + 1 - self._num_steps_done)
        self._num_steps_done = step + 1

    def epoch_ends(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Check the losses, add the row, report it; raises TrainingError if a loss is not finite."""
        values = {name: float(value) for name, value in logs.items() if name in HISTORY_COLUMNS}
        check_finite(epoch, values)
        row = {
            "epoch": epoch + 1,
            **values,
            "learning_rate": self._learning_rate(),
            "seconds": round(time.monotonic() - self._started, 3),
        }
        self.history.append(row)
        self._at_epoch_end()
        self._progress.note(describe(row, self._num_epochs))


def check_finite(epoch: int, values: Mapping[str, float]) -> None:
    """Raise TrainingError, naming the epoch (here from 0), if a loss is NaN or infinite."""
    for name in ("loss", "val_loss"):
        if not math.isfinite(values.get(name, 0.0)):
            raise TrainingError(
                f"Training diverged in epoch {epoch + 1}: {name} is {values[name]}. Nothing of this epoch was kept. "
                f"Most often the learning rate is too high: lower it in the recipe (for compress: "
                f"--learning-rate), for instance to a third."
            )


def describe(row: Row, num_epochs: int) -> str:
    """One line about an epoch."""
    width = len(str(num_epochs))
    return (
        f"Epoch {int(row['epoch']):{width}}/{num_epochs}: loss {row['loss']:.4f}, accuracy {row['accuracy']:.4f}, "
        f"validation loss {row['val_loss']:.4f}, accuracy {row['val_accuracy']:.4f}, "
        f"learning rate {row['learning_rate']:.3g}, {row['seconds']:.1f} s"
    )


def as_callback(keras: Any, monitor: Monitor) -> Any:
    """The monitor as a Keras callback; it must be the last one, so that it sees what the others decided."""

    class MonitorCallback(keras.callbacks.Callback):
        # Keras passes all arguments, some of them by name.
        def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            monitor.epoch_begins(epoch)

        def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
            monitor.step_ends(batch)

        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            monitor.epoch_ends(epoch, logs or {})

    return MonitorCallback()
