"""The layout of one run folder: names, checksums, the manifest.

Knows nothing of training, export or verification; they all meet here. A run folder holds only
relative paths, so it can be copied to another machine and verified there.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgekit.artifact import Artifact, Format, Precision, sha256_of
from edgekit.foundation.atomic_files import write_json
from edgekit.foundation.errors import RunFolderError, UsageError
from edgekit.foundation.files.documents import read_json
from edgekit.foundation.files.folder_lock import folder_lock
from edgekit.foundation.files.given_path import given_path
from edgekit.foundation.grammar import for_shell
from edgekit.runs.manifest import SCHEMA_VERSION, check_manifest
from edgekit.runs.reference import Reference

RUNS_FOLDER = Path("exported")
"""The folder for runs unless the user names another one."""

SAVED_MODEL = "saved_model"
"""The folder that holds the float model if it is a SavedModel of TensorFlow."""


def check_outside_runs(path: Path) -> None:
    """Raise UsageError if a new run at `path` would lie in the folder of another one."""
    for parent in path.resolve().parents:
        has_model = (parent / "model.keras").is_file() or (parent / SAVED_MODEL).is_dir()
        if has_model and (parent / "manifest.json").is_file():
            raise UsageError(
                f"{path} lies inside the run {parent.name}, which holds only its own files. Name another folder with "
                f"--out."
            )


def names_run(targets: Sequence[Path]) -> bool:
    """Whether a user names a run, or nothing, which means the newest; False: model files.

    A run is a folder, or a name without a suffix where no file is: one under RUNS_FOLDER.

    Raises:
        UsageError: A folder is named beside something else.
    """
    are_runs = [path.is_dir() or not (path.exists() or path.suffix) for path in targets]
    if any(are_runs) and len(targets) > 1:
        raise UsageError("Name one run folder, or any number of model files; received a folder and something else.")
    return all(are_runs)


def runs_under(root: Path) -> list[Path]:
    """The run folders directly under `root`, sorted; raises RunFolderError if there is none."""
    found = sorted(manifest.parent for manifest in root.glob("*/manifest.json"))
    if not found:
        raise RunFolderError(f"There is no run under {root.resolve()}. Make one first: edgekit train")
    return found


def find_run(path: Path) -> Path:
    """`path` as it is if something is there; else the run of that name under RUNS_FOLDER, if there is one."""
    return path if path.exists() or not (RUNS_FOLDER / path).is_dir() else RUNS_FOLDER / path


def folder_around(path: Path) -> Path | None:
    """The folder with a manifest that `path` lies in, directly or one folder deeper; None if there is none."""
    return next((folder for folder in path.resolve().parents[:2] if (folder / "manifest.json").is_file()), None)


def check_links(run: Path) -> None:
    """Raise RunFolderError if a link below the folder `run` leads out of it.

    A run may come from a stranger: what is read from it, or written into it, stays inside.
    """
    inside = Path(os.path.realpath(run))
    folders = [run]
    while folders:
        for entry in _entries(folders.pop()):
            if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(inside):
                raise RunFolderError(
                    f"{entry.path} is a link that leads out of its run, to {Path(entry.path).readlink()}. A run holds "
                    f"only files of its own folder: replace the link by the file, or remove it."
                )
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))


def _entries(folder: Path) -> "list[os.DirEntry[str]]":
    """What lies in a folder; nothing if it cannot be read; reading its files reports that."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


