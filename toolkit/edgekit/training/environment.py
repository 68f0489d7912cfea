"""The environment of a training: versions of libraries, the machine. No host name, no path, no user."""

import platform
from collections.abc import Iterator, Sequence
from typing import Any

from edgekit import __version__
from edgekit.foundation.machine import nvidia_gpus, this_machine
from edgekit.training.placement import ONE_PROCESSOR, Placement

LIBRARIES = ("keras", "tensorflow", "numpy")


def versions(backend: str) -> dict[str, str]:
    """Versions of edgekit, Python and the libraries that a training rests on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"edgekit": __version__, "python": platform.python_version()}
    for library in dict.fromkeys((*LIBRARIES, backend)):
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def machine(placement: Placement = ONE_PROCESSOR) -> dict[str, Any]:
    """Processor, memory and operating system, the GPUs that the driver sees, and the devices that learn."""
    gpus = [gpu.name for gpu in nvidia_gpus()]
    return this_machine().to_dict() | {"gpus": gpus, "devices": list(_without_addresses(placement.devices))}


def make_deterministic(keras: Any, placement: Placement) -> None:
    """Let the same seed give the same history on this machine.

    On processors all backends add in a fixed order anyway. On GPUs they must be told to: XLA by a flag that is
    set before it is loaded (keras_setup.py), TensorFlow and PyTorch here.
    """
    if not placement.is_accelerator:
        return
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    elif keras.backend.backend() == "torch":
        import torch

        torch.use_deterministic_algorithms(True, warn_only=True)


def seed_epoch(keras: Any, seed: int, epoch: int) -> None:
    """Let what an epoch draws depend on its number only, so that a resumed training draws the same.

    TensorFlow and JAX draw from Keras' seed generators, whose states are saved; Keras' dropout on PyTorch draws from
    PyTorch's own generator, whose state no variable holds.
    """
    if keras.backend.backend() == "torch":
        import torch

        torch.manual_seed(seed + (epoch << 32))


def _without_addresses(devices: Sequence[str]) -> Iterator[str]:
    """Names of devices without the addresses of their machines, which are private."""
    return (name.rpartition("/")[2] for name in devices)
