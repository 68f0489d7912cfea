"""What is bundled, before anything is run: the files of a run, their verification, their golden images."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Artifact
from edgekit.bundle.golden.choice import NUM_IMAGES, choose
from edgekit.bundle.golden.images import GoldenImage, images_of, synthetic
from edgekit.datasets import Dataset
from edgekit.datasets.images.form import ImageForm
from edgekit.datasets.images.rule import DEFAULT_RULE, ImageRule
from edgekit.execution.file_inspection import FileInspector
from edgekit.foundation.errors import BundleError
from edgekit.inspection.info import ModelInfo
from edgekit.rendering.stored_report import load_stored_report
from edgekit.runs.folder import RunFolder
from edgekit.verification.verdict.report import Verdict, VerificationReport
from edgekit.verification.verdict.targets import Target

if TYPE_CHECKING:
    import numpy as np

OUTDATED = "The file was exported again since it was verified, so the measurement is of other bytes."


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """What is bundled, before anything is run.

    Attributes:
        run: The run.
        target: Of the request.
        artifacts: The files.
        labels: Class names.
        report: The run's verification as it holds now.
        problems: See `BundleReport`.
        rule: How the run's images were resized; None if they have a fixed size.
    """

    run: RunFolder
    target: Target | None
    artifacts: tuple[Artifact, ...]
    labels: tuple[str, ...]
    report: VerificationReport | None
    problems: tuple[str, ...]
    rule: ImageRule | None

    def name_of(self, artifact: Artifact) -> str:
        """The file as it is named in run and bundle."""
        return artifact.path.relative_to(self.run.path).as_posix()


def report_of(run: RunFolder) -> VerificationReport | None:
    """The run's verification as it holds now; it names no path of this machine."""
    if not run.verification_path.is_file():
        return None
    report = load_stored_report(run.path)
    rows = [
        row if row.verdict is not Verdict.OUTDATED else replace(row, reasons=(OUTDATED,), summary=OUTDATED)
        for row in report.candidates
    ]
    return replace(report, candidates=tuple(rows))


def inspected_files(subject: Subject) -> dict[Path, ModelInfo]:
    """What the files say of themselves, read in a worker; raises BundleError if one cannot be read."""
    inspector = FileInspector()
    inspector.read(one.path for one in subject.artifacts)
    found = {}
    for one in subject.artifacts:
        inspected = inspector.of(one.path)
        if inspected.info is None:
            raise BundleError(inspected.fault)
        found[one.path] = inspected.info
    return found


def golden_images(
    subject: Subject, dataset: Dataset | None, infos: Mapping[Path, ModelInfo]
) -> tuple[GoldenImage, ...]:
    """Those chosen of the test split, or synthetic ones if there is no data; raises BundleError."""
    entry = subject.run.manifest.get("dataset", {})
    if dataset is not None:
        height, width, channels = dataset.image_shape
    elif "image_shape" in entry:
        height, width, channels = entry["image_shape"]
    else:
        info = next(iter(infos.values()))
        if info.image_size is None:
            raise BundleError(f"{info.file} leaves the size of its images open, so no image can be made for it.")
        (height, width), channels = info.image_size, info.channels or 3
    form = ImageForm(size=(height, width), channels=channels, rule=subject.rule or DEFAULT_RULE)
    if dataset is None:
        return synthetic(NUM_IMAGES, form, is_resized=subject.rule is not None)
    scores = _reference_scores(subject, dataset)
    return images_of(dataset, choose(dataset.test.labels, scores, _flipped(subject)), form)


def _reference_scores(subject: Subject, dataset: Dataset) -> "np.ndarray[Any, Any] | None":
    """The float model's scores on the test split; None if the run has none of this split."""
    run = subject.run
    if run.reference_path.name not in run.manifest["files"]:
        return None
    reference = run.reference()
    fits = reference.dataset_sha256 == dataset.sha256 and len(reference.labels) == len(dataset.test)
    return reference.scores if fits else None


def _flipped(subject: Subject) -> list[int]:
    """The images that the bundled files classify otherwise than the float model, once for each row that says so."""
    names = {subject.name_of(one) for one in subject.artifacts}
    rows = subject.report.candidates if subject.report else ()
    return [
        image.index
        for row in rows
        if row.artifact in names and row.measurement
        for image in row.measurement.flipped_images
    ]
