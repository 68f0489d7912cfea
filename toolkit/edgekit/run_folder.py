"""The layout of one run folder: names, atomic writes, checksums, the manifest, the reference.

Knows nothing of training, export or verification; they all meet here. A run folder holds only
relative paths, so it can be copied to another machine and verified there.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Artifact, Format, Precision, sha256_of
from edgekit.errors import RunFolderError, UsageError
from edgekit.grammar import counted
from edgekit.manifest import SCHEMA_VERSION, check_manifest
from edgekit.mapped import LARGE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RUNS_FOLDER = Path("exported")
"""Where runs are made and looked for unless the user names another place."""

LARGEST_JSON_BYTES = 2**28
"""Far more than a verification of a thousand classes in every runtime."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; renamed to `path` on success, removed on failure.

    The temporary name keeps the suffixes of `path`, because Keras and numpy choose a format by them.
    Raises RunFolderError in place of OSError (a full disk, a read-only folder); `path` is then as before.
    """
    try:
        with (
            _made_folder(path.parent),
            tempfile.TemporaryDirectory(prefix=_WRITING, dir=path.parent) as folder,
            _claimed(Path(folder)),
        ):
            _remove_abandoned(path.parent)
            temporary = Path(folder) / path.name
            yield temporary
            temporary.replace(path)
    except OSError as error:
        raise RunFolderError(
            f"Could not write {path}: {error.strerror or error}. Nothing was changed; free space or "
            f"permission is needed there."
        ) from error


_WRITING = ".writing-"


@contextmanager
def _claimed(folder: Path) -> Iterator[bool]:
    """Hold `folder` while the block runs, as long as this process lives; False where another one holds it."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing is claimed, and nothing removed
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = True
    except OSError:  # held by another process, or a file system without locks
        is_ours = False
    try:
        yield is_ours
    finally:
        os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    """Remove what writers left in `parent` that were killed; never what another one is writing right now."""
    for folder in parent.glob(f"{_WRITING}*"):
        with suppress(OSError), _claimed(folder) as is_ours:
            if is_ours and time.time() - folder.stat().st_mtime > _SETTLED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


_SETTLED_SECONDS = 60
"""After this a writer has claimed the folder that it made."""


@contextmanager
def _made_folder(folder: Path) -> Iterator[None]:
    """Make `folder` where it is missing; after an error, what was made and is still empty is removed."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in missing:
            with suppress(OSError):
                each.rmdir()
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that it holds either the old bytes or the new ones."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` as UTF-8 to `path`, atomically; what UTF-8 cannot say (odd file names) becomes "?"."""
    write_bytes(path, content.encode(errors="replace"))


