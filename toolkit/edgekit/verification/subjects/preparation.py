"""Makes models from elsewhere comparable: settles how each is fed and read, checks that, and scores the reference.

What a user says counts for files made elsewhere only: the artifacts of a run take raw pixels, and give
probabilities in the order of the data set, or logits where their manifest says so.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.artifact import Artifact, Precision
from edgekit.datasets import Dataset
from edgekit.execution.availability import availability_of
from edgekit.execution.executor import SLOW_RUNTIMES
from edgekit.foundation.errors import UsageError, VerificationError
from edgekit.foundation.progress import Progress
from edgekit.runs.folder import RunFolder
from edgekit.verification.candidate import Candidate
from edgekit.verification.comparison import check_belongs
from edgekit.verification.subjects.external_models import ExternalModelOptions, ModelInterface
from edgekit.verification.subjects.input_check import Sample, find_mistake, open_sample
from edgekit.verification.subjects.reference_scores import (
    ScoredReference,
    check_better_than_guessing,
    is_model,
    read_scores,
    run_reference,
    runtime_target,
)
from edgekit.verification.subjects.selection import Selection, identify, owner_of
from edgekit.verification.verifier import default_time_limit

if TYPE_CHECKING:
    from edgekit.verification.job import VerifyRequest

NOT_CHECKED = "Made elsewhere, and whether it is fed as it wants was not checked"
NO_TRAINING_IMAGES = "there are no training images to check it on."


def models_to_check(selection: Selection) -> list[Path]:
    """The files whose input is to be checked on training images: models that were made elsewhere."""
    models = [artifact.path for _, artifact in selection.artifacts if artifact.path in selection.external_files]
    if selection.is_reference_external and isinstance(selection.reference, Path) and is_model(selection.reference):
        models.append(selection.reference)
    return models


def check_options(external: ExternalModelOptions, selection: Selection) -> None:
    """Raise UsageError where an option was given that would count for nothing."""
    said = list(external.said_of_reference) if not selection.is_reference_external else []
    if not selection.external_files and not selection.is_reference_external:
        said.extend(external.said_of_candidates)
    if said:
        raise UsageError(
            f"{' and '.join(said)} would count for nothing: {'it is' if len(said) == 1 else 'they are'} for models "
            f"made elsewhere. The artifacts of a run take pixels of 0 to 255, and their manifest says what they give."
        )


def prepare_candidates(
    selection: Selection,
    candidates: Sequence[Candidate],
    dataset: Dataset,
    request: "VerifyRequest",
    progress: Progress,
    *,
    training_fault: str | None = None,
) -> tuple[ScoredReference, list[Candidate]]:
    """The reference with its scores, and the candidates with what was found out about them.

    `training_fault` says why training images that exist are not in `dataset`.

    Raises:
        UsageError: A file of labels cannot be read.
        VerificationError: The reference cannot be run, is not of this data set, or is clearly fed or read wrongly;
            or the labels are no permutation of the classes.
    """
    external, names = request.external, dataset.class_names
    interface = external.of_candidates(names)
    with open_sample(dataset.train, names) as sample:
        scored = _scored(selection, dataset, request, sample, progress)
        check_belongs(scored.reference, dataset)
        once = replace(scored.reference, labels=dataset.test.labels)  # they are equal, and held once
        scored = replace(scored, reference=once)
        prepared = _CandidatePreparation(selection, interface, sample, request, progress, training_fault).of(candidates)
    return scored, prepared


def _scored(
    selection: Selection, dataset: Dataset, request: "VerifyRequest", sample: Sample | None, progress: Progress
) -> ScoredReference:
    path = selection.reference
    if not isinstance(path, Path):
        return ScoredReference(reference=path, runtime="keras")
    interface = (
        request.external.of_reference(dataset.class_names) if selection.is_reference_external else ModelInterface()
    )
    if not is_model(path):
        scored = read_scores(path, interface, dataset)
    else:
        if request.external.check_inputs and selection.is_reference_external and sample:
            _check_reference(path, interface, sample, request.time_limit, progress)
        time_limit = request.time_limit or default_time_limit(len(dataset.test))
        scored = run_reference(path, interface, dataset, time_limit=time_limit, progress=progress)
        scored = replace(scored, notes=(*scored.notes, *_precision_note(path)))
    if request.external.check_inputs:
        check_better_than_guessing(path, scored.reference)
    return scored


def _check_reference(
    path: Path, interface: ModelInterface, sample: Sample, time_limit: float | None, progress: Progress
) -> None:
    with progress.task(f"how {path.name} is fed", 1) as advance:
        mistake = find_mistake(runtime_target(path), path, interface, sample, of_reference=True, time_limit=time_limit)
        advance(1)
    if mistake:
        raise VerificationError(
            f"The reference {path} seems to be fed or read wrongly. {mistake} To go on all the same: --no-input-check."
        )


def _precision_note(path: Path) -> tuple[str, ...]:
    precision = identify(path).precision if path.suffix.lower().removeprefix(".") in ("tflite", "onnx") else None
    if precision in (None, Precision.FLOAT32):
        return ()
    return (
        f"The reference itself is {precision}: what it lost against its own float model is not seen here. A float "
        f"model is the better reference.",
    )


class _CandidatePreparation:
    """Gives candidates their interface, and each model made elsewhere one check.

    Args:
        selection: Says which files were made elsewhere.
        interface: How these are fed and read.
        sample: Training images; None where there are none.
        request: Whether to check, and how long.
        progress: Where it reports.
        training_fault: Why there is no sample; None where the data set has no training images.
    """

    def __init__(
        self,
        selection: Selection,
        interface: ModelInterface,
        sample: Sample | None,
        request: "VerifyRequest",
        progress: Progress,
        training_fault: str | None,
    ) -> None:
        self._selection = selection
        self._interface = interface
        self._sample = sample
        self._checks = request.external.check_inputs
        self._time_limit = request.time_limit
        self._progress = progress
        self._not_checked = f"{NOT_CHECKED}: {training_fault or NO_TRAINING_IMAGES}"

    def of(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates, in their order."""
        mistakes = self._mistakes(candidates)
        return [self._prepared(candidate, mistakes) for candidate in candidates]

    def _mistakes(self, candidates: Sequence[Candidate]) -> dict[Path, str | None]:
        """For each file made elsewhere what was found, in the first runtime that reads it and is not slow."""
        runtimes = {
            candidate.artifact.path: candidate.runtime
            for candidate in reversed(candidates)
            if candidate.artifact.path in self._selection.external_files and candidate.runtime not in SLOW_RUNTIMES
        }
        if not self._checks or self._sample is None or not runtimes:
            return {}
        found: dict[Path, str | None] = {}
        with self._progress.task("how models made elsewhere are fed", len(runtimes)) as advance:
            for path, runtime in runtimes.items():
                if availability_of(runtime).is_available:
                    found[path] = find_mistake(
                        runtime, path, self._interface, self._sample, time_limit=self._time_limit
                    )
                advance(1)
        return found

    def _prepared(self, candidate: Candidate, mistakes: dict[Path, str | None]) -> Candidate:
        if candidate.artifact.path not in self._selection.external_files:
            return replace(
                candidate, interface=_own_interface(candidate.artifact), remark=self._other_run(candidate.artifact)
            )
        return replace(
            candidate,
            interface=self._interface,
            mistake=mistakes.get(candidate.artifact.path),
            remark=self._not_checked if self._checks and self._sample is None else None,
        )

    def _other_run(self, artifact: Artifact) -> str | None:
        owner, run = owner_of(artifact.path), self._selection.run
        if owner is None or run is None or _same(owner, run):
            return None
        return f"It is an artifact of the run '{owner.name}'; the reference belongs to the run '{run.name}'."


def _own_interface(artifact: Artifact) -> ModelInterface | None:
    """How an artifact of a run is read: None for probabilities, which it gives unless its manifest says logits."""
    owner = owner_of(artifact.path)
    gives = owner.export_entry(artifact.path).get("output") if owner else None
    return ModelInterface(output="logits") if gives == "logits" else None


def _same(one: RunFolder, other: RunFolder) -> bool:
    return one.path.resolve() == other.path.resolve()
