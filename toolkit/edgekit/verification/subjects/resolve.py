"""From what a user asks to who is compared with what on which images: the first part of a verification.

Run folders, model files and data sets are read here; later parts work on what this part hands on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgekit.artifact import Precision
from edgekit.datasets import Dataset
from edgekit.datasets.splits import empty_split
from edgekit.execution.file_inspection import ENOUGH_SECONDS, FileInspector
from edgekit.foundation.errors import VerificationError
from edgekit.foundation.progress import Progress
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference
from edgekit.verification.candidate import Candidate
from edgekit.verification.request import VerifyRequest
from edgekit.verification.subjects.data import load_data
from edgekit.verification.subjects.images import some_pixels
from edgekit.verification.subjects.input_check import open_sample
from edgekit.verification.subjects.other_class import aligned
from edgekit.verification.subjects.preparation import CandidatePreparation, check_options
from edgekit.verification.subjects.reference import check_belongs, score_reference
from edgekit.verification.subjects.reference_scores import ScoredReference, check_runs_here
from edgekit.verification.subjects.resized import ResizeSubjects, check_can_be_resized, resize_subjects
from edgekit.verification.subjects.selection import choose_candidates, select


@dataclass(frozen=True, kw_only=True, eq=False)
class Subjects:
    """Who is compared with what on which images.

    Attributes:
        candidates: What is compared, at least one.
        class_names: Of the columns of scores: those of the data set and, if a model knows more, OTHER_CLASS.
        scored: What they are compared with: its scores on the test split of `dataset`, and where these come from.
        dataset: The images.
        run: The run folder that the report is written into; None if single files are verified.
        unlisted_files: Model files in that folder that its manifest does not list, and so are not candidates.
        resized: What is run on images that are resized by other rules; None if that was not asked for.
    """

    candidates: tuple[Candidate, ...]
    class_names: tuple[str, ...]
    scored: ScoredReference
    dataset: Dataset
    run: RunFolder | None = None
    unlisted_files: tuple[str, ...] = ()
    resized: ResizeSubjects | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Whole sentences about the reference, and about what is not verified."""
        if not self.unlisted_files:
            return self.scored.notes
        return (
            *self.scored.notes,
            f"Not verified: {', '.join(self.unlisted_files)}. The run's manifest does not list "
            f"{'it' if len(self.unlisted_files) == 1 else 'them'}, so it is unknown how "
            f"{'it was' if len(self.unlisted_files) == 1 else 'they were'} made. Export again, or remove "
            f"{'it' if len(self.unlisted_files) == 1 else 'them'}.",
        )


def resolve_request(
    request: VerifyRequest, progress: Progress, meanwhile: Callable[[], None] = lambda: None
) -> Subjects:
    """Find what `request` means, load the data, score the reference, and look how each candidate is fed.

    One worker reads all files. What needs no answer of it is done at the same time: the data are loaded, and
    `meanwhile` is called once.

    Raises:
        EdgekitError: Whatever is missing, changed, unknown or does not belong together; see `select`,
            `choose_candidates`, `load_data`, `score_reference` and `CandidatePreparation`.
    """
    with FileInspector(_inspection_limit(request)) as inspector:
        return _resolved(request, progress, inspector, meanwhile)


def _resolved(
    request: VerifyRequest, progress: Progress, inspector: FileInspector, meanwhile: Callable[[], None]
) -> Subjects:
    precisions = [Precision.parse(name) for name in request.precisions]
    selection = select(request.targets, request.reference, inspector)
    inspector.begin(file.artifact.path for file in selection.files)
    candidates = choose_candidates(selection.files, request.runtimes, precisions)
    check_options(request.external, selection)
    if isinstance(selection.reference, Path):
        check_runs_here(selection.reference)
    data = load_data(request, selection, progress)
    meanwhile()
    dataset = data.dataset
    if request.resize_check:
        check_can_be_resized(dataset)
    with open_sample(dataset.train, dataset.class_names) as sample:
        preparation = CandidatePreparation(selection, dataset, sample, request, progress, data.training_fault)
        scored = score_reference(selection, dataset, request, sample, progress)
        prepared = preparation.prepare(candidates, some_pixels(dataset.test))
        reference, prepared = aligned(scored.reference, prepared, dataset.class_names)
    run = selection.run if selection.is_whole_run else None
    resized = None
    if request.resize_check:
        resized = resize_subjects(selection, prepared, data, request)
    return Subjects(
        candidates=prepared,
        class_names=reference.class_names,
        scored=replace(scored, reference=reference),
        dataset=_test_only(dataset),
        run=run,
        unlisted_files=tuple(run.unlisted_models()) if run else (),
        resized=resized,
    )


def _inspection_limit(request: VerifyRequest) -> float | None:
    """Seconds that the files may take together; None: the inspector's own limit."""
    return None if request.time_limit is None else max(request.time_limit, ENOUGH_SECONDS)


def given_subjects(
    candidates: Sequence[Candidate], reference: Reference, dataset: Dataset, reference_runtime: str
) -> Subjects:
    """Candidates and a reference that the caller has; raises VerificationError if they do not belong together."""
    check_belongs(reference, dataset)
    if not candidates:
        raise VerificationError("There is nothing to verify: no artifact that a runtime here reads. Export one first.")
    aligned_reference, prepared = aligned(reference, candidates, dataset.class_names)
    return Subjects(
        candidates=prepared,
        class_names=aligned_reference.class_names,
        scored=ScoredReference(reference=aligned_reference, runtime=reference_runtime),
        dataset=dataset,
    )


def _test_only(dataset: Dataset) -> Dataset:
    """Without the training images, so that they hold no memory while candidates run."""
    nothing = empty_split(*dataset.image_shape)
    return replace(dataset, train=nothing, validation=nothing)
