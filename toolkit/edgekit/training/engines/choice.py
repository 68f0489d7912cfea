"""Chooses the engine that runs the epochs of a training."""

from collections.abc import Sequence
from typing import Any

from edgekit.foundation.errors import TrainingError
from edgekit.foundation.machine import this_machine
from edgekit.foundation.progress import Progress
from edgekit.foundation.registry import Registry
from edgekit.training.engines.base import Engine, Lesson

SHARE_FOR_DATA = 0.25
"""The data set may take this share of a device's memory; the rest is for the network and what it computes."""

ENGINES: Registry[Any] = Registry(
    "engine",
    {
        "fit": ("edgekit.training.engines.keras_fit:KerasFit", "Keras' own fit, a batch at a time"),
        "tensorflow": ("edgekit.training.engines.tensorflow_loop:TensorflowLoop", "a loop in one tf.function"),
        "jax": ("edgekit.training.engines.jax_loop:JaxLoop", "a loop in one jitted program"),
    },
)

_STEP_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


def choose_engine(lesson: Lesson, callbacks: Sequence[Any], progress: Progress) -> Engine:
    """The loop on the device if it works and is not slower, else Keras' `fit`, with a note that says why.

    On a processor JAX is as fast by `fit`, but for networks that Keras does not compile because of their augmentation.

    Args:
        lesson: What to go through.
        callbacks: The recipe's own.
        progress: Receives the reason if the data set does not stay on the device.

    Raises:
        TrainingError: Several machines train together, which only a loop can do, and it does not fit.
    """
    backend = lesson.keras.backend.backend()
    on_one_processor = not (lesson.placement.is_accelerator or lesson.placement.is_shared)
    if backend not in ENGINES or (backend == "jax" and on_one_processor and lesson.model.jit_compile):
        return _load("fit", lesson)
    if (reason := _why_not(lesson, callbacks)) is None:
        return _load(backend, lesson)
    if lesson.placement.num_workers > 1:
        raise TrainingError(
            f"Several machines cannot train together here: {reason}. Train on one machine (without --workers), "
            f"or change that."
        )
    if not on_one_processor:
        progress.note(f"Each batch is sent to the device when it is needed, which is slower: {reason}.")
    return _load("fit", lesson)


def _load(name: str, lesson: Lesson) -> Engine:
    engine: Engine = ENGINES.load(name)(lesson)
    return engine


def _why_not(lesson: Lesson, callbacks: Sequence[Any]) -> str | None:
    """Why the data set cannot lie on the device and an epoch cannot be one program; None if they can."""
    base = lesson.keras.callbacks.Callback
    acting = [type(c).__name__ for c in callbacks if any(_overrides(type(c), base, hook) for hook in _STEP_HOOKS)]
    if acting:
        return f"the recipe's callback {acting[0]} acts on every step"
    size = sum(split.images.nbytes + split.labels.nbytes for split in (lesson.train, lesson.validation))
    memory = lesson.placement.memory_bytes or this_machine().memory_bytes
    if memory is not None and size > SHARE_FOR_DATA * memory:
        return f"the images take {size / 2**30:.1f} GiB, more than a quarter of the memory of {memory / 2**30:.1f} GiB"
    return None


def _overrides(kind: type, base: type, hook: str) -> bool:
    return getattr(kind, hook) is not getattr(base, hook)
