"""The reference of a request, with its scores: those of the run, those in a file, or a model that is run here."""

from dataclasses import replace
from pathlib import Path

from edgekit.artifact import FORMAT_OF_SUFFIX, Precision
from edgekit.datasets import Dataset
from edgekit.execution.candidates import default_time_limit
from edgekit.execution.input_fit import input_fault
from edgekit.execution.model_interface import ModelInterface, decided
from edgekit.exporting.source import digest_of
from edgekit.foundation.errors import VerificationError
from edgekit.foundation.grammar import counted
from edgekit.foundation.progress import Progress
from edgekit.inspection.own_words import NOTHING, OwnWords, own_words
from edgekit.metrics import drift
from edgekit.metrics.own_noise import OwnNoise
from edgekit.metrics.two_classes import TwoClasses
from edgekit.metrics.weaknesses import weaknesses
from edgekit.runs.reference import Reference
from edgekit.runs.summary import TEST_IMAGES_MAY_BE_KNOWN
from edgekit.tolerance import Tolerances
from edgekit.verification.request import ExternalModelOptions, VerifyRequest
from edgekit.verification.subjects.class_labels import decision, own_interface, reference_interface
from edgekit.verification.subjects.identification import identify
from edgekit.verification.subjects.images import some_pixels
from edgekit.verification.subjects.input_check import Sample, find_mistake
from edgekit.verification.subjects.option_names import OptionNames, of_reference
from edgekit.verification.subjects.other_class import score_names
from edgekit.verification.subjects.reference_scores import (
    ScoredReference,
    check_better_than_guessing,
    is_model,
    read_scores,
    run_reference,
    runtime_target,
)
from edgekit.verification.subjects.selection import Selection


def score_reference(
    selection: Selection, dataset: Dataset, request: VerifyRequest, sample: Sample | None, progress: Progress
) -> ScoredReference:
    """The reference and its scores on the test split of `dataset`; its labels are those of the data set.

    Args:
        selection: Says which reference is meant.
        dataset: What the reference must be of.
        request: How an external reference is fed and read, whether that is checked, and how long it may take.
        sample: Training images for the check; None if there are none.
        progress: Where it reports.

    Raises:
        UsageError: A file of labels cannot be read.
        VerificationError: The reference cannot be run, is not of this data set, or is clearly fed or read wrongly.
    """
    scored = _scored(selection, dataset, request, sample, progress)
    check_belongs(scored.reference, dataset)
    remarks = (
        *scored.remarks,
        *_precision_remark(scored.precision),
        *_external_remark(selection),
        *_threshold_remark(request.external, selection, dataset.class_names),
        *weaknesses(scored.reference.scores, dataset.test.labels, scored.reference.class_names),
        *_noise_remark(scored.own_noise, request.tolerances),
    )
    return replace(
        scored,
        reference=replace(scored.reference, labels=dataset.test.labels),  # equal, and held once
        notes=(*scored.notes, *remarks),
        remarks=remarks,
    )


def check_belongs(reference: Reference, dataset: Dataset) -> None:
    """Raise VerificationError unless `reference` was made on the test split of `dataset` and is whole."""
    import numpy as np

    if len(dataset.test) == 0:
        raise VerificationError(f"Data set '{dataset.name}' has no test images. Expected at least one to verify on.")
    if dataset.sha256 != reference.dataset_sha256:
        raise VerificationError(
            f"The reference was made on another test split: expected the data with SHA-256 "
            f"{reference.dataset_sha256[:16]}…, received '{dataset.name}' with {dataset.sha256[:16]}… "
            f"({counted(len(dataset.test), 'image')}, {counted(len(dataset.class_names), 'class')}; "
            f"the reference has {len(reference.labels):,} and {len(reference.class_names)}). "
            f"Name the data of the model's training with --data, or train again on this data."
        )
    names = (dataset.class_names, score_names(dataset.class_names, has_other=True))
    if reference.class_names not in names or not np.array_equal(dataset.test.labels, reference.labels):
        raise VerificationError(
            f"The reference names '{dataset.name}' as its data, but holds other labels or class names. "
            f"Restore the reference, or train again."
        )
    drift.check_comparable(reference.scores, reference.scores, reference.labels)


def reference_words(selection: Selection, options: ExternalModelOptions, class_names: tuple[str, ...]) -> OwnWords:
    """What an external reference says of itself, as far as the user says nothing; nothing for one of Keras."""
    path = selection.reference
    if not (isinstance(path, Path) and selection.is_reference_external and path.suffix.lower() in FORMAT_OF_SUFFIX):
        return NOTHING
    return own_words(
        selection.inspector.info_of(path),
        class_names,
        use_range=options.reference_input_range is None and options.input_range is None,
        use_labels=options.reference_labels is None and options.labels is None,
        subject="The reference",
    )


def _scored(
    selection: Selection, dataset: Dataset, request: VerifyRequest, sample: Sample | None, progress: Progress
) -> ScoredReference:
    path, external = selection.reference, request.external
    if not isinstance(path, Path):
        return _decided(_of_a_run(path, selection), decision(external, dataset.class_names, selection.run))
    is_external = selection.is_reference_external
    names = of_reference(external, is_candidate_too=_is_candidate_too(path, selection))
    own = reference_words(selection, external, dataset.class_names)
    interface = (
        reference_interface(external, dataset.class_names, selection.run, own)
        if is_external
        else _own_interface(path, selection, dataset, external)
    )
    if not is_model(path):
        scored = read_scores(path, interface, dataset, are_labels_of_candidates=external.reference_labels is None)
    else:
        if external.check_inputs and is_external:
            _check_stored_input(selection, interface, dataset, names)
        if external.check_inputs and is_external and sample:
            _check_input(path, interface, sample, names, request.time_limit, progress)
        time_limit = request.time_limit or default_time_limit(len(dataset.test))
        scored = run_reference(path, interface, dataset, time_limit=time_limit, progress=progress)
        scored = replace(scored, precision=_precision_of(path, selection), input=interface.differences)
    if external.check_inputs:
        check_better_than_guessing(path, scored.reference, names, num_classes=len(dataset.class_names))
    return replace(scored, file=path.name, sha256=digest_of(path), remarks=(*scored.remarks, *own.remarks))


