"""Turns a backend's exception during training into a sentence that says what to do."""

import re

from edgekit.foundation.errors import TrainingError
from edgekit.training.placement import Placement, lost_worker

_MEMORY_ERRORS = {"ResourceExhaustedError", "OutOfMemoryError", "MemoryError"}
"""Of TensorFlow, PyTorch and Python, by name, so that none has to be imported."""

_MEMORY_WORDS = (
    "RESOURCE_EXHAUSTED",
    "Out of memory",
    "out of memory",
    "OOM when allocating",
    "can't allocate memory",
    "not enough memory",
)
"""What backends say, in errors of other names: JAX's JaxRuntimeError, PyTorch's RuntimeError on processors, and what
Keras raises instead of either."""


def explain(
    error: Exception, *, recipe_name: str, num_done: int, batch_size: int, placement: Placement
) -> TrainingError:
    """The error to raise instead of `error`.

    Args:
        error: Whatever came out of layers, losses, callbacks or the backend.
        recipe_name: Whose they are.
        num_done: Whole epochs that are done.
        batch_size: Images per batch, on all devices together.
        placement: Where it happened.
    """
    if is_out_of_memory(error):
        return TrainingError(
            f"The memory of {placement.devices[0]} ran out in epoch {num_done + 1} in batches of {batch_size} images. "
            f"{_smaller(batch_size, len(placement.devices))}"
        )
    if placement.has_lost(error):
        return lost_worker(num_done)
    return TrainingError(
        f"Training of recipe '{recipe_name}' stopped in epoch {num_done + 1} by an error in its layers, loss or "
        f"callbacks: {in_short(error)}"
    )


def in_short(error: Exception) -> str:
    """Class and first two lines of an exception, without colours, at most 400 characters of them."""
    lines = [line.strip() for line in re.sub(r"\x1b\[\d*m", "", str(error)).splitlines() if line.strip()]
    return f"{type(error).__name__}: {' '.join(lines[:2])[:400] or 'no reason given'}"


def is_out_of_memory(error: Exception) -> bool:
    """Whether a backend, or Python, has no memory left."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & _MEMORY_ERRORS) or any(words in str(error) for words in _MEMORY_WORDS)


def _smaller(batch_size: int, num_devices: int) -> str:
    """Half the batch, rounded down to what all devices can share."""
    half = batch_size // 2 // num_devices * num_devices
    if half == 0:
        return "Train on smaller images, or a smaller network."
    return f"Try --batch-size {half}, or smaller images."