def write_json(path: Path, document: object) -> None:
    """Write `document` as indented JSON to `path`, atomically; NaN and infinity are refused."""
    write_text(path, json.dumps(document, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The JSON document in `path`; raises RunFolderError if it is missing, broken, or larger than any of ours."""
    try:
        if (size := path.stat().st_size) > LARGEST_JSON_BYTES:
            raise ValueError(f"it has {size:,} bytes, expected at most {LARGEST_JSON_BYTES:,}")  # noqa: TRY301
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunFolderError(f"There is no {path}. Expected a file that edgekit wrote.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(f"{path} cannot be read as JSON: {error}. Restore it or make the run again.") from error


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The float model's answers on the test split: what every candidate is compared with.

    Attributes:
        scores: float32 (N, C), one row an image, in the order of the test split; probabilities.
        labels: int64 (N,), the true classes, 0 to C - 1.
        dataset_sha256: `Dataset.sha256` of the data set whose test split was scored.
        class_names: C names, in the order of the columns of `scores`.
    """

    scores: "NDArray[np.float32]"
    labels: "NDArray[np.int64]"
    dataset_sha256: str
    class_names: tuple[str, ...]

    def save(self, path: Path) -> None:
        """Write as `.npz`, atomically."""
        import numpy as np

        with atomic_path(path) as temporary:
            np.savez_compressed(
                temporary,
                scores=self.scores,
                labels=self.labels,
                dataset_sha256=np.array(self.dataset_sha256),
                class_names=np.array(self.class_names),
            )

    @classmethod
    def load(cls, path: Path) -> "Reference":
        """Read what `save` wrote; raises RunFolderError if it is missing, broken or inconsistent."""
        import zipfile
        import zlib

        import numpy as np

        try:
            if path.is_file() and not zipfile.is_zipfile(path):
                raise ValueError("it is no .npz file, or not a whole one")  # noqa: TRY301 - numpy would ask for a pickle
            with np.load(path, allow_pickle=False) as arrays:
                return cls._from_arrays(path, arrays)
        except FileNotFoundError as error:
            raise RunFolderError(f"There is no reference {path}. Expected a reference.npz of edgekit train.") from error
        except (
            OSError,
            EOFError,
            LookupError,
            MemoryError,
            NotImplementedError,
            TypeError,
            ValueError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:  # what numpy and zipfile let through where a file is damaged or something else
            raise RunFolderError(
                f"{path} is not a reference that edgekit wrote ({error}). Expected an .npz with scores, "
                f"labels, dataset_sha256 and class_names. Train again, or restore the file."
            ) from error

    @classmethod
    def _from_arrays(cls, path: Path, arrays: Mapping[str, Any]) -> "Reference":
        import numpy as np

        scores, labels, names = _scores_in(arrays), arrays["labels"], arrays["class_names"]
        kinds = (scores.dtype.kind, labels.dtype.kind, names.dtype.kind)
        if kinds not in (("f", "i", "U"), ("f", "u", "U")) or labels.ndim != 1 or names.ndim != 1:
            raise RunFolderError(
                f"{path} is not a reference that edgekit wrote: scores are {scores.dtype}, labels {labels.dtype} of "
                f"shape {labels.shape}, class names {names.dtype} of shape {names.shape}. Expected numbers, whole "
                f"numbers and a list of texts. Train again, or restore the file."
            )
        if scores.shape != (len(labels), len(names)):
            raise RunFolderError(
                f"{path} contradicts itself: scores of shape {scores.shape} for {counted(len(labels), 'label')} "
                f"and {counted(len(names), 'class')}. Restore the file or train again."
            )
        return cls(
            scores=scores.astype(np.float32, copy=False),
            labels=labels.astype(np.int64, copy=False),
            dataset_sha256=str(arrays["dataset_sha256"]),
            class_names=tuple(str(name) for name in names),
        )


def _scores_in(arrays: Any) -> Any:
    """The array `scores` of an open .npz; a large one as a mapped file without a name, if there is room for it."""
    import shutil

    import numpy as np

    member = next((one for one in arrays.zip.infolist() if one.filename == "scores.npy"), None)
    if member is None or member.file_size < LARGE:
        return arrays["scores"]
    try:
        with tempfile.TemporaryFile(prefix="edgekit-") as file, arrays.zip.open(member) as packed:
            shutil.copyfileobj(packed, file, 2**20)
            file.seek(0)
            if np.lib.format.read_magic(file) != (1, 0):
                return arrays["scores"]
            shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
            if is_fortran or dtype.hasobject:
                return arrays["scores"]
            return np.memmap(file, dtype=dtype, mode="r", offset=file.tell(), shape=shape)
    except OSError:  # no room: then memory it is
        return arrays["scores"]


def check_outside_runs(path: Path) -> None:
    """Raise UsageError where a new run at `path` would lie in the folder of another one."""
    for parent in path.resolve().parents:
        if (parent / "manifest.json").is_file() and (parent / "model.keras").is_file():
            raise UsageError(
                f"{path} lies inside the run {parent.name}, which holds its own files alone. Name another folder with "
                f"--out."
            )


class RunFolder:
    """One run on disk. Every path of the layout is an attribute; the manifest says what belongs to it.

    Args:
        path: The folder. It must hold a manifest; use `create` for a new one.
    """

    def __init__(self, path: Path) -> None:
        if path.is_file():
            raise RunFolderError(f"{path} is a file. Expected a run folder, as edgekit train makes it.")
        if not path.is_dir():
            raise RunFolderError(f"There is no run folder {path}. Train one: edgekit train --out {path}")
        self.path = path
        self.manifest_path = path / "manifest.json"
        if not self.manifest_path.is_file():
            raise RunFolderError(
                f"{path} is not a run folder: it has no manifest.json. Expected a folder made by edgekit train, "
                f"or by edgekit export MODEL.keras --out."
            )
        self.manifest = check_manifest(self.manifest_path, read_json(self.manifest_path))

    @classmethod
    def create(cls, path: Path, manifest: Mapping[str, Any]) -> "RunFolder":
        """Make the folder `path` with `manifest` (any JSON object; `files` starts empty)."""
        write_json(path / "manifest.json", {"schema_version": SCHEMA_VERSION, **manifest, "files": {}})
        return cls(path)

    @classmethod
    def newest(cls, root: Path = RUNS_FOLDER) -> "RunFolder":
        """The run under `root` whose manifest is the newest; raises RunFolderError where there is none."""
        manifests = sorted(root.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime)
        if not manifests:
            raise RunFolderError(f"There is no run under {root.resolve()}. Make one first: edgekit train")
        return cls(manifests[-1].parent)

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.resolve().name

    @property
    def model_path(self) -> Path:
        """The float Keras model."""
        return self.path / "model.keras"

    @property
    def history_path(self) -> Path:
        """One row an epoch."""
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

    def artifact_path(self, artifact_format: Format, precision: Precision, variant: str = "") -> Path:
        """Where the artifact of this format and precision lies: model-int8.tflite, model-VARIANT-int8.tflite."""
        words = ["model", *([variant] if variant else []), precision.value]
        return self.path / artifact_format.value / f"{'-'.join(words)}.{artifact_format.value}"

    def artifacts(self) -> list[Artifact]:
        """Every artifact that the manifest lists, in its order; raises if one is missing or changed."""
        paths = [Path(name) for name in self.manifest["files"]]
        chosen = [path for path in paths if path.parent.name in list(Format)]
        return [self.checked_artifact(path) for path in chosen]

    def export_entry(self, path: Path) -> dict[str, Any]:
        """What the manifest says of how the artifact at `path` in this folder was made; empty where it says nothing."""
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

    def record(self, *paths: Path, **entries: Any) -> None:
        """List files of this folder in the manifest, with size and SHA-256, and set top-level `entries`."""
        for path in paths:
            self.manifest["files"][path.relative_to(self.path).as_posix()] = {
                "size_bytes": path.stat().st_size,
                "sha256": sha256_of(path),
            }
        self.manifest.update(entries)
        write_json(self.manifest_path, self.manifest)

    def reference(self) -> Reference:
        """The reference scores, checked against the manifest."""
        self.check_file(self.reference_path.relative_to(self.path))
        return Reference.load(self.reference_path)
