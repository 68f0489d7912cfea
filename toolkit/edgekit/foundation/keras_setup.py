"""The one door to Keras: chooses the backend, keeps TensorFlow quiet, says what is missing.

Import Keras with `import_keras()` and nothing else, so that the backend is chosen before Keras is
imported. Knows nothing of recipes, data or formats.
"""

import gc
import importlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edgekit.foundation.errors import EdgekitError, MissingExtraError, UnknownNameError, UsageError
from edgekit.foundation.processes import limited_address_space

BACKENDS = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}
"""Keras backend -> the library that it imports."""

EXTRAS = {"jax": "jax", "torch": "torch"}
"""Library of a backend -> the install extra that brings it; all others come with `train`."""

DETERMINISTIC = "--xla_gpu_deterministic_ops=true"
"""XLA's flag for the same sums in the same order on GPUs; it is read when XLA is loaded."""


def import_keras(needed_for: str = "This", backend: str | None = None) -> Any:
    """The `keras` module, working on `backend`.

    Args:
        needed_for: What wants it, as a subject, for the message: "edgekit train".
        backend: "tensorflow", "jax" or "torch"; None: $KERAS_BACKEND, else tensorflow.

    Raises:
        MissingExtraError: Keras or the backend is not installed.
        UnknownNameError: There is no such backend.
        UsageError: Keras already runs on another backend.
        EdgekitError: The address space is limited so far that no backend can work.
    """
    wanted = backend if backend is not None else os.environ.get("KERAS_BACKEND") or "tensorflow"
    check_installed(wanted, needed_for)
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = wanted
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        if shutil.which("nvidia-smi") and "xla_gpu_deterministic_ops" not in os.environ.get("XLA_FLAGS", ""):
            os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {DETERMINISTIC}".strip()
        with native_stderr_held_back(), no_garbage_collection():
            importlib.import_module(BACKENDS[wanted])
            importlib.import_module("keras")
    keras = importlib.import_module("keras")
    if backend is not None and keras.backend.backend() != backend:
        raise UsageError(
            f"Keras already runs on {keras.backend.backend()} in this process and cannot switch to {backend}. "
            f"Start a new process, or set KERAS_BACKEND={backend} before Keras is imported."
        )
    return keras


def import_tensorflow(needed_for: str = "This") -> Any:
    """The `tensorflow` module, quiet, imported before Keras; raises MissingExtraError."""
    import_keras(needed_for)
    check_installed("tensorflow", needed_for)
    return importlib.import_module("tensorflow")


def check_installed(backend: str, needed_for: str) -> None:
    """Raise unless Keras and `backend` are installed and can work; imports neither. See `import_keras`."""
    if backend not in BACKENDS:
        raise UnknownNameError("Keras backend", backend, BACKENDS)
    for library in ("keras", BACKENDS[backend]):
        if is_installed(library):
            continue
        raise MissingExtraError(needed_for, library, EXTRAS.get(library, "train"))
    check_address_space(needed_for)


def check_address_space(needed_for: str) -> None:
    """Raise EdgekitError if a limit leaves no backend of Keras room: one aborts the process, or never comes back."""
    if "keras" not in sys.modules and (limit := limited_address_space()):
        raise EdgekitError(f"{needed_for} needs Keras, which cannot work here. {limit}")


def is_installed(library: str) -> bool:
    """Whether the library of that import name is there; imports nothing."""
    if library in sys.modules:
        return sys.modules[library] is not None
    return importlib.util.find_spec(library) is not None


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Switch garbage collection off inside the block, and exclude what exists at its end from later collections.

    TensorFlow's import creates half a million objects that stay, and each full collection would look through them,
    then and later (findings/tensorflow-import-collects-garbage.sh). Excluding them makes an export a fifth faster.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()


@contextmanager
def native_stderr_held_back() -> Iterator[None]:
    """Keep what C++ code prints to file descriptor 2 off the terminal; shown after all if the block fails.

    TensorFlow logs some lines while it is imported, before its own log level counts.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