def _own_interface(
    path: Path, selection: Selection, dataset: Dataset, external: ExternalModelOptions
) -> ModelInterface:
    two = decision(external, dataset.class_names, selection.run)
    return own_interface(two, dataset.class_names, selection.reference_run, path) or ModelInterface()


def _decided(scored: ScoredReference, two: TwoClasses | None) -> ScoredReference:
    """With the scores that a run has kept stretched by the threshold, if the user names one."""
    if two is None or scored.reference.scores.shape[1] != 2:
        return scored
    return replace(scored, reference=replace(scored.reference, scores=decided(scored.reference.scores, two)))


def _of_a_run(reference: Reference, selection: Selection) -> ScoredReference:
    """Scores that edgekit has kept: those of a run's float model, or those in a file of their own."""
    run, path = selection.reference_run, selection.reference_path
    noise = run.manifest.get("own_noise") if run else None
    scored = ScoredReference(
        reference=reference, runtime="keras", own_noise=OwnNoise.from_dict(noise) if noise else None
    )
    listed = run.manifest["files"].get(run.model_path.name) if run else None
    if run and listed:
        return replace(scored, file=run.model_path.name, sha256=listed["sha256"])
    return scored if path is None else replace(scored, file=path.name, sha256=digest_of(path))


def _is_candidate_too(path: Path, selection: Selection) -> bool:
    """Whether one of the files that are compared is the reference itself, or a copy of it."""
    return digest_of(path) in {file.artifact.sha256 for file in selection.files}


def _check_stored_input(selection: Selection, interface: ModelInterface, dataset: Dataset, names: OptionNames) -> None:
    """Raise VerificationError if the reference's input cannot hold what it is fed."""
    path = selection.reference
    info = (
        selection.inspector.info_of(path)
        if isinstance(path, Path) and path.suffix.lower() in FORMAT_OF_SUFFIX
        else None
    )
    if info is None:
        return
    pixels = some_pixels(dataset.test)
    if fault := input_fault(info.stored_input, interface.encoding, pixels, option=names.input_range):
        raise VerificationError(
            f"The reference {path} seems to be quantized wrongly, or to get wrong input. {fault} To continue anyway: "
            f"--no-input-check."
        )


def _check_input(
    path: Path,
    interface: ModelInterface,
    sample: Sample,
    names: OptionNames,
    time_limit: float | None,
    progress: Progress,
) -> None:
    with progress.task(f"how {path.name} is fed", 1) as advance:
        mistake = find_mistake(runtime_target(path), path, interface, sample, options=names, time_limit=time_limit)
        advance(1)
    if mistake:
        raise VerificationError(
            f"The reference {path} seems to get wrong input, or its output is read wrongly. {mistake} To continue "
            f"anyway: --no-input-check."
        )


def _precision_of(path: Path, selection: Selection) -> Precision | None:
    """What the file of a reference model says it is; None for a Keras model."""
    return identify(path, selection.inspector).precision if path.suffix.lower() in FORMAT_OF_SUFFIX else None


def _precision_remark(precision: Precision | None) -> tuple[str, ...]:
    if precision in (None, Precision.FLOAT32):
        return ()
    return (
        f"The reference itself is {precision}: its own loss against the float model is not measured here. Use a float "
        f"model as reference if you can.",
    )


def _noise_remark(noise: OwnNoise | None, tolerances: Tolerances) -> tuple[str, ...]:
    """That float32 files may differ more from a network that differs from itself, if that raises a limit."""
    raised = tolerances.beyond_noise(noise.max_abs_score_difference) if noise else tolerances
    if noise is None or raised is tolerances:
        return ()
    limit = raised.of(Precision.FLOAT32).max_score_difference
    return (f"{noise.sentence} So scores of float32 files may differ from it by {limit:.2g}.",)


def _threshold_remark(
    external: ExternalModelOptions, selection: Selection, class_names: tuple[str, ...]
) -> tuple[str, ...]:
    """That scores are stretched, for whoever reads calibration and differences of scores."""
    two = decision(external, class_names, selection.run)
    if two is None:
        return ()
    name = class_names[two.positive]
    return (
        f"'{name}' is predicted above a probability of {two.threshold:g} (--threshold), by the reference and by every "
        f"file. All scores are stretched so that {two.threshold:g} becomes 0.5; score differences and calibration are "
        f"those of the stretched scores.",
    )


def _external_remark(selection: Selection) -> tuple[str, ...]:
    """That the accuracy of a model which edgekit did not train may be that on its own training images."""
    is_model_elsewhere = (
        isinstance(selection.reference, Path) and selection.is_reference_external and is_model(selection.reference)
    )
    is_external = is_model_elsewhere or (selection.run is not None and selection.run.is_external)
    return (TEST_IMAGES_MAY_BE_KNOWN,) if is_external else ()
