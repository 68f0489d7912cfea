"""What is exported: a run folder, or a Keras file from elsewhere, with its model loaded. Writes nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import KERAS_SUFFIXES
from edgekit.datasets import Dataset
from edgekit.exporting.keras.loading.model_file import check_keras_file, load_keras_model
from edgekit.foundation.errors import ExportError, RunFolderError, UsageError
from edgekit.input_range import RAW, InputRange
from edgekit.runs.folder import RunFolder

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """A loaded model and where it came from.

    Attributes:
        path: The `.keras` or `.h5` file.
        run: The run folder that it belongs to; None for a file from elsewhere.
        model: The model, as loaded.
    """

    path: Path
    run: RunFolder | None
    model: "keras.Model"

    @property
    def name(self) -> str:
        """What the model is called: the recipe of its run, else its file."""
        recipe = self.run.manifest.get("recipe") if self.run else None
        return recipe if isinstance(recipe, str) else self.path.stem

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) that the model takes; None where it leaves that open or takes no images."""
        shape = tuple(self.model.inputs[0].shape) if getattr(self.model, "inputs", None) else ()
        if len(shape) == 4 and None not in shape[1:3]:
            return int(shape[1]), int(shape[2])
        stored = self.dataset_entry.get("image_shape")
        return (int(stored[0]), int(stored[1])) if stored else None

    @property
    def dataset_entry(self) -> dict[str, Any]:
        """What the manifest says of the data set; empty for a file from elsewhere."""
        return dict(self.run.manifest.get("dataset", {})) if self.run else {}

    @property
    def known_input_range(self) -> InputRange | None:
        """What the manifest says; 0 to 255 for every run of edgekit's own; None for a file from elsewhere."""
        return InputRange.parse(self.run.manifest.get("input_range", RAW.text)) if self.run else None


def check_source(target: Path | None) -> Path | RunFolder:
    """The run folder or the Keras file that `target` means, None being the newest run; loads no model.

    Raises:
        RunFolderError: There is no such run, or its model is missing or was changed.
        ExportError: It is neither a run folder nor a Keras file.
    """
    if target is not None and target.suffix.lower() in KERAS_SUFFIXES and not target.is_dir():
        check_keras_file(target)
        return target
    if target is not None and (target / "saved_model.pb").is_file():
        raise ExportError(
            f"{target} is a SavedModel of TensorFlow, which holds no Keras layers. Expected a .keras or .h5 file, or a "
            f"run folder: save the model with model.save('{target.stem}.keras')."
        )
    if target is not None and target.is_file():
        raise ExportError(f"{target} is not a Keras model. Expected a run folder, or a .keras or .h5 file.")
    return RunFolder.named(target)


def load_source(source: RunFolder | Path) -> Source:
    """Load the model; raises ExportError, and RunFolderError where it is not what the manifest lists."""
    if isinstance(source, Path):
        return Source(path=source, run=None, model=load_keras_model(source))
    if not source.model_path.is_file():
        raise RunFolderError(
            f"{source.path} holds no {source.model_path.name}: its training has not finished. Go on with "
            f"edgekit train --resume."
        )
    source.check_file(source.model_path.relative_to(source.path))
    return Source(path=source.model_path, run=source, model=load_keras_model(source.model_path))


def check_dataset(source: Source, dataset: Dataset | None) -> None:
    """Raise UsageError or ExportError unless `dataset` is what the model of `source` was made for."""
    if source.run is None:
        if dataset is None:
            raise UsageError(
                f"{source.path} comes from elsewhere: say with --data which images it is for, as in --data folder:PATH."
            )
        return
    expected = source.dataset_entry.get("sha256")
    if dataset is not None and expected and dataset.sha256 != expected:
        raise ExportError(
            f"The data set is not the one of the run {source.run.path}: expected '{source.dataset_entry.get('name')}' "
            f"with SHA-256 {expected[:12]}…, received '{dataset.name}' with {dataset.sha256[:12]}…. Give the data "
            f"that the model was trained and measured on."
        )


def interface_of(source: Source, dataset: Dataset | None) -> tuple[tuple[int, int, int], int]:
    """(height, width, 3) and number of classes: of the data set, else as the manifest says."""
    if dataset is not None:
        return dataset.image_shape, len(dataset.class_names)
    entry = source.dataset_entry
    height, width, channels = entry["image_shape"]
    return (int(height), int(width), int(channels)), len(entry["class_names"])
