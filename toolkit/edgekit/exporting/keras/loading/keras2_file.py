"""Reads a Keras 2 file that Keras 3 cannot read as a Keras 3 model: the same weights, scores checked to be equal."""

import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.loading.custom_objects import NONE, CustomObjects
from edgekit.exporting.keras.loading.keras2_config import in_keras3_words
from edgekit.exporting.keras.loading.load_errors import missing_object, needs
from edgekit.exporting.keras.loading.tf_keras_model import (
    check_harmless,
    is_archive,
    load_legacy_model,
    read_configuration,
)
from edgekit.exporting.keras.loading.tfmot_file import LIBRARY, TrainedRange, is_wrapped, write_unwrapped
from edgekit.foundation.errors import ExportError, first_line_of
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.keras_setup import import_keras
from edgekit.foundation.model_optimization import import_libraries
from edgekit.foundation.quiet import held_back

if TYPE_CHECKING:
    import keras

_TOLERANCE = 1e-4
"""Of the largest score: both compute in float32, in another order."""
_NUM_IMAGES = 4
_OPEN_SIZE = 64
"""Pixels if a network leaves its image size open."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedModel:
    """A model that was read from a file.

    Attributes:
        model: In Keras 3.
        trained_ranges: What quantization-aware training has learned, if the file holds that.
    """

    model: "keras.Model"
    trained_ranges: tuple[TrainedRange, ...] = ()


def load_keras2(path: Path, custom: CustomObjects = NONE) -> LoadedModel:
    """The model in the Keras 2 file `path`, without wrappers of tensorflow-model-optimization.

    Args:
        path: A `.keras` or `.h5` file.
        custom: What the user's own file defines, for Keras 3.

    Raises:
        ExportError: It holds code, or what Keras 3 has no layer for, or gives other scores there than in Keras 2.
        MissingExtraError: tf_keras is not installed.
    """
    check_harmless(path)
    if not is_wrapped(read_configuration(path)):
        return LoadedModel(model=load_as_keras3(path, custom))
    with TemporaryFolder() as folder:
        plain = Path(folder) / f"{path.stem}.h5"
        ranges = write_unwrapped(_as_h5(path, Path(folder)), plain)
        return LoadedModel(model=load_as_keras3(plain, custom), trained_ranges=ranges)


def _as_h5(path: Path, folder: Path) -> Path:
    """The wrapped model at `path` as a `.h5` file, whose weights have names; written into `folder` if it is none."""
    if not is_archive(path):
        return path
    libraries = import_libraries("A model of tensorflow-model-optimization")
    tfmot, copy = libraries.tfmot, folder / "wrapped.h5"
    try:
        with (
            held_back(),
            tfmot.quantization.keras.quantize_scope(),
            tfmot.sparsity.keras.prune_scope(),
            tfmot.clustering.keras.cluster_scope(),
        ):
            load_legacy_model(path).save(copy)
    except ExportError as error:
        raise ExportError(
            f"{path} holds layers of {LIBRARY}, and Keras 2 itself cannot read such a .keras file: "
            f"{first_line_of(error.__cause__ or error)}. Save the model as .h5 with Keras 2 (tf_keras)."
        ) from error
    return copy


def load_as_keras3(path: Path, custom: CustomObjects = NONE) -> "keras.Model":
    """The model in the Keras 2 file `path`, which has no wrappers; arguments and errors as `load_keras2`."""
    check_harmless(path)
    words = in_keras3_words(read_configuration(path))
    keras = import_keras("edgekit export", backend="tensorflow")
    with TemporaryFolder() as folder:
        twin = Path(folder) / path.with_suffix(path.suffix.lower()).name
        _write_twin(path, twin, json.dumps(words))
        try:
            with held_back():
                model = keras.saving.load_model(
                    twin, custom_objects=custom.for_configuration(words), compile=False, safe_mode=True
                )
        except Exception as error:  # a foreign file can make Keras raise anything
            raise ExportError(_reason(path, error, custom)) from error
    if custom.path is None:  # Keras 2 does not know the user's layers of Keras 3
        _prove_equal(path, model)
    return model


def _reason(path: Path, error: Exception, custom: CustomObjects) -> str:
    if name := missing_object(error):
        return needs(path, name, custom)
    return (
        f"{path} was written by Keras 2, and Keras 3 cannot read it: {first_line_of(error)}. Load it with Keras 2 "
        f"(tf_keras), build the network again in Keras 3 and copy the weights."
    )


def _write_twin(path: Path, twin: Path, configuration: str) -> None:
    """Copy the file at `path` to `twin`, with another configuration."""
    import h5py  # type: ignore[import-untyped]

    if not is_archive(path):
        shutil.copyfile(path, twin)
        with h5py.File(twin, "r+") as file:
            file.attrs["model_config"] = configuration
        return
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(twin, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, configuration if entry.filename == "config.json" else old.read(entry))


def _prove_equal(path: Path, model: Any) -> None:
    """Raise ExportError unless `model` answers as Keras 2 does, on random images."""
    import numpy as np

    original = load_legacy_model(path)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        return  # no classifier; what is exported refuses it with a better reason
    shape = [size or _OPEN_SIZE for size in model.inputs[0].shape[1:]]
    images = np.random.default_rng(0).uniform(0, 255, (_NUM_IMAGES, *shape)).astype(np.float32)
    expected, given = (np.asarray(each(images, training=False), np.float32) for each in (original, model))
    limit = _TOLERANCE * max(1.0, float(np.abs(expected).max()))
    if expected.shape != given.shape or not np.abs(given - expected).max() <= limit:
        raise ExportError(
            f"{path} was written by Keras 2, and the same network gives different scores in Keras 3. Expected scores "
            f"equal within {limit:.2g}. Build the network again in Keras 3 and copy the weights."
        )
