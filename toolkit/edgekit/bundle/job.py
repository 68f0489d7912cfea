"""A run -> one zip. Calls the parts of `edgekit.bundle` in order; each hands plain values to the next."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgekit.artifact import Precision, sha256_of
from edgekit.bundle.archive.signing import check_can_sign
from edgekit.bundle.archive.writing import Content, write_zip
from edgekit.bundle.files import bundled_model, files_of, with_lists
from edgekit.bundle.golden.images import GoldenImage
from edgekit.bundle.golden.measuring import measure_golden
from edgekit.bundle.golden.vectors import golden_files
from edgekit.bundle.model import BundledModel
from edgekit.bundle.selection import check_num_labels, class_names_of, select
from edgekit.bundle.standing import problems_of
from edgekit.bundle.subject import Subject, golden_images, inspected_files, report_of
from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.datasets.images.rule import ImageRule
from edgekit.datasets.own import load_own
from edgekit.execution.worker.arena import measured_arena
from edgekit.foundation.errors import BundleError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import counted, for_shell
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.runs.folder import RunFolder
from edgekit.verification.verdict.targets import Target


@dataclass(frozen=True, kw_only=True)
class BundleRequest:
    """What a user asks of `edgekit bundle`.

    Attributes:
        run: The run; None: the newest.
        target: Only the files that run there; None: all.
        precisions: Only these; empty: all.
        data: The run's data, loaded or named; None: as the run says, or where this user had it.
        test_data: Where the test images are; None: in `data`.
        skip_broken: Leave broken images out.
        out: The zip; None: NAME-bundle.zip, or NAME-TARGET.zip, in the current folder.
        is_synthetic: No photographs: golden images are synthetic.
        is_unverified_accepted: Bundle files that were never verified, drift, or were exported again since.
        key: The private SSH key that signs; None: not signed.
    """

    run: Path | None = None
    target: Target | None = None
    precisions: Sequence[Precision] = ()
    data: str | Dataset | None = None
    test_data: str | None = None
    skip_broken: bool = False
    out: Path | None = None
    is_synthetic: bool = False
    is_unverified_accepted: bool = False
    key: Path | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class BundleReport(os.PathLike[str]):
    """A bundle that was written; it can be given wherever a path can.

    Attributes:
        path: The zip.
        run: The run that it was made of.
        size_bytes: Of the zip.
        sha256: Of the zip.
        models: The model files in it.
        num_images: Golden images.
        problems: Why the files do not count as verified, whole sentences; empty if they do.
        is_signed: Whether it carries a signature.
    """

    path: Path
    run: RunFolder
    size_bytes: int
    sha256: str
    models: tuple[str, ...]
    num_images: int
    problems: tuple[str, ...] = ()
    is_signed: bool = False

    def __repr__(self) -> str:
        return f"<BundleReport {self.path}: {counted(len(self.models), 'model')}, {self.size_bytes:,} bytes>"

    def __fspath__(self) -> str:
        return str(self.path)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "path": str(self.path),
            "run": str(self.run.path),
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "models": list(self.models),
            "num_images": self.num_images,
            "is_verified": not self.problems,
            "problems": list(self.problems),
            "is_signed": self.is_signed,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class BundleContent:
    """Everything that a bundle holds, before it is written.

    Attributes:
        run: The run that it is made of.
        problems: See `BundleReport`.
        models: The model files, in the order of the run.
        images: The golden images.
        files: Path in the bundle, with "/" -> content.
    """

    run: RunFolder
    problems: tuple[str, ...]
    models: tuple[BundledModel, ...]
    images: tuple[GoldenImage, ...]
    files: Mapping[str, Content]


def default_name(run: RunFolder, target: Target | None) -> str:
    """What the zip is called: "resnet8-bundle.zip", "resnet8-android.zip"."""
    return f"{folder_name(run)}-{target.value if target else 'bundle'}.zip"


def folder_name(run: RunFolder) -> str:
    """The run's name as a folder of the zip, on every file system."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", run.name).strip("-.") or "model"


