"""Makes a run folder for a Keras file from elsewhere: the model, its scores on the test split, a manifest."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.artifact import sha256_of
from edgekit.datasets import Dataset
from edgekit.exporting.conversion import FileMaker
from edgekit.exporting.source import Source
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
    """Yields the run to export into, and where it will lie when the block ends well.

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
        _copy_model(source, run.model_path)
        scores = maker.scorer(dataset.test.images, progress=progress, task="Keras on the test images")
        _write_results(run, dataset, scores)
        yield run, final_path


def _manifest(source: Source, dataset: Dataset, maker: FileMaker) -> dict[str, object]:
    return {
        "source": {"file": source.path.name, "sha256": sha256_of(source.path)},
        "input_range": maker.input_range.text,
        "adds_softmax": maker.adds_softmax,
        "dataset": dataset.to_dict(),
        "machine": this_machine().to_dict(),
        "num_parameters": int(source.model.count_params()),
    }


def _existing(path: Path, wanted: dict[str, object]) -> RunFolder:
    """The run at `path`, if it was made from the same file, data and input range; raises ExportError."""
    if not path.is_dir():
        raise ExportError(f"{path} is a file. Expected a folder, or a name that is free, for --out.")
    if not (path / "manifest.json").is_file():
        raise ExportError(f"{path} is not empty and is no run folder. Name another folder with --out.")
    run = RunFolder(path)
    if "source" not in run.manifest:
        raise ExportError(f"{path} already holds a run that edgekit trained. Name another folder with --out.")
    for what, name in (("model file", "source"), ("data set", "dataset"), ("input range", "input_range")):
        if _digest(run.manifest.get(name)) != _digest(wanted[name]):
            raise ExportError(
                f"{path} already holds a run with another {what}: {_digest(run.manifest.get(name))} there, "
                f"{_digest(wanted[name])} now. Name another folder with --out."
            )
    return run


def _digest(entry: object) -> object:
    return str(entry.get("sha256"))[:12] + "…" if isinstance(entry, dict) else entry


def _copy_model(source: Source, path: Path) -> None:
    """A `.keras` file byte by byte; any other as Keras saves it."""
    with atomic_path(path) as temporary:
        if source.path.suffix.lower() == ".keras":
            shutil.copyfile(source.path, temporary)
        else:
            source.model.save(temporary)


def _write_results(run: RunFolder, dataset: Dataset, scores: "NDArray[np.float32]") -> None:
    import numpy as np

    if not np.isfinite(scores).all():
        raise ExportError("The Keras model answers NaN or infinity on the test images, so nothing was exported.")
    labels, names = dataset.test.labels, dataset.class_names
    Reference(scores=scores, labels=labels, dataset_sha256=dataset.sha256, class_names=names).save(run.reference_path)
    write_json(run.report_path, classification_report(scores, labels, names).to_dict())
    run.record(run.model_path, run.reference_path, run.report_path)
