"""What a bundle holds: every file of it, from what was measured. Runs nothing, writes nothing."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit import __version__
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
from edgekit.bundle.archive.signing import sign
from edgekit.bundle.archive.writing import Content, digest_of, size_of
from edgekit.bundle.card.card import CardFacts, model_card
from edgekit.bundle.code.generator import generated_code
from edgekit.bundle.golden.measuring import MeasuredFile
from edgekit.bundle.golden.vectors import GoldenFiles
from edgekit.bundle.model import BundledModel
from edgekit.bundle.subject import Subject
from edgekit.clients.stored import stored_runs_in
from edgekit.datasets import Dataset
from edgekit.exporting.description import labels_text
from edgekit.foundation.errors import BundleError
from edgekit.inspection.info import ModelInfo
from edgekit.rendering.pages.verification import verification_page
from edgekit.runs.summary import read_report
from edgekit.verification.verdict.targets import Target

if TYPE_CHECKING:
    pass


def bundled_model(
    subject: Subject, measured: MeasuredFile, infos: Mapping[Path, ModelInfo], golden: GoldenFiles
) -> BundledModel:
    """What generated code and the card know of one file; raises BundleError if it takes other images."""
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


def files_of(
    subject: Subject,
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
        runs_in={model.file: stored_runs_in(run, model.file, model.sha256) for model in models},
    )
    files[CARD] = model_card(facts).encode()
    return files


def with_lists(subject: Subject, files: dict[str, Content], key: Path | None) -> dict[str, Content]:
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
