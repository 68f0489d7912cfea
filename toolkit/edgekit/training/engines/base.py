"""The protocol of engines, and the common part of those that keep the data set on the device."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from edgekit.datasets import Split
from edgekit.training.batches import EVALUATION_BATCH, EpochPlan, TrainingBatches
from edgekit.training.placement import Placement

if TYPE_CHECKING:
    import keras

SECONDS_A_PIECE = 1.0
"""On one machine a loop comes back about so often, so that progress is seen and Ctrl-C is heard."""

Logs = dict[str, float]
"""Name of a metric -> its mean over images."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """What an engine goes through.

    Attributes:
        keras: The module.
        model: Compiled; takes uint8 pixels.
        batches: The training split; told of each epoch by the monitor, a callback.
        train: The same split, for engines that make the batches themselves.
        validation: Watched after each epoch.
        placement: The devices.
    """

    keras: Any
    model: "keras.Model"
    batches: TrainingBatches
    train: Split
    validation: Split
    placement: Placement


class Engine(Protocol):
    """Goes through epochs."""

    name: str

    def run(self, first: int, last: int, callbacks: Any) -> None:
        """Epochs `first` to `last`, the latter excluded, all with crops of one size.

        Tells `callbacks` what Keras' `fit` tells them, and ends early if one sets `model.stop_training`.
        """


@dataclass(frozen=True, kw_only=True)
class Part:
    """A stretch of a split that one compiled program evaluates.

    Attributes:
        first: Its first image.
        num_steps: Batches.
        batch_size: Images per batch.
        is_shared: Each device takes its share of a batch; else every device does all of it, for the same answer.
    """

    first: int
    num_steps: int
    batch_size: int
    is_shared: bool

    @property
    def num_images(self) -> int:
        """Images in all."""
        return self.num_steps * self.batch_size


def parts_of(num_images: int, num_devices: int) -> list[Part]:
    """Full batches, then one smaller batch that the devices can still share, then the few images that are left."""
    full = EVALUATION_BATCH * num_devices
    sizes = [full, num_images % full // num_devices * num_devices, num_images % num_devices]
    counts = [num_images // full, 1, 1]
    parts, first = [], 0
    for size, count, is_shared in zip(sizes, counts, (True, True, False), strict=True):
        if size * count:
            parts.append(Part(first=first, num_steps=count, batch_size=size, is_shared=is_shared))
            first += size * count
    return parts


def mean_of(logs: list[tuple[int, Logs]]) -> Logs:
    """Means over all images from (number of images, their means)."""
    total = sum(count for count, _ in logs)
    return {name: sum(count * values[name] for count, values in logs) / total for name in logs[0][1]}


def reflected(library: Any, places: Any, size: int) -> Any:
    """Places left and right of an axis of `size` pixels, thrown back onto it without repeating the edge.

    Args:
        library: What computes: tensorflow, or jax.numpy.
        places: Whole numbers of any shape, a tensor of that library.
        size: At least 1.
    """
    period = max(1, 2 * (size - 1))
    inside = places % period
    return library.minimum(inside, period - inside) if size > 1 else library.zeros_like(places)


class LoopEngine(ABC):
    """Keeps the data set on the device; a subclass runs steps there."""

    name = "loop"

    def __init__(self, lesson: Lesson) -> None:
        self.lesson, self.model = lesson, lesson.model
        self._num_steps_a_piece = 1
        self._parts = parts_of(len(lesson.validation), len(lesson.placement.devices))
        batch = lesson.batches[0]
        self.model._symbolic_build(data_batch=batch)  # makes the metrics' variables, as `fit` does

    def run(self, first: int, last: int, callbacks: Any) -> None:
        """See the protocol."""
        self.compile()
        self.model.stop_training = False
        for epoch in range(first, last):
            callbacks.on_epoch_begin(epoch)
            logs = self._train_epoch(callbacks)
            watched = mean_of([(part.num_images, self.evaluate(part)) for part in self._parts])
            callbacks.on_epoch_end(epoch, logs | {f"val_{name}": value for name, value in watched.items()})
            if self.model.stop_training:
                break
        self.model.optimizer.finalize_variable_values(self.model.trainable_weights)

    def _train_epoch(self, callbacks: Any) -> Logs:
        plan = self.lesson.batches.plan()
        self.begin(plan)
        for start, stop in self._pieces(len(plan.order)):
            callbacks.on_train_batch_begin(start)
            self.train_steps(start, stop)
            callbacks.on_train_batch_end(stop - 1, {})
        return self.end()

    def _pieces(self, num_steps: int) -> Iterator[tuple[int, int]]:
        """(first step, the one after the last) of each piece: an epoch at a time if that is quick.

        Machines that train together go through the whole epoch as one piece, because their programs must agree.
        """
        start = 0
        while start < num_steps:
            alone = self.lesson.placement.num_workers == 1
            stop = min(num_steps, start + self._num_steps_a_piece) if alone else num_steps
            began = time.monotonic()
            yield start, stop
            if time.monotonic() - began < SECONDS_A_PIECE:
                self._num_steps_a_piece *= 2
            start = stop

    def metrics(self) -> Logs:
        """The loss and the metrics as they are in the model."""
        return {name: float(value) for name, value in self.model.get_metrics_result().items()}

    @abstractmethod
    def compile(self) -> None:
        """A phase begins: forget programs that were made for crops of another size."""

    @abstractmethod
    def begin(self, plan: EpochPlan) -> None:
        """Take the plan of an epoch to the device, and set the metrics to zero."""

    @abstractmethod
    def train_steps(self, start: int, stop: int) -> None:
        """Steps `start` to `stop`, the latter excluded; waits until they are done."""

    @abstractmethod
    def end(self) -> Logs:
        """The epoch's loss and metrics; the model holds what was learned."""

    @abstractmethod
    def evaluate(self, part: Part) -> Logs:
        """Loss and metrics of a part of the validation split."""
