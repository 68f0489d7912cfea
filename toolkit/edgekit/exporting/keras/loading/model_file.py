"""Reads a `.keras` or `.h5` file as a Keras model and turns everything that can be wrong into a sentence.

Keras' safe mode stays on: a file that carries Python code is refused, never run. Knows no format that
edgekit exports.
"""

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.artifact import KERAS_SUFFIXES
from edgekit.exporting.keras.loading.keras2_file import load_as_keras3
from edgekit.exporting.keras.loading.tf_keras_model import is_keras2, written_by
from edgekit.foundation.errors import ExportError, first_line_of
from edgekit.foundation.keras_setup import import_keras
from edgekit.foundation.quiet import held_back

if TYPE_CHECKING:
    import keras

_MISSING = re.compile(
    r"(?:Could not locate (?:class|function)|Unknown (?:layer|object):?) '(\w+)'"
    r"|Could not deserialize '(?:\w+\.)*(\w+)' because"
)
_INNERMOST = "Exception encountered: "
"""Before the reason, where Keras wraps one exception into another for each level of nesting."""

_MAGIC = {".keras": b"PK\x03\x04", ".h5": b"\x89HDF\r\n\x1a\n", ".hdf5": b"\x89HDF\r\n\x1a\n"}
_KIND = {b"PK\x03\x04": "a zip archive, as .keras files are", b"\x89HDF": "an HDF5 file, as .h5 files are"}


def load_keras_model(path: Path) -> "keras.Model":
    """The model in `path`, without optimizer and loss.

    Raises:
        ExportError: The file is missing, empty, truncated, something else than its name says, carries
            code, or needs classes that only its author has.
    """
    check_keras_file(path)
    keras = import_keras("edgekit export", backend="tensorflow")
    try:
        with held_back():
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # a foreign file can make Keras raise anything
        if is_keras2(path):
            return _on_plain_tensors(load_as_keras3(path))
        raise ExportError(_reason(path, error)) from error
    if not isinstance(model, keras.Model):
        raise ExportError(f"{path} holds a {type(model).__name__}. Expected a Keras model.")
    return _on_plain_tensors(model)


def _on_plain_tensors(model: "keras.Model") -> "keras.Model":
    """The same layers from one tensor to one tensor, where `model` takes or gives a dict or a list of one."""
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


def _reason(path: Path, error: Exception) -> str:
    text = str(error)
    if "safe_mode" in text or "Lambda" in text or "lambda" in text:
        return (
            f"{path} carries Python code (a Lambda layer or the like), which edgekit does not run: the file could "
            f"do anything. Replace it by a Keras layer, such as Rescaling or Activation, and save the model again."
        )
    if missing := _MISSING.search(text):
        return (
            f"{path} needs '{missing[1] or missing[2]}', which is not part of Keras{_and_its_version(path)}. Expected "
            f"a model made of Keras' own layers: nothing else can be loaded from a file alone. Replace it and save the "
            f"model again; a model of a class of your own becomes one of Keras' by inputs = keras.Input((height, "
            f"width, 3)); keras.Model(inputs, model.call(inputs)).save('model.keras')."
        )
    if _INNERMOST in text:
        return (
            f"{path} holds a network that cannot be built by Keras{_and_its_version(path)}: "
            f"{first_line_of(ValueError(text.rsplit(_INNERMOST, 1)[1])).rstrip('.')}. Replace the layer, or save "
            f"the model again."
        )
    if "No model config" in text:
        return f"{path} holds weights alone, without the network. Save the whole model, with model.save('model.keras')."
    is_cut_off = path.suffix.lower() == ".keras" and not zipfile.is_zipfile(path)
    reason = "its zip archive has no end" if is_cut_off else first_line_of(error)
    return (
        f"{path} cannot be loaded as a Keras model; it may be truncated or damaged "
        f"({type(error).__name__}: {reason}). Save the model again or restore the file."
    )


def _and_its_version(path: Path) -> str:
    """Words for a file of a Keras that is newer than the one here; "" for any other."""
    here, there = import_keras("edgekit export").__version__, written_by(path)
    numbers = [[int(number) for number in re.findall(r"\d+", version)[:3]] for version in (here, there)]
    return f" {here} (the file was written by Keras {there}, which is newer: install that)" * (numbers[1] > numbers[0])
