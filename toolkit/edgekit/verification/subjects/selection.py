"""Selects the files and the reference. Runs and compares nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgekit.artifact import FORMAT_OF_SUFFIX, Artifact, Format, Precision, model_size
from edgekit.execution.file_inspection import FileInspector
from edgekit.exporting.keras.loading.saved_model import is_saved_model
from edgekit.foundation.errors import RunFolderError, VerificationError
from edgekit.foundation.files.npz_files import DAMAGE, open_arrays
from edgekit.foundation.grammar import counted, for_shell
from edgekit.inspection.info import ModelInfo
from edgekit.runs.folder import RunFolder, folder_around, names_run
from edgekit.runs.reference import Reference
from edgekit.runtimes import chosen_runtimes
from edgekit.verification.candidate import Candidate
from edgekit.verification.subjects.identification import identify_all
from edgekit.verification.subjects.reference_scores import MODEL_SUFFIXES, SCORE_SUFFIXES


@dataclass(frozen=True, kw_only=True, eq=False)
class SelectedFile:
    """A model file that is to be verified.

    Attributes:
        name: What the report calls it.
        artifact: The file.
        run: The run whose manifest lists it; None for an external model.
        inspector: Says what is in it.
    """

    name: str
    artifact: Artifact
    run: RunFolder | None
    inspector: FileInspector = field(default_factory=FileInspector)

    @property
    def is_external(self) -> bool:
        """Whether no run's manifest lists it."""
        return self.run is None

    @property
    def info(self) -> ModelInfo | None:
        """What the file says of itself; None if it cannot be read, which its row will say."""
        return self.inspector.of(self.artifact.path).info

    @property
    def can_overflow(self) -> bool:
        """Whether its int8 sums overflow on some processors."""
        return self.inspector.of(self.artifact.path).can_overflow


@dataclass(frozen=True, kw_only=True, eq=False)
class Selection:
    """What is to be verified.

    Attributes:
        files: The model files, in order.
        reference: What they are compared with; a path if that is a model, or a file of external scores.
        run: The run whose manifest says which data; None if no run is known.
        is_whole_run: Whether the user named the run itself, so that its verification.json is to be written.
        is_reference_external: Whether the reference is a file that no run's manifest lists.
        reference_run: The run whose float model the reference is; None if it is of no run.
        reference_path: The file that the user named as reference; None for a run's own.
        inspector: Says what is in model files.
    """

    files: tuple[SelectedFile, ...]
    reference: Reference | Path
    run: RunFolder | None
    is_whole_run: bool
    is_reference_external: bool = False
    reference_run: RunFolder | None = None
    reference_path: Path | None = None
    inspector: FileInspector = field(default_factory=FileInspector)

    @property
    def has_external_files(self) -> bool:
        """Whether any of the files is an external model."""
        return any(file.is_external for file in self.files)


class RunFinder:
    """The runs that files lie in; each run is read once.

    Args:
        inspector: Says what is in model files.
    """

    def __init__(self, inspector: FileInspector) -> None:
        self.inspector = inspector
        self._runs: dict[Path, RunFolder] = {}

    def named(self, target: Path | None) -> RunFolder:
        """As `RunFolder.named`."""
        run = RunFolder.named(target)
        return self._runs.setdefault(run.path.resolve(), run)

    def open(self, folder: Path) -> RunFolder:
        """The run in `folder`; raises RunFolderError if there is none, or a broken one."""
        place = folder.resolve()
        if place not in self._runs:
            self._runs[place] = RunFolder(folder)
        return self._runs[place]

    def run_of(self, path: Path) -> RunFolder | None:
        """The run that `path` lies in or one folder deeper; None if there is none."""
        folder = folder_around(path)
        return self.open(folder) if folder else None

    def run_that_lists(self, path: Path) -> RunFolder | None:
        """The run whose manifest lists this very file, byte by byte; None if there is none."""
        run = self.run_of(path)
        return run if run is not None and run.lists(path) else None


