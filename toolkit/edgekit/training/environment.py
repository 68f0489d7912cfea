"""What a training ran on: versions of libraries, the machine. No host name, no path, no user."""

import platform
from typing import Any

from edgekit import __version__
from edgekit.machine import this_machine

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


def machine(keras: Any) -> dict[str, Any]:
    """Processor, memory and operating system, and the GPUs that training can use."""
    return this_machine().to_dict() | {"gpus": gpu_names(keras)}


def gpu_names(keras: Any) -> list[str]:
    """The GPUs that TensorFlow sees; empty with another backend."""
    if keras.backend.backend() != "tensorflow":
        return []
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    return [str(tf.config.experimental.get_device_details(device).get("device_name", "GPU")) for device in devices]


def make_deterministic(keras: Any) -> None:
    """Let the same seed give the same history on this machine.

    On processors TensorFlow's operators add in a fixed order anyway; on GPUs they must be told to.
    """
    if gpu_names(keras):
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