class RunFolder:
    """One run on disk. Every path of the layout is an attribute; the manifest says what belongs to it.

    Args:
        path: The folder. It must hold a manifest; use `create` for a new one.

    Raises:
        RunFolderError: There is no run, its manifest cannot be believed, or a link in it leads out of it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        path = given_path(path)
        if path.is_file():
            raise RunFolderError(f"{path} is a file. Expected a run folder, as edgekit train makes it.")
        if not path.is_dir():
            raise RunFolderError(f"There is no run folder {path}. Train one: edgekit train --out {for_shell(path)}")
        self.path = path
        self.manifest_path = path / "manifest.json"
        if not self.manifest_path.is_file():
            raise RunFolderError(
                f"{path} is not a run folder: it has no manifest.json. Expected a folder made by edgekit train, "
                f"or by edgekit export MODEL.keras --out."
            )
        check_links(path)  # not before: it goes through all below, and the folder may be a whole disk
        self.manifest = check_manifest(self.manifest_path, read_json(self.manifest_path, Any))

    @classmethod
    def create(cls, path: str | os.PathLike[str], manifest: Mapping[str, Any]) -> "RunFolder":
        """Make the folder `path` with `manifest` (any JSON object; `files` starts empty)."""
        document = {"schema_version": SCHEMA_VERSION, **manifest, "files": {}}
        write_json(given_path(path) / "manifest.json", document, is_durable=True)
        return cls(path)

    @classmethod
    def named(cls, path: str | os.PathLike[str] | None) -> "RunFolder":
        """The run at `path`, or the one of that name under RUNS_FOLDER; None: the one whose manifest is the newest.

        Raises:
            RunFolderError: There is no such run, or it is broken.
        """
        if path is None:
            return cls(max(runs_under(RUNS_FOLDER), key=lambda run: (run / "manifest.json").stat().st_mtime))
        return cls(find_run(given_path(path)))

    def __repr__(self) -> str:
        return f"<RunFolder {self.path}>"

    def __fspath__(self) -> str:
        """The folder: a run can be given wherever a path can."""
        return str(self.path)

    @contextmanager
    def locked(self, say: Callable[[str], None] | None = None) -> Iterator[None]:
        """Let no other command write into this run while the block runs; the manifest is read again first.

        Args:
            say: Called once, with a sentence, if another command holds the lock.

        Raises:
            RunFolderError: The manifest was damaged or removed meanwhile.
        """
        with folder_lock(self.path, say):
            self.manifest = check_manifest(self.manifest_path, read_json(self.manifest_path, Any))
            yield

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.resolve().name

    @property
    def is_external(self) -> bool:
        """Whether its model was trained elsewhere, and only exported by edgekit."""
        return "source" in self.manifest

    @property
    def model_path(self) -> Path:
        """The float Keras model."""
        return self.path / "model.keras"

    @property
    def saved_model_path(self) -> Path:
        """The float model if it is a SavedModel, a folder; there instead of `model_path`."""
        return self.path / SAVED_MODEL

    @property
    def history_path(self) -> Path:
        """One row per epoch."""
        return self.path / "history.csv"

    @property
    def reference_path(self) -> Path:
        """The float model's scores on the test split."""
        return self.path / "reference.npz"

    @property
    def report_path(self) -> Path:
        """The float model's classification report."""
        return self.path / "report.json"

    @property
    def figures_path(self) -> Path:
        """The folder of PNG figures."""
        return self.path / "figures"

    @property
    def calibration_path(self) -> Path:
        """Which training images calibrated the int8 artifacts."""
        return self.path / "calibration.json"

    @property
    def learned_ranges_path(self) -> Path:
        """Ranges of activations that quantization-aware training has learned; there after such a training only."""
        return self.path / "learned-ranges.json"

    @property
    def verification_path(self) -> Path:
        """The last verification, as JSON."""
        return self.path / "verification.json"

    @property
    def verification_page_path(self) -> Path:
        """The last verification, as a page."""
        return self.path / "verification.html"

    @property
    def model_report_path(self) -> Path:
        """The page of the model itself: how it was trained, and how good it is."""
        return self.path / "model-report.html"

    @property
    def existing_verification_page(self) -> Path | None:
        """The page of the last verification, under its present name or that of older versions; None: there is none."""
        pages = (self.verification_page_path, self.path / "report.html")
        return next((page for page in pages if page.is_file()), None)

    def artifact_path(self, artifact_format: Format, precision: Precision, variant: str = "") -> Path:
        """Where the artifact of this format and precision lies: model-int8.tflite, model-VARIANT-int8.tflite."""
        words = ["model", *([variant] if variant else []), precision.value]
        return self.path / artifact_format.value / f"{'-'.join(words)}.{artifact_format.value}"

    def artifacts(self) -> list[Artifact]:
        """Every artifact that the manifest lists, in its order; raises if one is missing or changed."""
        paths = [Path(name) for name in self.manifest["files"]]
        chosen = [path for path in paths if path.parent.name in list(Format) and path.suffix == f".{path.parent.name}"]
        return [self.checked_artifact(path) for path in chosen]

    def export_entry(self, path: Path) -> dict[str, Any]:
        """What the manifest says of how the artifact at `path` in this folder was made; empty if it says nothing."""
        entry = self.manifest.get("exports", {}).get(path.resolve().relative_to(self.path.resolve()).as_posix())
        return dict(entry) if isinstance(entry, dict) else {}

    def checked_artifact(self, relative: Path) -> Artifact:
        """The artifact at `relative`; raises RunFolderError if it is not what the manifest lists."""
        self.check_file(relative)
        return Artifact.from_file(self.path / relative)

    def check_file(self, relative: Path) -> None:
        """Raise RunFolderError unless the file's size and SHA-256 are those in the manifest."""
        listed = self.manifest["files"].get(relative.as_posix())
        path = self.path / relative
        if listed is None:
            raise RunFolderError(f"{path} is not in the manifest of its run. Export it again with edgekit export.")
        if not path.is_file():
            raise RunFolderError(f"{path} is listed in the manifest but is not there. Restore it or export again.")
        size = path.stat().st_size
        has_size = size == listed["size_bytes"]  # a file of another size is not read: it may be huge
        if not has_size or sha256_of(path) != listed["sha256"]:
            raise RunFolderError(
                f"{path} was changed after its run's manifest was written: expected {listed['size_bytes']} bytes "
                f"with SHA-256 {listed['sha256'][:12]}…, received {size} bytes"
                f"{f' with {sha256_of(path)[:12]}…' if has_size else ''}. Restore the file or export again."
            )

    def lists(self, path: Path) -> bool:
        """Whether the manifest lists the file at `path`, which lies in this folder, byte by byte."""
        try:
            self.check_file(path.resolve().relative_to(self.path.resolve()))
        except RunFolderError:
            return False
        return True

    def record(self, *paths: Path, **entries: Any) -> None:
        """List files of this folder in the manifest, with size and SHA-256, and set top-level `entries`."""
        for path in paths:
            self.manifest["files"][path.relative_to(self.path).as_posix()] = {
                "size_bytes": path.stat().st_size,
                "sha256": sha256_of(path),
            }
        self.manifest.update(entries)
        write_json(self.manifest_path, self.manifest, is_durable=True)

    def unlisted_models(self) -> list[str]:
        """Model files beside the listed ones that the manifest does not list, as paths below the run."""
        found = [path for each in Format for path in (self.path / each.value).glob(f"*.{each.value}")]
        names = (path.relative_to(self.path).as_posix() for path in sorted(found))
        return [name for name in names if name not in self.manifest["files"]]

    def forget(self, path: Path) -> bool:
        """List the artifact at `path` no longer; `record` writes that down. Whether it was listed."""
        name = path.relative_to(self.path).as_posix()
        self.manifest.get("exports", {}).pop(name, None)
        return self.manifest["files"].pop(name, None) is not None

    def reference(self) -> Reference:
        """The reference scores, checked against the manifest."""
        self.check_file(self.reference_path.relative_to(self.path))
        return Reference.load(self.reference_path)