def select(targets: Sequence[Path], reference: Path | None, inspector: FileInspector | None = None) -> Selection:
    """The run or the artifacts that `targets` name, with their reference.

    Args:
        targets: Nothing (the newest run), one run folder or the name of one under `exported/`, or model files.
        reference: A run folder, a `reference.npz`, a model, or a file of scores; None: that of the run.
        inspector: Says what is in model files; a new one if None.

    Raises:
        RunFolderError: A run is missing, broken, or holds a file that was changed.
        ArtifactError: A model file is missing, empty, or of another format.
        VerificationError: Nothing says which reference is meant.
        UsageError: Folders and files are mixed.
    """
    targets = list({target.resolve(): target for target in targets}.values())  # a file that is named twice is run once
    is_run = names_run(targets)
    finder = RunFinder(inspector or FileInspector())
    if is_run:
        return _whole_run(finder.named(targets[0] if targets else None), reference, finder)
    return _files(targets, reference, finder) if reference else _files_of_a_run(targets, finder)


def load_reference(path: Path, finder: RunFinder) -> Reference | Path:
    """The reference in a run folder or in a `reference.npz`; `path` itself for a model or a file of scores.

    Raises:
        RunFolderError: It is none of these, or is not there.
        ArtifactError: It is a model file that is empty, cannot be read, or is larger than its format can be.
    """
    if is_saved_model(path):
        return path
    if path.is_dir():
        return finder.open(path).reference()
    run = finder.run_of(path)
    if run and path.resolve() == run.model_path.resolve() and run.reference_path.is_file():
        return run.reference()
    suffix = path.suffix.lower()
    if suffix == ".npz" and not _is_file_of_scores(path):
        return Reference.load(path)
    if suffix not in (*MODEL_SUFFIXES, *SCORE_SUFFIXES):
        raise RunFolderError(
            f"{path} is not a reference. Expected a run folder, a reference.npz, a model "
            f"({', '.join(MODEL_SUFFIXES)}, or a SavedModel folder) or a file of scores ({', '.join(SCORE_SUFFIXES)})."
        )
    if not path.is_file():
        raise RunFolderError(f"There is no file {path}. Expected the reference: a model, scores or a run folder.")
    if suffix in FORMAT_OF_SUFFIX:
        model_size(path)
    return path


def _is_file_of_scores(path: Path) -> bool:
    """Whether an .npz holds scores, but does not say as edgekit's own do on which data."""
    try:
        with open_arrays(path) as arrays:
            return "scores" in arrays and "dataset_sha256" not in arrays
    except DAMAGE:
        return False


def choose_candidates(
    files: Sequence[SelectedFile], runtimes: Sequence[str], precisions: Sequence[Precision]
) -> list[Candidate]:
    """Every file in every runtime that reads its format; empty sequences choose all.

    Raises:
        UnknownNameError: There is no such runtime.
        PluginError: Another package brings a runtime that was named, and it cannot be used.
        VerificationError: Nothing is left, or a precision was asked for that no file has.
    """
    chosen = chosen_runtimes(runtimes)
    present = {file.artifact.precision for file in files}
    if missing := [precision.value for precision in precisions if precision not in present]:
        have = ", ".join(sorted(precision or "unknown" for precision in present))
        raise VerificationError(
            f"There is no {' and no '.join(missing)} artifact here, but: {have or 'none'}. Export it first: "
            f"{_export_of(files)} --precision {','.join(missing)}"
        )
    candidates = [
        Candidate(artifact=file.artifact, runtime=name, name=file.name, **_types(file))
        for file in files
        if not precisions or file.artifact.precision in precisions
        for name, runtime in chosen.items()
        if runtime.reads(file.artifact.format)
    ]
    if not candidates:
        readable = ",".join(sorted({each.value for runtime in chosen.values() for each in runtime.formats}))
        raise VerificationError(
            f"There is nothing to verify: {counted(len(files), 'artifact')}, none of which "
            f"{', '.join(chosen)} reads. Export one first: {_export_of(files)} --format {readable}"
        )
    return candidates


def _export_of(files: Sequence[SelectedFile]) -> str:
    """The command that exports what a file of `files` was exported from, without its options."""
    run = next((file.run for file in files if file.run is not None), None)
    return f"edgekit export {for_shell(run.path) if run else 'MODEL.keras'}"


