"""Reads a `.keras` or `.h5` file as a Keras model, with a clear sentence for every error.

Keras' safe mode stays on: a file that carries Python code is rejected, never run. Knows no format that
edgekit exports.
"""

import importlib
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import KERAS_SUFFIXES
from edgekit.exporting.keras.loading.custom_objects import NONE, CustomObjects, registered_names
from edgekit.exporting.keras.loading.keras2_file import LoadedModel, load_keras2
from edgekit.exporting.keras.loading.load_errors import LIBRARIES, reason
from edgekit.exporting.keras.loading.tf_keras_model import is_archive, is_keras2, read_configuration
from edgekit.foundation.errors import ExportError, first_line_of
from edgekit.foundation.files.npz_files import DAMAGE
from edgekit.foundation.keras_setup import import_keras, is_installed
from edgekit.foundation.quiet import held_back

if TYPE_CHECKING:
    import keras

_MAGIC = {".keras": b"PK\x03\x04", ".h5": b"\x89HDF\r\n\x1a\n", ".hdf5": b"\x89HDF\r\n\x1a\n"}
_KIND = {b"PK\x03\x04": "a zip archive, as .keras files are", b"\x89HDF": "an HDF5 file, as .h5 files are"}


def load_keras_model(path: Path, custom: CustomObjects = NONE) -> "keras.Model":
    """The model in `path`; arguments and errors as `load_model`."""
    return load_model(path, custom).model


def load_model(path: Path, custom: CustomObjects = NONE) -> LoadedModel:
    """The model in `path`, without optimizer and loss.

    Args:
        path: A `.keras` or `.h5` file.
        custom: What the user's own file defines.

    Raises:
        ExportError: The file is missing, empty, truncated, something else than its name says, carries
            code, or needs classes that are neither in Keras nor in `custom`.
    """
    check_keras_file(path)
    _check_checksums(path)
    keras = import_keras("edgekit export", backend="tensorflow")
    try:
        configuration = read_configuration(path)
    except ExportError:
        configuration = None  # Keras says better what is wrong
    _import_libraries(configuration)
    try:
        with held_back():
            model = keras.saving.load_model(
                path, custom_objects=custom.for_configuration(configuration), compile=False, safe_mode=True
            )
    except Exception as error:  # a foreign file can make Keras raise anything
        if is_keras2(path):
            loaded = load_keras2(path, custom)
            return replace(loaded, model=_on_plain_tensors(loaded.model))
        raise ExportError(reason(path, error, custom)) from error
    if not isinstance(model, keras.Model):
        raise ExportError(f"{path} holds a {type(model).__name__}. Expected a Keras model.")
    return LoadedModel(model=_on_plain_tensors(model))


def _import_libraries(configuration: Any) -> None:
    """Import those of LIBRARIES whose classes the model is made of, and no other, so that they are registered."""
    packages = {name.rpartition(">")[0] for name in registered_names(configuration)}
    for package in sorted(packages & LIBRARIES.keys()):
        if is_installed(package):
            importlib.import_module(package)


def _on_plain_tensors(model: "keras.Model") -> "keras.Model":
    """The same layers from one tensor to one tensor, if `model` takes or gives a dict or a list of one."""
    inputs, outputs = getattr(model, "inputs", None) or [], getattr(model, "outputs", None) or []
    keras = import_keras("edgekit export")
    if len(inputs) != 1 or len(outputs) != 1 or isinstance(model, keras.Sequential):
        return model
    if not any(isinstance(each, dict | list | tuple) for each in (model.input, model.output)):
        return model
    return keras.Model(inputs[0], outputs[0], name=model.name)


def check_keras_file(path: Path) -> None:
    """Raise ExportError unless `path` is a file whose first bytes are what its suffix says; loads nothing."""
    suffix = path.suffix.lower()
    if suffix not in KERAS_SUFFIXES:
        raise ExportError(f"{path} is not a Keras model. Expected a .keras or .h5 file, or a run folder.")
    if not path.is_file():
        raise ExportError(f"There is no file {path}. Expected a Keras model, .keras or .h5.")
    with path.open("rb") as file:
        start = file.read(8)
    if not start.startswith(_MAGIC[suffix]):
        kind = next((text for magic, text in _KIND.items() if start.startswith(magic)), None)
        found = f"by its first bytes it is {kind or 'neither .keras nor .h5'}" if start else "it is empty"
        raise ExportError(
            f"{path} is not what its name says: {found}. "
            f"{'Rename it, or save' if kind else 'Save'} the model again with model.save('{path.stem}.keras'), or "
            f"restore the file."
        )


def _check_checksums(path: Path) -> None:
    """Raise ExportError if an archive is damaged: Keras reads weights here and there, and compares no checksum."""
    if not is_archive(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except DAMAGE as error:
        damaged = first_line_of(error)
    if damaged is not None:
        raise ExportError(
            f"{path} is damaged: the checksum of what it holds is wrong ({damaged}). Save the model again or restore "
            f"the file."
        )
