"""Creates a run folder for an external Keras file: the model, its scores on the test split, a manifest."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets import Dataset
from edgekit.exporting.conversion import FileMaker
from edgekit.exporting.keras.loading.saved_model import files_of
from edgekit.exporting.keras.preparing.preparation import Prepared
from edgekit.exporting.keras.preparing.reading import OutputReading
from edgekit.exporting.source import Source, digest_of
from edgekit.foundation.atomic_files import atomic_path, write_json
from edgekit.foundation.errors import ExportError
from edgekit.foundation.machine import this_machine
from edgekit.foundation.progress import Progress
from edgekit.metrics.classification import classification_report
from edgekit.runs.folder import RUNS_FOLDER, RunFolder, check_outside_runs
from edgekit.runs.reference import Reference

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@contextmanager
def foreign_run(
    source: Source,
    dataset: Dataset,
    maker: FileMaker,
    out: Path | None,
    progress: Progress,
) -> Iterator[tuple[RunFolder, Path]]:
    """Yields the run to export into, and its final path if the block succeeds.

    A new run is made under a temporary name, so that an error leaves nothing behind. A folder that
    already holds a run of the same file, data and input range is used as it is.

    Raises:
        ExportError: `out` holds something else.
    """
    final_path = out or RUNS_FOLDER / source.path.stem
    check_outside_runs(final_path)
    manifest = _manifest(source, dataset, maker)
    if final_path.exists() and (not final_path.is_dir() or any(final_path.iterdir())):
        yield _existing(final_path, manifest), final_path
        return
    with atomic_path(final_path) as staging:
        run = RunFolder.create(staging, manifest)
        model = _copy_model(source, run)
        scores = maker.scorer(dataset.test.images, progress=progress, task="Keras on the test images")
        _write_results(run, dataset, maker.prepared, scores)
        run.record(*model, *_learned_ranges(run, maker))
        yield run, final_path


def _manifest(source: Source, dataset: Dataset, maker: FileMaker) -> dict[str, object]:
    return {
        "source": {"file": source.path.name, "sha256": digest_of(source.path)},
        "input_range": maker.input_range.text,
        "adds_softmax": maker.prepared.adds_softmax,
        **({"reading": reading} if (reading := maker.reading.to_dict()) else {}),
        "dataset": dataset.to_dict(),
        "machine": this_machine().to_dict(),
        "num_parameters": int(source.model.count_params()),
    }


def _existing(path: Path, wanted: dict[str, object]) -> RunFolder:
    """The run at `path`, if it was made from the same file, data and input range; raises ExportError."""
    if not path.is_dir():
        raise ExportError(f"{path} is a file. Expected a folder, or an unused name, for --out.")
    if not (path / "manifest.json").is_file():
        raise ExportError(f"{path} is not empty and is not a run folder. Name another folder with --out.")
    run = RunFolder(path)
    if not run.is_external:
        raise ExportError(f"{path} already holds a run that edgekit trained. Name another folder with --out.")
    kinds = (("model file", "source"), ("data set", "dataset"), ("input range", "input_range"), ("output", "reading"))
    for what, name in kinds:
        if _digest(run.manifest.get(name)) != _digest(wanted.get(name)):
            raise ExportError(
                f"{path} already holds a run with another {what}: {_digest(run.manifest.get(name))} there, "
                f"{_digest(wanted.get(name))} now. Name another folder with --out."
            )
    return run


def _digest(entry: object) -> object:
    """What an entry of a manifest says, in short: its SHA-256, or all of it."""
    if entry is None or not isinstance(entry, dict):
        return "as it is" if entry is None else entry
    return str(entry["sha256"])[:12] + "…" if "sha256" in entry else OutputReading.of_manifest(entry).words


def _copy_model(source: Source, run: RunFolder) -> list[Path]:
    """A `.keras` file and a SavedModel byte by byte, any other as Keras saves it; returns what was written."""
    if source.path.is_dir():
        shutil.copytree(source.path, run.saved_model_path)
        return files_of(run.saved_model_path)
    with atomic_path(run.model_path) as temporary:
        if source.path.suffix.lower() == ".keras":
            shutil.copyfile(source.path, temporary)
        else:
            source.model.save(temporary)
    return [run.model_path]


def _learned_ranges(run: RunFolder, maker: FileMaker) -> list[Path]:
    """Keep what quantization-aware training has learned, which the copy of the model holds no longer."""
    if maker.learned_ranges is None:
        return []
    maker.learned_ranges.save(run.learned_ranges_path)
    return [run.learned_ranges_path]


def _write_results(run: RunFolder, dataset: Dataset, prepared: Prepared, scores: "NDArray[np.float32]") -> None:
    import numpy as np

    if not np.isfinite(scores).all():
        raise ExportError("The Keras model returns NaN or infinity on the test images, so nothing was exported.")
    labels, names, columns = dataset.test.labels, dataset.class_names, prepared.columns
    if columns is not None:
        scores, names = prepared.by_class(scores), columns.class_names(names)
    Reference(scores=scores, labels=labels, dataset_sha256=dataset.sha256, class_names=names).save(run.reference_path)
    write_json(run.report_path, classification_report(scores, labels, names).to_dict())
    run.record(run.reference_path, run.report_path)