def _types(file: SelectedFile) -> dict[str, Any]:
    """The element types of input and output of an integer `.tflite`, whose user must know them."""
    artifact = file.artifact
    if artifact.format is not Format.TFLITE or artifact.precision not in (Precision.INT8, Precision.INT16X8):
        return {}
    if file.run is not None:
        kind = file.run.export_entry(artifact.path).get("io")
        return {"input_type": kind, "output_type": kind} if artifact.precision is Precision.INT8 and kind else {}
    info = file.info
    if info is None or not info.inputs or not info.outputs:
        return {}
    return {"input_type": info.inputs[0].dtype, "output_type": info.outputs[0].dtype}


def _whole_run(run: RunFolder, reference: Path | None, finder: RunFinder) -> Selection:
    files = tuple(
        SelectedFile(name=one.path.relative_to(run.path).as_posix(), artifact=one, run=run, inspector=finder.inspector)
        for one in run.artifacts()
    )
    if not files:
        raise VerificationError(f"{run.path} holds no artifact. Export one first: edgekit export {for_shell(run.path)}")
    found = load_reference(reference, finder) if reference else run.reference()
    return Selection(
        files=files,
        reference=found,
        run=run,
        is_whole_run=True,
        is_reference_external=_is_external(found, finder),
        reference_run=_run_named(reference, finder) if reference else run,
        reference_path=_file_named(reference),
        inspector=finder.inspector,
    )


def _files(paths: Sequence[Path], reference: Path, finder: RunFinder) -> Selection:
    artifacts = identify_all(paths, finder.inspector)
    found = load_reference(reference, finder)
    return Selection(
        files=tuple(
            SelectedFile(
                name=name,
                artifact=artifact,
                run=finder.run_that_lists(artifact.path),
                inspector=finder.inspector,
            )
            for name, artifact in zip(_names(paths), artifacts, strict=True)
        ),
        reference=found,
        run=_run_named(reference, finder),
        is_whole_run=False,
        is_reference_external=_is_external(found, finder),
        reference_run=_run_named(reference, finder),
        reference_path=_file_named(reference),
        inspector=finder.inspector,
    )


def _run_named(reference: Path, finder: RunFinder) -> RunFolder | None:
    """The run that a reference names, as its folder or as its float model."""
    is_run = reference.is_dir() and not is_saved_model(reference)
    return finder.open(reference) if is_run else finder.run_of(reference)


def _file_named(reference: Path | None) -> Path | None:
    return reference if reference is not None and (reference.is_file() or is_saved_model(reference)) else None


def _is_external(reference: Reference | Path, finder: RunFinder) -> bool:
    return isinstance(reference, Path) and (is_saved_model(reference) or finder.run_that_lists(reference) is None)


def _names(paths: Sequence[Path]) -> list[str]:
    """The files' own names, or their paths as they were given if two have the same name."""
    names = [path.name for path in paths]
    return names if len(set(names)) == len(names) else [path.as_posix() for path in paths]


def _files_of_a_run(paths: Sequence[Path], finder: RunFinder) -> Selection:
    for path in paths:
        Artifact.from_file(path)
    run = finder.run_of(paths[0])
    if run is None or any(run.path.resolve() not in path.resolve().parents for path in paths):
        raise VerificationError(
            f"No reference is known: the files are not all in one run folder. Name it in "
            f"--reference: the float model (.keras, .h5, .onnx, .tflite), a file of its scores (.npz, .npy), or a run "
            f"folder. To see only the accuracy, and whether the runtimes agree, name the file itself: "
            f"--reference {for_shell(paths[0])}"
        )
    names = [path.resolve().relative_to(run.path.resolve()) for path in paths]
    return Selection(
        files=tuple(
            SelectedFile(name=name.as_posix(), artifact=run.checked_artifact(name), run=run, inspector=finder.inspector)
            for name in names
        ),
        reference=run.reference(),
        run=run,
        is_whole_run=False,
        reference_run=run,
        inspector=finder.inspector,
    )
