"""What a user means: a run or files, which data, which runtimes and precisions. Runs and compares nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgekit.artifact import Artifact, Format, Precision, model_size
from edgekit.datasets.base import MAX_SIDE
from edgekit.foundation.errors import ArtifactError, RunFolderError, UsageError, VerificationError
from edgekit.foundation.grammar import counted
from edgekit.inspection import ModelInfo, inspect_file
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference
from edgekit.runtimes import RUNTIMES
from edgekit.verification.candidate import Candidate
from edgekit.verification.subjects.reference_scores import MODEL_SUFFIXES, SCORE_SUFFIXES

_PRECISIONS = (
    ("float32", Precision.FLOAT32),
    ("float16", Precision.FLOAT16),
    ("int8 weights only", Precision.DYNAMIC),
    ("fully int8", Precision.INT8),
    ("int8 with float islands", Precision.INT8),
    ("int16 activations", Precision.INT16X8),
)
"""How the verdict of an inspection begins, and the precision that is meant."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Selection:
    """What is to be verified.

    Attributes:
        artifacts: (name in the report, file), in order.
        reference: What they are compared with; a path where that is a model, or a file of scores made elsewhere.
        run: The run whose manifest says which data; None where no run is known.
        is_whole_run: Whether the user named the run itself, so that its verification.json is to be written.
        external_files: The files among the artifacts that were made elsewhere: no run's manifest lists them.
    """

    artifacts: tuple[tuple[str, Artifact], ...]
    reference: Reference | Path
    run: RunFolder | None
    is_whole_run: bool
    external_files: frozenset[Path] = frozenset()

    @property
    def is_reference_external(self) -> bool:
        """Whether the reference is a file that no run's manifest lists."""
        return isinstance(self.reference, Path) and not is_artifact_of_a_run(self.reference)


def select(targets: Sequence[Path], reference: Path | None) -> Selection:
    """The run or the artifacts that `targets` name, with their reference.

    Args:
        targets: Nothing (the newest run), one run folder or the name of one under `exported/`, or model files.
        reference: A run folder, a `reference.npz`, a model, or a file of scores; None: that of the run.

    Raises:
        RunFolderError: A run is missing, broken, or holds a file that was changed.
        ArtifactError: A model file is missing, empty, or of another format.
        VerificationError: Nothing says which reference is meant.
        UsageError: Folders and files are mixed.
    """
    targets = list({target.resolve(): target for target in targets}.values())  # a file that is named twice is run once
    if any(_is_folder(target) for target in targets) and len(targets) > 1:
        raise UsageError("Name one run folder, or any number of model files; received a folder and something else.")
    if not targets or _is_folder(targets[0]):
        return _whole_run(RunFolder.named(targets[0] if targets else None), reference)
    return _files(targets, reference) if reference else _files_of_a_run(targets)


def load_reference(path: Path) -> Reference | Path:
    """The reference in a run folder or in a `reference.npz`; `path` itself for a model or a file of scores.

    Raises:
        RunFolderError: It is none of these, or is not there.
        ArtifactError: It is a model file that is empty, cannot be read, or is larger than its format can be.
    """
    if path.is_dir():
        return RunFolder(path).reference()
    owner = owner_of(path)
    if owner and path.resolve() == owner.model_path and owner.reference_path.is_file():
        return owner.reference()
    suffix = path.suffix.lower()
    if suffix == ".npz" and not _is_file_of_scores(path):
        return Reference.load(path)
    if suffix not in (*MODEL_SUFFIXES, *SCORE_SUFFIXES):
        raise RunFolderError(
            f"{path} is not a reference. Expected a run folder, a reference.npz, a model "
            f"({', '.join(MODEL_SUFFIXES)}) or a file of scores ({', '.join(SCORE_SUFFIXES)})."
        )
    if not path.is_file():
        raise RunFolderError(f"There is no file {path}. Expected the reference: a model, scores or a run folder.")
    if suffix in (f".{name}" for name in Format):
        model_size(path)
    return path


def is_artifact_of_a_run(path: Path) -> bool:
    """Whether the manifest of the run that `path` lies in lists this very file."""
    owner = owner_of(path)
    if owner is None:
        return False
    try:
        owner.check_file(path.resolve().relative_to(owner.path))
    except RunFolderError:
        return False
    return True


def _is_file_of_scores(path: Path) -> bool:
    """Whether an .npz holds scores, but does not say as edgekit's own do on which data."""
    import zipfile

    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return "scores" in arrays and "dataset_sha256" not in arrays
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile):
        return False


