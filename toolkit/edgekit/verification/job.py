"""The whole of `edgekit verify`: find what is meant, load the data, verify, keep the report in the run folder."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from edgekit.artifact import Precision
from edgekit.datasets import Dataset, DatasetRequest, Split, load_dataset
from edgekit.datasets.sources import location_is_needed
from edgekit.datasets.splits import empty_split
from edgekit.execution.executor import Executor, IsolatedExecutor
from edgekit.foundation.atomic_files import write_json, write_text
from edgekit.foundation.errors import DatasetError, RunFolderError, UsageError
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.runs.folder import RunFolder
from edgekit.tolerance import Tolerances
from edgekit.verification.comparison import check_numbers, verify
from edgekit.verification.sampling import Sampling
from edgekit.verification.subjects.external_models import ExternalModelOptions
from edgekit.verification.subjects.preparation import check_options, models_to_check, prepare_candidates
from edgekit.verification.subjects.reference_scores import check_runs_here
from edgekit.verification.subjects.selection import Selection, choose_candidates, data_of, image_size_of, select
from edgekit.verification.verdict.report import VerificationReport

PAGE_NAME = "report.html"
"""What the page of a verification is called in a run folder."""


@dataclass(frozen=True, kw_only=True, eq=False)
class VerifyRequest:
    """What a user asks of `edgekit verify`; empty means everything there is.

    Attributes:
        targets: Nothing (the newest run), one run folder, or model files.
        reference: A run folder, a `reference.npz`, a model or a file of scores; None: that of the run.
        data: The data set, as `NAME[:PATH]`; None: the one in the run's manifest.
        runtimes: Names of runtimes.
        precisions: Names of precisions.
        tolerances: The limits.
        reference_kernel_images: Images for a slow runtime; None: see `verify`.
        sampling: How much of the test split is run.
        jobs: Candidates that are run at the same time; None: by processors and memory.
        search_again: Do not believe the fastest settings that were found before.
        time_limit: Seconds for one candidate; None: by the number of images.
        pairwise: Compare the candidates with each other too.
        skip_broken: Leave broken images out of a `folder:` data set, as the training did.
        external: How external models are fed and read.
    """

    targets: Sequence[Path] = ()
    reference: Path | None = None
    data: str | None = None
    runtimes: Sequence[str] = ()
    precisions: Sequence[str] = ()
    tolerances: Tolerances = field(default_factory=Tolerances)
    reference_kernel_images: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    jobs: int | None = None
    search_again: bool = False
    time_limit: float | None = None
    pairwise: bool = False
    skip_broken: bool = False
    external: ExternalModelOptions = field(default_factory=ExternalModelOptions)


@dataclass(frozen=True, kw_only=True, eq=False)
class Verified:
    """A finished verification.

    Attributes:
        report: What was found.
        run: The run folder whose verification it is; None where single files were verified.
        notes: Whole sentences about the reference.
        test: The images that it was verified on.
    """

    report: VerificationReport
    run: RunFolder | None
    notes: tuple[str, ...] = ()
    test: Split

    @property
    def name(self) -> str:
        """What was verified: the name of the run; "" for single files."""
        return self.run.name if self.run else ""

    def save(self, markdown: str, html: str) -> list[Path]:
        """Write verification.json, verification.md and report.html into the run folder, if there is one.

        Returns:
            The paths of what was written.

        Raises:
            RunFolderError: The folder cannot be written to.
        """
        if self.run is None:
            return []
        path = self.run.verification_path
        texts = {path.with_suffix(".md"): markdown, path.with_name(PAGE_NAME): html}
        try:
            write_json(path, self.report.to_dict())
            for each, text in texts.items():
                write_text(each, text)
        except RunFolderError as error:
            raise RunFolderError(
                f"{error} A run that is to stay as it is can be verified file by file: "
                f"edgekit verify FILE… --reference {self.run.path}"
            ) from error
        return [path, *texts]


def verify_request(
    request: VerifyRequest, *, progress: Progress | None = None, executor: Executor | None = None
) -> Verified:
    """Find what `request` means and verify it; writes nothing.

    Raises:
        EdgekitError: Whatever is missing, changed, unknown or does not belong together; see
            `select`, `choose_candidates` and `verify`.
    """
    progress = progress or SilentProgress()
    executor = executor or IsolatedExecutor(request.jobs, search_again=request.search_again)
    check_numbers(request.reference_kernel_images, request.time_limit)
    precisions = [Precision.parse(name) for name in request.precisions]
    selection = select(request.targets, request.reference)
    candidates = choose_candidates(selection.artifacts, request.runtimes, precisions)
    check_options(request.external, selection)
    if isinstance(selection.reference, Path):
        check_runs_here(selection.reference)
    dataset, fault = _load(request, selection, progress)
    scored, candidates = prepare_candidates(selection, candidates, dataset, request, progress, training_fault=fault)
    dataset, run = _test_only(dataset), selection.run if selection.is_whole_run else None
    del selection  # and with it the labels of its reference, which `scored` shares with the data set
    report = verify(
        candidates,
        reference=scored.reference,
        reference_runtime=scored.runtime,
        dataset=dataset,
        tolerances=request.tolerances,
        reference_kernel_images=request.reference_kernel_images,
        sampling=request.sampling,
        time_limit=request.time_limit,
        pairwise=request.pairwise,
        progress=progress,
        executor=executor,
    )
    return Verified(report=report, run=run, notes=scored.notes, test=dataset.test)


def _load(request: VerifyRequest, selection: Selection, progress: Progress) -> tuple[Dataset, str | None]:
    """The test split that the request means, at the size that the models take, and what `prepare_candidates` needs.

    Where only the training images are at fault, they are left out, and the fault is told.
    """
    needs_training = request.external.check_inputs and bool(models_to_check(selection))
    wanted = DatasetRequest(
        image_size=image_size_of(selection),
        test_only=not needs_training,
        skip_broken=request.skip_broken,
        progress=progress,
    )
    if request.data is not None:
        return _load_dataset(request.data, wanted)
    name = data_of(selection.run)
    try:
        return _load_dataset(name, wanted)
    except UsageError as error:
        raise location_is_needed(name, error) from error


def _test_only(dataset: Dataset) -> Dataset:
    """Without the training images, so that they hold no memory while candidates run."""
    nothing = empty_split(*dataset.image_shape[:2])
    return replace(dataset, train=nothing, validation=nothing)


def _load_dataset(name: str, wanted: DatasetRequest) -> tuple[Dataset, str | None]:
    try:
        return load_dataset(name, wanted), None
    except DatasetError as error:
        if wanted.test_only:
            raise
        return load_dataset(name, replace(wanted, test_only=True)), str(error)
