"""Which devices each Keras backend sees, found by a separate process, which may crash or hang.

    python -m edgekit.foundation.backends NAME     prints the devices that the backend NAME sees, as a JSON list

This process imports no backend. All are asked at the same time.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from edgekit.foundation.keras_setup import BACKENDS, EXTRAS, is_installed
from edgekit.foundation.processes import child_environment

TIME_LIMIT = 120.0
"""Seconds for all of them together; importing TensorFlow alone takes a few, and many from a slow disk."""


@dataclass(frozen=True, kw_only=True)
class BackendStatus:
    """One backend.

    Attributes:
        name: As `--backend` takes it.
        devices: What it can train on, by its own names: "GPU:0 (NVIDIA H100)"; empty if it does not work.
        reason: Why it does not work, and what to do; None if it does.
    """

    name: str
    devices: tuple[str, ...]
    reason: str | None


def list_backends(time_limit: float = TIME_LIMIT) -> list[BackendStatus]:
    """Ask every backend that is installed; each that does not answer in `time_limit` seconds is ended."""
    deadline = time.monotonic() + time_limit
    asked = {name: _ask(name) if is_installed(library) else None for name, library in BACKENDS.items()}
    return [
        _not_installed(name) if process is None else _answer(name, process, deadline) for name, process in asked.items()
    ]


def _not_installed(name: str) -> BackendStatus:
    extra = EXTRAS.get(BACKENDS[name], "train")
    return BackendStatus(name=name, devices=(), reason=f"not installed: pip install 'edgekit-toolkit[{extra}]'")


def _ask(name: str) -> "subprocess.Popen[str]":
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}  # and no memory of a GPU taken
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "edgekit.foundation.backends", name],
        env=child_environment(**quiet),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


def _answer(name: str, process: "subprocess.Popen[str]", deadline: float) -> BackendStatus:
    with process:
        try:
            output, errors = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            return BackendStatus(name=name, devices=(), reason="did not answer in time")
        except BaseException:
            process.kill()
            raise
    try:
        return BackendStatus(name=name, devices=tuple(map(str, json.loads(output.splitlines()[-1]))), reason=None)
    except (IndexError, TypeError, ValueError):
        return BackendStatus(name=name, devices=(), reason=f"does not work: {_last_line(errors, process.returncode)}")


def _last_line(errors: str, status: int) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return lines[-1][:200] if lines else f"it ended with status {status} without a message"


# --- In the process that asks ----------------------------------------------------------------------


def _tensorflow_devices() -> list[str]:
    import tensorflow as tf

    details = tf.config.experimental.get_device_details
    devices = tf.config.list_physical_devices()
    return [
        _named(device.name.removeprefix("/physical_device:"), details(device).get("device_name"))
        for device in devices
        if device.device_type in ("CPU", "GPU", "TPU")
    ]


def _jax_devices() -> list[str]:
    import jax

    return [
        _named(f"{device.platform}:{device.id}", device.device_kind if device.platform != "cpu" else None)
        for device in jax.devices()
    ]


def _torch_devices() -> list[str]:
    import torch

    gpus = [_named(f"cuda:{n}", torch.cuda.get_device_name(n)) for n in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*gpus, *mps, "cpu"]


def _named(device: str, model: str | None) -> str:
    return f"{device} ({model})" if model else device


_DEVICES: dict[str, Callable[[], list[str]]] = {
    "tensorflow": _tensorflow_devices,
    "jax": _jax_devices,
    "torch": _torch_devices,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(_DEVICES[sys.argv[1]]()) + "\n")
