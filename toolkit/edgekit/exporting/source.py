"""What is exported: a run folder, or an external Keras model, loaded. Writes nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import KERAS_SUFFIXES, ImageInput, sha256_of
from edgekit.datasets import Dataset
from edgekit.exporting.keras.loading.custom_objects import NONE, CustomObjects
from edgekit.exporting.keras.loading.model_file import check_keras_file, load_keras_model, load_model
from edgekit.exporting.keras.loading.saved_model import (
    files_of,
    is_saved_model,
    load_saved_model,
    sha256_of_folder,
)
from edgekit.exporting.keras.loading.tfmot_file import TrainedRange
from edgekit.exporting.keras.preparing.reading import OutputReading
from edgekit.foundation.errors import ExportError, RunFolderError, UsageError
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.input_range import RAW, InputRange
from edgekit.runs.folder import RunFolder

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """A loaded model and where it came from.

    Attributes:
        path: The `.keras` or `.h5` file, or the folder of a SavedModel.
        run: The run folder that it belongs to; None for an external model.
        model: The model, as loaded.
        trained_ranges: What quantization-aware training has learned, if the file holds that.
    """

    path: Path
    run: RunFolder | None
    model: "keras.Model"
    trained_ranges: tuple[TrainedRange, ...] = ()

    @property
    def name(self) -> str:
        """What the model is called: the recipe of its run, else its file, also if a run holds a copy of that."""
        manifest = self.run.manifest if self.run else {}
        file = manifest.get("source", {}).get("file")
        given = manifest.get("recipe") or (Path(file).stem if isinstance(file, str) else None)
        return given if isinstance(given, str) else self.path.stem

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) that the model takes; None if it leaves that open or takes no images."""
        image = self._image_input
        if image is not None and image.size is not None:
            return image.size
        stored = self.dataset_entry.get("image_shape")
        return (int(stored[0]), int(stored[1])) if stored else None

    @property
    def channels(self) -> int | None:
        """3 for RGB images, 1 for gray ones; None if the model takes no images, or does not say it."""
        stored = self.dataset_entry.get("image_shape")
        if stored:
            return int(stored[2])
        return self._image_input.channels if self._image_input else None

    @property
    def _image_input(self) -> ImageInput | None:
        """What the model says of the images that it takes."""
        inputs = getattr(self.model, "inputs", None)
        return ImageInput.of(tuple(inputs[0].shape)[1:]) if inputs else None

    @property
    def dataset_entry(self) -> dict[str, Any]:
        """What the manifest says of the data set; empty for an external model."""
        return dict(self.run.manifest.get("dataset", {})) if self.run else {}

    @property
    def known_input_range(self) -> InputRange | None:
        """What the manifest says; 0 to 255 for every run of edgekit's own; None for an external model."""
        return InputRange.parse(self.run.manifest.get("input_range", RAW.text)) if self.run else None

    @property
    def reading(self) -> OutputReading:
        """What the manifest says of how the output is read; nothing for an external model."""
        return OutputReading.of_manifest(self.run.manifest.get("reading", {}) if self.run else {})


def check_source(target: Path | None) -> Path | RunFolder:
    """The run folder or the model that `target` means, None being the newest run; loads no model.

    Raises:
        RunFolderError: There is no such run, or its model is missing or was changed.
        ExportError: It is neither a run folder, nor a Keras file, nor a SavedModel.
    """
    if target is not None and target.suffix.lower() in KERAS_SUFFIXES and not target.is_dir():
        check_keras_file(target)
        return target
    if target is not None and is_saved_model(target):
        return target
    if target is not None and target.is_file():
        raise ExportError(
            f"{target} is not a Keras model. Expected a run folder, a .keras or .h5 file, or the folder "
            f"of a SavedModel."
        )
    return RunFolder.named(target)


def load_source(source: RunFolder | Path, custom: CustomObjects = NONE, progress: Progress | None = None) -> Source:
    """Load the model; raises ExportError, and RunFolderError if it is not what the manifest lists.

    Args:
        source: What `check_source` found.
        custom: What the user's own file defines.
        progress: Receives progress; loading takes seconds if Keras is not imported yet.
    """
    with (progress or SilentProgress()).task("Loading the model", None):
        return _loaded(source, custom)


def _loaded(source: RunFolder | Path, custom: CustomObjects) -> Source:
    if isinstance(source, Path):
        if is_saved_model(source):
            return Source(path=source, run=None, model=load_saved_model(source))
        loaded = load_model(source, custom)
        return Source(path=source, run=None, model=loaded.model, trained_ranges=loaded.trained_ranges)
    if source.saved_model_path.is_dir() and not source.model_path.exists():
        for file in files_of(source.saved_model_path):
            source.check_file(file.relative_to(source.path))
        return Source(path=source.saved_model_path, run=source, model=load_saved_model(source.saved_model_path))
    if not source.model_path.is_file():
        raise RunFolderError(
            f"{source.path} holds no {source.model_path.name}: its training has not finished. Continue it with "
            f"edgekit train --resume."
        )
    source.check_file(source.model_path.relative_to(source.path))
    return Source(path=source.model_path, run=source, model=load_keras_model(source.model_path, custom))


def digest_of(path: Path) -> str:
    """SHA-256 of a model: of a file's bytes, or of all files of a SavedModel."""
    return sha256_of_folder(path) if path.is_dir() else sha256_of(path)


def check_dataset(source: Source, dataset: Dataset | None) -> None:
    """Raise UsageError or ExportError unless `dataset` is what the model of `source` was made for."""
    if source.run is None:
        if dataset is None:
            raise UsageError(f"{source.path} is an external model: name its data set, as in --data folder:PATH.")
        return
    expected = source.dataset_entry.get("sha256")
    if dataset is not None and expected and dataset.sha256 != expected:
        raise ExportError(
            f"The data set is not the one of the run {source.run.path}: expected '{source.dataset_entry.get('name')}' "
            f"with SHA-256 {expected[:12]}…, received '{dataset.name}' with {dataset.sha256[:12]}…. Name the data "
            f"that the model was trained and measured on."
        )


def interface_of(source: Source, dataset: Dataset | None) -> tuple[tuple[int, int, int], tuple[str, ...]]:
    """(height, width, channels) and the names of the classes: of the data set, else as the manifest says."""
    if dataset is not None:
        return dataset.image_shape, dataset.class_names
    entry = source.dataset_entry
    height, width, channels = entry["image_shape"]
    return (int(height), int(width), int(channels)), tuple(entry["class_names"])
