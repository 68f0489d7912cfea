"""Validates a run's manifest, which may come from a stranger or may have been edited by hand.

Knows no folder: what a file really is, `edgekit.runs.folder` finds out.
"""

from collections.abc import Mapping
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, TypedDict, cast

from edgekit.foundation.errors import RunFolderError
from edgekit.foundation.files.schema import Count, Epoch, Limits, Positive, SchemaError, Share, conform

SCHEMA_VERSION = 1

_Side = Annotated[int, Limits(low=1, high=2**31)]


class DatasetEntry(TypedDict, total=False):
    """What was trained on; see `edgekit.datasets.Dataset.to_dict`."""

    name: str
    sha256: str
    train_sha256: str
    num_train: Count
    num_validation: Count
    num_test: Count
    num_skipped: Count
    image_shape: list[_Side]
    image_rule: dict[str, Any]
    image_notes: list[str]
    class_names: list[str]


class SettingsEntry(TypedDict, total=False):
    """What was trained with; see `edgekit.recipe.TrainingSettings`."""

    epochs: Epoch
    batch_size: Count
    seed: Count
    validation_fraction: Share
    padding: Count
    class_weights: str
    image_sizes: list[list[Count]]


class LayerEntry(TypedDict):
    """What a compression has left of one layer; see `edgekit.compression.measurement.LayerWeights`."""

    layer: str
    kind: str
    num_weights: Annotated[int, Limits(low=1)]
    num_zeros: Count
    num_distinct: Count


class OriginalEntry(TypedDict, total=False):
    """The run that a compression started from."""

    run: str
    model_sha256: str
    accuracy: Share
    agreement: Share
    num_images: Count


class CompressionEntry(TypedDict, total=False):
    """What a compression did; its settings are there too."""

    methods: list[str]
    original: OriginalEntry
    layers: list[LayerEntry]
    zipped_float32_bytes: Count


class ExportEntry(TypedDict, total=False):
    """How one file was exported; its options are there too."""

    output: str
    input_range: str


class OwnNoiseEntry(TypedDict):
    """How far the network differs from itself; see `edgekit.metrics.own_noise.OwnNoise`."""

    max_abs_score_difference: Positive
    batch_sizes: list[Count]
    num_images: Count


class ReadingEntry(TypedDict, total=False):
    """How the answers of an external model are read."""

    output_name: str | None
    positive_class: str | None
    labels: list[str] | None


class Manifest(TypedDict, total=False):
    """A whole manifest; `files` is checked by itself."""

    schema_version: int
    status: str
    recipe: str
    seed: Count
    epochs: Epoch
    saved_epoch: Epoch | None
    seconds: Positive
    num_parameters: Count | None
    input_range: str
    reading: ReadingEntry
    dataset: DatasetEntry
    settings: SettingsEntry
    compression: CompressionEntry
    exports: dict[str, ExportEntry]
    own_noise: OwnNoiseEntry
    identity: dict[str, Any]
    versions: dict[str, str]
    machine: dict[str, Any]
    source: dict[str, Any]


def check_manifest(path: Path, document: Any) -> dict[str, Any]:
    """`document`, read from the manifest at `path`, if it can be worked with.

    Raises:
        RunFolderError: It is not a manifest, is of another version of edgekit, says something nonsensical, or
            lists a file outside its run.
    """
    if not isinstance(document, dict) or not isinstance(document.get("files"), dict):
        raise RunFolderError(f"{path} is not a manifest: it lists no files. Restore it, or make the run again.")
    if (version := document.get("schema_version", SCHEMA_VERSION)) != SCHEMA_VERSION:
        raise RunFolderError(
            f"{path} has schema version {_shown(version)}; expected {SCHEMA_VERSION}. Use the version of edgekit that "
            f"wrote it, or make the run again."
        )
    try:
        found = cast("dict[str, Any]", conform(Manifest, document))
        _check_image_shape(found)
    except SchemaError as error:
        raise RunFolderError(
            f"{error.what} in {path} must be {error.expected}. Received {error.received or 'nothing'}. Restore the "
            f"manifest, or make the run again."
        ) from error
    for name, listed in document["files"].items():
        _check_file(path, name, listed)
    return found


def _check_image_shape(manifest: Mapping[str, Any]) -> None:
    shape = manifest.get("dataset", {}).get("image_shape")
    if shape is not None and (len(shape) != 3 or shape[2] not in (1, 3)):
        error = SchemaError("a list of height, width and 3 channels, or 1", repr(shape)[:100])
        raise error.under("image_shape").under("dataset")


def _check_file(path: Path, name: str, listed: Any) -> None:
    if not is_inside(PurePosixPath(name)):
        raise RunFolderError(
            f"{path} lists {_shown(name)}, which lies outside its run. A run holds only files of its own folder: "
            f"restore the manifest, or make the run again."
        )
    entry = listed if isinstance(listed, dict) else {}
    if not _is_count(entry.get("size_bytes")) or not _is_text(entry.get("sha256")):
        raise RunFolderError(
            f"{path} does not say the size and the SHA-256 of {_shown(name)}. Expected both, received "
            f"{_shown(listed)}. Restore the manifest, or make the run again."
        )


def is_inside(name: PurePath) -> bool:
    """Whether a relative path stays inside the folder that it starts from, on every system."""
    path = PureWindowsPath(name)  # takes both / and \ for separators
    return not (path.drive or path.root or ".." in path.parts or "\0" in str(name)) and len(path.parts) > 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"
