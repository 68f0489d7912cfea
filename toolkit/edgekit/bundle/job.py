"""A run -> one zip. Calls the parts of `edgekit.bundle` in order; each hands plain values to the next."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit import __version__
from edgekit.artifact import Artifact, Precision, sha256_of
from edgekit.bundle.archive.contents import (
    BUNDLE_JSON,
    CARD,
    LABELS,
    MANIFEST,
    PAGE,
    SCHEMA_VERSION,
    SIGNATURE,
    SUMS,
    VERIFICATION,
    VERIFIED,
    sums_text,
)
from edgekit.bundle.archive.signing import check_can_sign, sign
from edgekit.bundle.archive.writing import Content, digest_of, size_of, write_zip
from edgekit.bundle.card.card import CardFacts, model_card
from edgekit.bundle.code.generator import generated_code
from edgekit.bundle.golden.choice import NUM_IMAGES, choose
from edgekit.bundle.golden.images import GoldenImage, images_of, synthetic
from edgekit.bundle.golden.measuring import MeasuredFile, measure_golden
from edgekit.bundle.golden.vectors import GoldenFiles, golden_files
from edgekit.bundle.model import BundledModel
from edgekit.bundle.selection import check_num_labels, class_names_of, select
from edgekit.bundle.standing import problems_of
from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.datasets.images.form import ImageForm
from edgekit.datasets.images.rule import DEFAULT_RULE, ImageRule
from edgekit.datasets.own import load_own
from edgekit.execution.file_inspection import FileInspector
from edgekit.exporting.description import labels_text
from edgekit.foundation.errors import BundleError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import counted, for_shell
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.inspection import ModelInfo
from edgekit.rendering.pages.verification import verification_page
from edgekit.rendering.stored_report import load_stored_report
from edgekit.runs.folder import RunFolder
from edgekit.runs.summary import read_report
from edgekit.verification.verdict.report import Verdict, VerificationReport
from edgekit.verification.verdict.targets import Target

if TYPE_CHECKING:
    import numpy as np

OUTDATED = "The file was exported again since it was verified: what was measured were other bytes."


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
        is_synthetic: No photographs: golden images are made by a formula.
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
        problems: Why the files do not count as verified, whole sentences; empty where they do.
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
class _Subject:
    """What is bundled, before anything is run.

    Attributes:
        run: The run.
        target: Of the request.
        artifacts: The files.
        labels: Class names.
        report: The run's verification as it holds now.
        problems: See `BundleReport`.
        rule: How the run's images were resized; None where they have a fixed size.
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
    infos = _inspected(subject)
    dataset = None if request.is_synthetic else _load_data(request, subject, progress)
    images = _golden_images(subject, dataset, infos)
    costs = {path: info.multiply_adds for path, info in infos.items()}
    with TemporaryFolder() as folder:
        np.save(folder / "images.npy", np.stack([each.pixels for each in images]))
        measured = measure_golden(subject.artifacts, folder / "images.npy", len(images), costs, progress)
    for each in measured:
        check_num_labels(subject.labels, each.tensors.scores.shape[1], subject.name_of(each.artifact))
    by_name = {subject.name_of(each.artifact): each for each in measured}
    golden = golden_files(by_name, images, len(subject.labels))
    models = tuple(_model(subject, each, infos, golden) for each in measured)
    files = _files(subject, models, golden, infos, dataset)
    return BundleContent(
        run=subject.run,
        problems=subject.problems,
        models=models,
        images=images,
        files=_with_lists(subject, files, request.key),
    )


def _subject(request: BundleRequest) -> _Subject:
    """What is bundled; raises BundleError where it is not verified, and that was not accepted."""
    run = RunFolder.named(request.run)
    artifacts = select(run, request.target, request.precisions)
    labels = class_names_of(run)
    report = _report_of(run)
    names = [one.path.relative_to(run.path).as_posix() for one in artifacts]
    problems = problems_of(names, report, request.target, run.manifest)
    if problems and not request.is_unverified_accepted:
        raise BundleError(
            f"{run.path} is not bundled: {' '.join(problems)} Verify it first: edgekit verify {for_shell(run.path)}. "
            f"To bundle it nevertheless, with a warning in the first line of its model card, give --unverified."
        )
    stored = run.manifest.get("dataset", {}).get("image_rule")
    return _Subject(
        run=run,
        target=request.target,
        artifacts=artifacts,
        labels=labels,
        report=report,
        problems=problems,
        rule=None if stored is None else ImageRule.from_dict(stored),
    )


def _report_of(run: RunFolder) -> VerificationReport | None:
    """The run's verification as it holds now; it names no path of this machine."""
    if not run.verification_path.is_file():
        return None
    report = load_stored_report(run.path)
    rows = [
        row if row.verdict is not Verdict.OUTDATED else replace(row, reasons=(OUTDATED,), summary=OUTDATED)
        for row in report.candidates
    ]
    return replace(report, candidates=tuple(rows))