def choose_candidates(
    artifacts: Sequence[tuple[str, Artifact]], runtimes: Sequence[str], precisions: Sequence[Precision]
) -> list[Candidate]:
    """Every artifact in every runtime that reads its format; empty sequences choose all.

    Raises:
        UnknownNameError: There is no such runtime.
        PluginError: Another package brings a runtime that was named, and it cannot be used.
        VerificationError: Nothing is left, or a precision was asked for that no artifact has.
    """
    chosen = [(name, RUNTIMES.load(name)) for name in runtimes] or RUNTIMES.load_all()
    formats = {name: runtime.format for name, runtime in chosen}
    present = {artifact.precision for _, artifact in artifacts}
    if missing := [precision.value for precision in precisions if precision not in present]:
        have = ", ".join(sorted(precision or "unknown" for precision in present))
        raise VerificationError(
            f"There is no {' and no '.join(missing)} artifact here, but: {have or 'none'}. Export it first."
        )
    candidates = [
        Candidate(artifact=artifact, runtime=runtime, name=name)
        for name, artifact in artifacts
        if not precisions or artifact.precision in precisions
        for runtime, readable in formats.items()
        if readable is artifact.format
    ]
    if not candidates:
        raise VerificationError(
            f"There is nothing to verify: {counted(len(artifacts), 'artifact')}, none of which "
            f"{', '.join(formats)} reads. Export one first: edgekit export"
        )
    return candidates


def data_of(run: RunFolder | None) -> str:
    """The data set that the manifest of `run` names, as `--data` wants it; raises VerificationError."""
    name = _dataset_entry(run).get("name")
    if not isinstance(name, str):
        raise VerificationError("Nothing says which data to verify on. Name it: --data NAME or --data NAME:PATH")
    return name


def image_size_of(selection: Selection) -> tuple[int, int] | None:
    """(height, width) that the models take: the manifest says it, or the first file that does; None: nobody.

    A size that no image has is that of a damaged file; its row will say so.
    """
    shape = _dataset_entry(selection.run).get("image_shape")
    if isinstance(shape, list) and len(shape) == 3 and all(isinstance(size, int) for size in shape):
        return shape[0], shape[1]
    for info in filter(None, (_inspected(artifact) for _, artifact in selection.artifacts)):
        if info.image_size and max(info.image_size) <= MAX_SIDE:
            return info.image_size
    return None


def _dataset_entry(run: RunFolder | None) -> dict[str, Any]:
    entry = run.manifest.get("dataset") if run else None
    return entry if isinstance(entry, dict) else {}


def _inspected(artifact: Artifact) -> ModelInfo | None:
    """What the file says of itself; None where it cannot be read, which its row will say."""
    try:
        return inspect_file(artifact.path)
    except ArtifactError:
        return None


def identify(path: Path) -> Artifact:
    """The artifact at `path`; where its name says no precision, its content does."""
    artifact = Artifact.from_file(path)
    if artifact.precision is not None:
        return artifact
    info = _inspected(artifact)
    return replace(artifact, precision=precision_in(info.quantization.verdict) if info else None)


def precision_in(verdict: str) -> Precision | None:
    """The precision that `edgekit.inspection.Quantization.verdict` stands for; None where it is not known."""
    return next((precision for words, precision in _PRECISIONS if verdict.startswith(words)), None)


def _whole_run(run: RunFolder, reference: Path | None) -> Selection:
    artifacts = tuple((one.path.relative_to(run.path).as_posix(), one) for one in run.artifacts())
    if not artifacts:
        raise VerificationError(f"{run.path} holds no artifact. Export one first: edgekit export {run.path}")
    return Selection(
        artifacts=artifacts,
        reference=load_reference(reference) if reference else run.reference(),
        run=run,
        is_whole_run=True,
    )


def _files(paths: Sequence[Path], reference: Path) -> Selection:
    return Selection(
        artifacts=tuple(zip(_names(paths), map(identify, paths), strict=True)),
        reference=load_reference(reference),
        run=RunFolder(reference) if reference.is_dir() else owner_of(reference),
        is_whole_run=False,
        external_files=frozenset(path for path in paths if not is_artifact_of_a_run(path)),
    )


def _names(paths: Sequence[Path]) -> list[str]:
    """The files' own names, or their paths as they were given where two have the same name."""
    names = [path.name for path in paths]
    return names if len(set(names)) == len(names) else [path.as_posix() for path in paths]


def _files_of_a_run(paths: Sequence[Path]) -> Selection:
    for path in paths:
        Artifact.from_file(path)
    run = owner_of(paths[0])
    if run is None or any(run.path not in path.resolve().parents for path in paths):
        raise VerificationError(
            f"Nothing says what to compare with: the files do not all lie in one run folder. Name it in "
            f"--reference: the float model (.keras, .h5, .onnx, .tflite), a file of its scores (.npz, .npy), or a run "
            f"folder. To see the accuracy alone, and whether the runtimes agree, name the file itself: "
            f"--reference {paths[0]}"
        )
    names = [path.resolve().relative_to(run.path) for path in paths]
    return Selection(
        artifacts=tuple((name.as_posix(), run.checked_artifact(name)) for name in names),
        reference=run.reference(),
        run=run,
        is_whole_run=False,
    )


def _is_folder(target: Path) -> bool:
    return target.is_dir() or not (target.exists() or target.suffix)


def owner_of(path: Path) -> RunFolder | None:
    """The run folder (its path resolved) that `path` lies in or one folder deeper; None where there is none."""
    folders = [folder for folder in path.resolve().parents[:2] if (folder / "manifest.json").is_file()]
    return RunFolder(folders[0]) if folders else None
