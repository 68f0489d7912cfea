"""Reads files of Keras 2 with Keras 2, for their answers; nothing is exported from them.

Keras 2 writes operations such as `x / 127.5` by their TensorFlow names, and arguments that Keras 3 has dropped
(every DepthwiseConv2D). Such a file could name any function of TensorFlow, one that writes files among them, and any
module of Python, which Keras 2 would import: only layers of Keras and plain arithmetic are let in.
"""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgekit.foundation.errors import ExportError, first_line_of
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.keras_setup import import_tensorflow
from edgekit.foundation.quiet import held_back

CODE_LAYERS = frozenset({"Lambda", "ReloadedLayer", "TFSMLayer"})
FUNCTION_LAYERS = frozenset({"TFOpLambda", "SlicingOpLambda"})
HARMLESS = ("__operators__.", "math.", "nn.", "compat.v1.nn.", "image.resize")
HARMLESS_NAMES = frozenset(
    {
        "cast",
        "clip_by_value",
        "compat.v1.pad",
        "compat.v1.squeeze",
        "compat.v1.transpose",
        "concat",
        "expand_dims",
        "identity",
        "keras.backend.batch_flatten",
        "linalg.matmul",
        "pad",
        "reshape",
        "reverse",
        "split",
        "squeeze",
        "stack",
        "transpose",
    }
)

_PARTS = "activations|constraints|dtype_policies|engine|initializers|layers|losses|metrics|mixed_precision|models|"
_PARTS += "optimizers|regularizers"
HARMLESS_MODULES = re.compile(
    rf"builtins|tensorflow_model_optimization(\.\w+)*|(tf_)?keras(\.api)?(\._v2)?(\.src)?(\.keras)?(\.({_PARTS})(\.\w+)*)?"
)
"""Modules that a file may name; Keras 2 imports whatever it finds there."""


def load_legacy_model(path: Path) -> Any:
    """The Keras 2 model in the `.h5` or `.keras` file `path`, in tf_keras.

    Raises:
        ExportError: It holds no such model, or code, or cannot be loaded.
        MissingExtraError: TensorFlow or tf_keras is not installed.
    """
    check_harmless(path)
    _check_modules(path)
    import_tensorflow("A Keras 2 reference")
    try:
        with held_back(), _named_in_small_letters(path) as file:
            import tf_keras
            from tf_keras.src.saving.serialization_lib import SafeModeScope

            with SafeModeScope(True):
                return tf_keras.models.load_model(file, compile=False)
    except Exception as error:  # a foreign file can make Keras raise anything
        raise ExportError(
            f"{path} cannot be loaded, neither by Keras 3 nor by Keras 2: {first_line_of(error)}"
        ) from error


@contextmanager
def _named_in_small_letters(path: Path) -> Iterator[Path]:
    """The file, or a copy with its suffix in small letters: Keras 2 knows ".keras" alone and reads ".KERAS" as HDF5."""
    if path.suffix == path.suffix.lower():
        yield path
        return
    with TemporaryFolder() as folder:
        yield Path(shutil.copyfile(path, Path(folder, path.stem + path.suffix.lower())))


def check_harmless(path: Path) -> None:
    """Raise ExportError unless the model in `path` is made of Keras' layers and plain arithmetic only."""
    for layer in _layers(read_configuration(path)):
        if code := _code_in(layer):
            raise ExportError(
                f"{path} carries code ({code}), which edgekit does not run: the file could do anything. Replace it by "
                f"a Keras layer and save the model again."
            )


def _check_modules(path: Path) -> None:
    """Raise ExportError if the model in `path` names a module that Keras 2 would import and that is not its own."""
    for layer in _layers(read_configuration(path)):
        if module := strange_module(layer):
            raise ExportError(
                f"{path} carries code ('{str(layer.get('class_name'))[:60]}' of the Python module '{module[:60]}'), "
                f"which edgekit does not import: it could do anything. Replace it by a Keras layer and save the model "
                f"again."
            )


def strange_module(layer: dict[str, Any]) -> str:
    """The module that an object of a configuration names, if it is not one of Keras' layers; else ""."""
    module = layer.get("module")
    if module is None or (isinstance(module, str) and HARMLESS_MODULES.fullmatch(module)):
        return ""
    return str(module) or "without a name"


def _code_in(layer: dict[str, Any]) -> str:
    """What an object of a configuration would run, in words; "" for nothing but layers of Keras and arithmetic."""
    name, config = layer.get("class_name"), layer.get("config")
    function = str(config.get("function", "")) if isinstance(config, dict) else ""
    is_plain = function.startswith(HARMLESS) or function in HARMLESS_NAMES
    if name in FUNCTION_LAYERS and not is_plain:
        return f"{name} {function[:60]}"
    return str(name)[:60] if str(name).rpartition(".")[2] in CODE_LAYERS else ""


def is_keras2(path: Path) -> bool:
    """Whether the file says that Keras 2 wrote it; False for what is not a model file."""
    return written_by(path).startswith("2.")


def written_by(path: Path) -> str:
    """The version of Keras that the file says it was written by, as in "3.15.1"; "" if it says none."""
    try:
        return _read(path, "metadata.json", "keras_version")
    except _UNREADABLE:
        return ""


def read_configuration(path: Path) -> Any:
    """The network in a `.h5` or `.keras` file, as JSON says it; raises ExportError if there is none."""
    try:
        return json.loads(_read(path, "config.json", "model_config"))
    except _UNREADABLE as error:
        raise ExportError(
            f"{path} holds no Keras model, perhaps weights alone ({error}). Save the whole model: model.save(…)."
        ) from error


def is_archive(path: Path) -> bool:
    """Whether Keras reads the file as a zip archive; one that is an HDF5 file as well is what its suffix says."""
    return path.suffix.lower() == ".keras" and zipfile.is_zipfile(path)


_UNREADABLE = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, zipfile.BadZipFile)


def _read(path: Path, entry: str, attribute: str) -> str:
    """The text of an entry of a `.keras` file, or of an attribute of a `.h5` file; keras_version stands in both."""
    import h5py  # type: ignore[import-untyped]

    if is_archive(path):
        with zipfile.ZipFile(path) as archive:
            text = archive.read(entry).decode()
        return str(json.loads(text)[attribute]) if attribute == "keras_version" else text
    with h5py.File(path, "r") as file:
        value = file.attrs[attribute]
    return value.decode() if isinstance(value, bytes) else str(value)


def _layers(node: Any) -> Iterator[dict[str, Any]]:
    """Every object with a class name below `node`, however deep."""
    if isinstance(node, dict):
        if "class_name" in node:
            yield node
        for value in node.values():
            yield from _layers(value)
    elif isinstance(node, list):
        for value in node:
            yield from _layers(value)