def _inspected(subject: _Subject) -> dict[Path, ModelInfo]:
    """What the files say of themselves, read in a worker; raises BundleError where one cannot be read."""
    inspector = FileInspector()
    inspector.read(one.path for one in subject.artifacts)
    found = {}
    for one in subject.artifacts:
        inspected = inspector.of(one.path)
        if inspected.info is None:
            raise BundleError(inspected.fault)
        found[one.path] = inspected.info
    return found


def _load_data(request: BundleRequest, subject: _Subject, progress: Progress) -> Dataset:
    """The data of the run; raises BundleError where it is other data."""
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


def _golden_images(
    subject: _Subject, dataset: Dataset | None, infos: Mapping[Path, ModelInfo]
) -> tuple[GoldenImage, ...]:
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


def _reference_scores(subject: _Subject, dataset: Dataset) -> "np.ndarray[Any, Any] | None":
    """The float model's scores on the test split; None where the run has none of this split."""
    run = subject.run
    if run.reference_path.name not in run.manifest["files"]:
        return None
    reference = run.reference()
    fits = reference.dataset_sha256 == dataset.sha256 and len(reference.labels) == len(dataset.test)
    return reference.scores if fits else None


def _flipped(subject: _Subject) -> list[int]:
    """The images that the bundled files classify otherwise than the float model, once for each row that says so."""
    names = {subject.name_of(one) for one in subject.artifacts}
    rows = subject.report.candidates if subject.report else ()
    return [
        image.index
        for row in rows
        if row.artifact in names and row.measurement
        for image in row.measurement.flipped_images
    ]


def _model(
    subject: _Subject, measured: MeasuredFile, infos: Mapping[Path, ModelInfo], golden: GoldenFiles
) -> BundledModel:
    from edgekit.execution.pixels import image_input_for

    artifact, tensors = measured.artifact, measured.tensors
    shape = golden.image_shape
    image = image_input_for(tensors.input.shape[1:], shape)
    if image is None:
        raise BundleError(f"{artifact.path} takes no images of {'x'.join(map(str, shape))}. Export it again.")
    entry = subject.run.export_entry(artifact.path)
    positive = subject.run.manifest.get("reading", {}).get("positive_class")
    return BundledModel(
        name=subject.run.name,
        file=subject.name_of(artifact),
        path=artifact.path.resolve(),
        size_bytes=artifact.size_bytes,
        sha256=artifact.sha256,
        format=artifact.format,
        precision=artifact.precision,
        targets=(subject.target,) if subject.target else tuple(Target),
        input=tensors.input,
        output=tensors.output,
        image=image,
        pixel_range=(0, 255),
        rule=subject.rule,
        output_kind="logits" if entry.get("output") == "logits" else "probabilities",
        labels=subject.labels,
        positive_class=positive,
        operators=tuple(sorted(each.name for each in infos[artifact.path].operators)),
        golden=golden.vectors[subject.name_of(artifact)],
        has_metadata="metadata input" in infos[artifact.path].metadata,
    )


def _files(
    subject: _Subject,
    models: Sequence[BundledModel],
    golden: GoldenFiles,
    infos: Mapping[Path, ModelInfo],
    dataset: Dataset | None,
) -> dict[str, Content]:
    """Every file of the bundle but the lists of them."""
    run, report = subject.run, subject.report
    files: dict[str, Content] = {model.file: model.path for model in models}
    files |= golden.files
    code = {
        f"{model.code_folder}/{path}": content for model in models for path, content in generated_code(model).items()
    }
    files |= code
    files[LABELS] = labels_text(subject.labels).encode()
    files[MANIFEST] = run.manifest_path.read_bytes()
    if report is not None:
        files[VERIFICATION] = run.verification_path.read_bytes()
        page = verification_page(report, run.name, images=dataset.test.images if dataset else None)
        files[PAGE] = page.encode()
    facts = CardFacts(
        name=run.name,
        models=tuple(models),
        report=report,
        problems=subject.problems,
        manifest=run.manifest,
        metadata=tuple(infos[one.path].metadata for one in subject.artifacts),
        golden_choice=golden.choice,
        code=frozenset(code),
        float_report=read_report(run),
    )
    files[CARD] = model_card(facts).encode()
    return files


def _with_lists(subject: _Subject, files: dict[str, Content], key: Path | None) -> dict[str, Content]:
    """The same with bundle.json and SHA256SUMS, and its signature."""
    digests = {path: digest_of(content) for path, content in files.items()}
    document = {
        "schema_version": SCHEMA_VERSION,
        "name": subject.run.name,
        "edgekit": __version__,
        "target": subject.target.value if subject.target else None,
        "status": " ".join(subject.problems) or VERIFIED,
        "models": sorted(subject.name_of(one) for one in subject.artifacts),
        "files": {path: {"size_bytes": size_of(files[path]), "sha256": digests[path]} for path in sorted(files)},
    }
    listed = dict(files)
    listed[BUNDLE_JSON] = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
    sums = sums_text(digests | {BUNDLE_JSON: digest_of(listed[BUNDLE_JSON])}).encode()
    listed[SUMS] = sums
    if key is not None:
        listed[SIGNATURE] = sign(sums, key)
    return listed
