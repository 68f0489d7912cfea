"""Puts a training on devices, by the means of each backend's own engine.

    base.py         Placement: what the rest of training knows of devices and machines
    tensorflow.py   tf.distribute: one device, MirroredStrategy, MultiWorkerMirroredStrategy
    jax.py          one device, keras.distribution.DataParallel on one machine or several
    torch.py        one device

Knows no recipe and no data.
"""

from collections.abc import Callable
from typing import Any

from edgekit.foundation.registry import Registry
from edgekit.training.hardware import Hardware
from edgekit.training.placement.base import ONE_PROCESSOR, Placement, lost_worker

__all__ = ["ONE_PROCESSOR", "Placement", "lost_worker", "place"]

_PLACES: Registry[Callable[[Hardware], Placement]] = Registry(
    "Keras backend",
    {
        "tensorflow": ("edgekit.training.placement.tensorflow:place", "tf.distribute"),
        "jax": ("edgekit.training.placement.jax:place", "keras.distribution"),
        "torch": ("edgekit.training.placement.torch:place", "one device"),
    },
)


def place(keras: Any, hardware: Hardware) -> Placement:
    """Choose the devices of this training; call it before anything else touches them.

    Raises:
        TrainingError: There are fewer devices than asked for, the backend cannot train on several, or the
            other machines do not answer.
    """
    return _PLACES.load(keras.backend.backend())(hardware)