def bundle_request(request: BundleRequest, *, progress: Progress | None = None) -> BundleReport:
    """Write the bundle that `request` means.

    Raises:
        BundleError: The files are not verified and that was not accepted, do not run, or the labels do not fit.
        EdgekitError: The run, a file of it or its data is missing, changed or broken.
    """
    content = bundle_content(request, progress=progress)
    path = request.out or Path(default_name(content.run, request.target))
    write_zip(path, folder_name(content.run), content.files)
    return BundleReport(
        path=path,
        run=content.run,
        size_bytes=path.stat().st_size,
        sha256=sha256_of(path),
        models=tuple(model.file for model in content.models),
        num_images=len(content.images),
        problems=content.problems,
        is_signed=request.key is not None,
    )


def bundle_content(request: BundleRequest, *, progress: Progress | None = None) -> BundleContent:
    """What the bundle that `request` means holds; writes nothing. Raises as `bundle_request`."""
    import numpy as np

    progress = progress or SilentProgress()
    if request.key is not None:
        check_can_sign(request.key)
    subject = _subject(request)
    infos = inspected_files(subject)
    dataset = None if request.is_synthetic else _load_data(request, subject, progress)
    images = golden_images(subject, dataset, infos)
    costs = {path: info.multiply_adds for path, info in infos.items()}
    with TemporaryFolder() as folder:
        np.save(folder / "images.npy", np.stack([each.pixels for each in images]))
        measured = measure_golden(subject.artifacts, folder / "images.npy", len(images), costs, progress)
    for each in measured:
        check_num_labels(subject.labels, each.tensors.scores.shape[1], subject.name_of(each.artifact))
    by_name = {subject.name_of(each.artifact): each for each in measured}
    golden = golden_files(by_name, images, len(subject.labels))
    models = tuple(_with_arena(bundled_model(subject, each, infos, golden), progress) for each in measured)
    files = files_of(subject, models, golden, infos, dataset)
    return BundleContent(
        run=subject.run,
        problems=subject.problems,
        models=models,
        images=images,
        files=with_lists(subject, files, request.key),
    )


def _with_arena(model: BundledModel, progress: Progress) -> BundledModel:
    """The model with the memory that it needs on a microcontroller, if it is for one."""
    if not model.is_for_microcontrollers:
        return model
    with progress.task(f"memory of {model.file} on a microcontroller", None):
        return replace(model, arena=measured_arena(model.path))


def _subject(request: BundleRequest) -> Subject:
    """What is bundled; raises BundleError if it is not verified, and that was not accepted."""
    run = RunFolder.named(request.run)
    artifacts = select(run, request.target, request.precisions)
    labels = class_names_of(run)
    report = report_of(run)
    names = [one.path.relative_to(run.path).as_posix() for one in artifacts]
    problems = problems_of(names, report, request.target, run.manifest)
    if problems and not request.is_unverified_accepted:
        raise BundleError(
            f"{run.path} is not bundled: {' '.join(problems)} Verify it first: edgekit verify {for_shell(run.path)}. "
            f"To bundle it anyway, with a warning in the first line of its model card, add --unverified."
        )
    stored = run.manifest.get("dataset", {}).get("image_rule")
    return Subject(
        run=run,
        target=request.target,
        artifacts=artifacts,
        labels=labels,
        report=report,
        problems=problems,
        rule=None if stored is None else ImageRule.from_dict(stored),
    )


def _load_data(request: BundleRequest, subject: Subject, progress: Progress) -> Dataset:
    """The data of the run; raises BundleError if it is other data."""
    entry = subject.run.manifest.get("dataset", {})
    shape = entry.get("image_shape")
    wanted = DatasetRequest(
        image_size=(shape[0], shape[1]) if shape else None,
        channels=shape[2] if shape else None,
        rule=subject.rule,
        test_only=True,
        skip_broken=request.skip_broken,
        test_data=request.test_data,
        progress=progress,
    )
    dataset = load_own(entry, wanted) if request.data is None else load_dataset(request.data, wanted)
    if entry.get("sha256") not in (None, dataset.sha256):
        raise BundleError(
            f"These are not the test images of {subject.run.path}: expected SHA-256 {entry['sha256'][:12]}…, received "
            f"{dataset.sha256[:12]}…. Name the run's data with --data, or bundle without photographs: --no-images"
        )
    return dataset
