"""The whole of `edgekit tune`: search on validation images, keep the winner, measure it once on the test split."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Format, sha256_of
from edgekit.datasets import Dataset
from edgekit.execution.executor import Executor, IsolatedExecutor
from edgekit.exporting.job import load_dataset_of
from edgekit.exporting.keras.loading.custom_objects import custom_objects_of
from edgekit.exporting.plan import Job
from edgekit.exporting.session import export
from edgekit.exporting.source import Source, check_dataset, digest_of, load_source
from edgekit.foundation.atomic_files import write_json
from edgekit.foundation.errors import ExportError, RunFolderError, RuntimeUnavailableError, UsageError
from edgekit.foundation.files.folder_lock import folder_lock
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import counted, noun
from edgekit.foundation.keras_setup import check_installed
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.foundation.results import Displayed, plain
from edgekit.quantization import CalibrationSet
from edgekit.runs.folder import RunFolder
from edgekit.runtimes import DEFAULT_RUNTIMES, RUNTIMES
from edgekit.search.budget import Budget
from edgekit.search.journal import Journal
from edgekit.search.measuring_images import MeasuringImages
from edgekit.search.ranking import layers_that_lose_most
from edgekit.search.search import Search
from edgekit.search.trial import Trial, best_within, closest_to, frontier
from edgekit.tolerance import Tolerances
from edgekit.verification.job import verify_request
from edgekit.verification.request import VerifyRequest

if TYPE_CHECKING:
    from edgekit.verification.verdict.report import CandidateReport

FOLDER = "tuning"
"""Where in a run a search keeps its trials."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TuneRequest:
    """What a user asks of `edgekit tune`.

    Attributes:
        run: The run; None for the newest.
        budget: What to keep to.
        data: The data set, or `NAME[:PATH]`; None: the one in the run's manifest.
        formats: What to try; TFLite alone by default.
        runtimes: Names of runtimes, one per format; the usual one by default.
        calibration_images: How many training images calibrate; None: 500, or one per class if there are more.
        seed: Chooses them.
        restart: Discard the trials of an earlier search.
        skip_broken: Leave broken images out of a `folder:` data set, as the training did.
        custom_objects: A Python file that defines the layers of the model that are not Keras'; it is executed.
    """

    run: Path | None = None
    budget: Budget = field(default_factory=Budget)
    data: str | Dataset | None = None
    formats: Sequence[Format] = (Format.TFLITE,)
    runtimes: Sequence[str] = ()
    calibration_images: int | None = None
    seed: int = 0
    restart: bool = False
    skip_broken: bool = False
    custom_objects: Path | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class TuneReport(Displayed):
    """What a search found.

    Attributes:
        run: The run.
        budget: What it kept to.
        trials: Every file that was tried, in the order of the work.
        chosen: The smallest that keeps to the budget; None if none does.
        closest: The one that breaks the budget least, if none keeps to it.
        artifact: The chosen file in the run folder; None if there is none.
        test: Its row on the test split, measured once; None if nothing was chosen.
        images: What the trials were measured on, in words.
    """

    run: RunFolder
    budget: Budget
    trials: tuple[Trial, ...]
    chosen: Trial | None
    closest: Trial | None
    artifact: Path | None
    test: "CandidateReport | None"
    images: str = "validation images"

    def __repr__(self) -> str:
        found = f"chose {self.chosen.name}" if self.chosen else "none keeps to the budget"
        return f"<TuneReport {self.run.path}: {counted(len(self.trials), 'trial')}, {found}>"

    @property
    def frontier(self) -> list[Trial]:
        """See `edgekit.search.trial.frontier`."""
        return frontier(self.trials)

    @property
    def frontier_path(self) -> Path:
        """Where the picture of all trials is drawn."""
        return self.run.path / FOLDER / "frontier.png"

    @property
    def exit_status(self) -> int:
        """0 if the chosen file keeps to the budget on the test split too, else 3."""
        return 0 if self.test is not None and self.test.verdict == "pass" else 3

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        document = {
            "run": str(self.run.path),
            "budget": self.budget.to_dict(),
            "images": self.images,
            "trials": [trial.to_dict() for trial in self.trials],
            "frontier": [trial.name for trial in self.frontier],
            "chosen": self.chosen.name if self.chosen else None,
            "closest": self.closest.name if self.closest else None,
            "artifact": self.artifact.relative_to(self.run.path).as_posix() if self.artifact else None,
            "test": self.test.to_dict() if self.test else None,
        }
        return plain(document)


def tune_request(
    request: TuneRequest, *, progress: Progress | None = None, executor: Executor | None = None
) -> TuneReport:
    """Do what `request` says. Trials are kept in the run's `tuning/`, the chosen file beside the other artifacts.

    Raises:
        RunFolderError: There is no such run, or the trials in it are of another search.
        MissingExtraError: TensorFlow, which makes the files, is not installed.
        UsageError: A runtime reads none of the formats, or there are too few images to tell whether a file keeps to the
            budget.
        RuntimeUnavailableError: A runtime does not work here.
        CalibrationError: There are too few training images.
    """
    progress, executor = progress or SilentProgress(), executor or IsolatedExecutor()
    run = RunFolder.named(request.run)
    check_installed("tensorflow", "edgekit tune")
    runtimes = _runtimes(request)
    for name in runtimes.values():
        if reason := executor.availability(name).reason:
            raise RuntimeUnavailableError(f"{name} cannot measure here: {reason}")
    with custom_objects_of(request.custom_objects) as custom:
        return _tuned(request, run, load_source(run, custom, progress), runtimes, progress, executor)


def _tuned(
    request: TuneRequest,
    run: RunFolder,
    source: Source,
    runtimes: dict[Format, str],
    progress: Progress,
    executor: Executor,
) -> TuneReport:
    dataset = load_dataset_of(source, request.data, request.skip_broken, progress)
    check_dataset(source, dataset)
    if len(dataset.validation) == 0:
        raise UsageError(f"Data set '{dataset.name}' has no validation images, and a search chooses by no others.")
    calibration = CalibrationSet.choose(dataset, request.calibration_images, request.seed)
    images = MeasuringImages.choose(dataset, calibration)
    images.check_resolves(request.budget)
    if images.num_training:
        progress.note(
            f"The validation split is small, so files are measured on {images.text}. Models know their training "
            f"images, so these flip less often; the chosen file is measured on the test split in the end."
        )
    with folder_lock(_folder_of(run), progress.note):
        return _search(request, run, source, dataset, calibration, images, runtimes, progress, executor)


def _folder_of(run: RunFolder) -> Path:
    """The folder of the trials, made if it is missing; raises RunFolderError."""
    folder = run.path / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise RunFolderError(
            f"Could not make {folder}: {error.strerror or error}. Permission is needed there."
        ) from error
    return folder


def _search(
    request: TuneRequest,
    run: RunFolder,
    source: Source,
    dataset: Dataset,
    calibration: CalibrationSet,
    images: MeasuringImages,
    runtimes: dict[Format, str],
    progress: Progress,
    executor: Executor,
) -> TuneReport:
    journal = Journal(
        run.path / FOLDER / "trials.jsonl",
        _identity(run, source, images, calibration, runtimes),
        restart=request.restart,
    )
    if known := len(journal.trials):
        trials = f"{counted(known, 'trial')} {noun(known, 'is', 'are')} known"
        progress.note(f"{trials} from {run.path / FOLDER}; the search continues.")
    with TemporaryFolder() as folder:
        search = Search(
            source,
            dataset,
            calibration,
            images=images.split,
            runtimes=runtimes,
            budget=request.budget,
            journal=journal,
            rank_layers=lambda: [error.layer for error in layers_that_lose_most(source, calibration)],
            executor=executor,
            progress=progress,
            folder=Path(folder),
        )
        try:
            jobs = search.run()
        except KeyboardInterrupt:
            if journal.trials:
                kept = counted(len(journal.trials), "trial is", "trials are")
                progress.note(f"{kept} kept in {run.path / FOLDER}: the same command continues from there.")
            raise
    report = _finished(request, run, source, dataset, jobs, journal, progress, executor)
    report = replace(report, images=images.text)
    write_json(run.path / FOLDER / "tuning.json", report.to_dict())
    return report


def _finished(
    request: TuneRequest,
    run: RunFolder,
    source: Source,
    dataset: Dataset,
    jobs: dict[str, Job],
    journal: Journal,
    progress: Progress,
    executor: Executor,
) -> TuneReport:
    trials = [journal[name] for name in jobs]
    chosen = best_within(trials, request.budget)
    artifact = test = None
    if chosen is not None:
        artifact = _kept(chosen, jobs[chosen.name], request, source, dataset, progress)
        test = _measured_once(artifact, chosen, request, progress, executor)
    return TuneReport(
        run=run,
        budget=request.budget,
        trials=tuple(trials),
        chosen=chosen,
        closest=None if chosen else closest_to(trials, request.budget),
        artifact=artifact,
        test=test,
    )


def _kept(chosen: Trial, job: Job, request: TuneRequest, source: Source, dataset: Dataset, progress: Progress) -> Path:
    """The chosen file, made again as `edgekit export` makes it and kept in the run; raises ExportError."""
    report = export(
        source,
        precisions=[job.precision],
        formats=[job.format],
        dataset=dataset,
        options=job.options,
        calibration_images=request.calibration_images,
        seed=request.seed,
        progress=progress,
    )
    path = report.files[0].artifact.path
    if sha256_of(path) != chosen.sha256:
        raise ExportError(
            f"{path} was made again with other bytes than in the search ({chosen.sha256}), so what was measured does "
            f"not hold for it. Start over with --restart."
        )
    return path


def _measured_once(
    artifact: Path, chosen: Trial, request: TuneRequest, progress: Progress, executor: Executor
) -> "CandidateReport":
    """The chosen file on the whole test split, judged by the budget."""
    limits = {
        "max_accuracy_drop": request.budget.max_accuracy_drop,
        "min_agreement": _agreement(request.budget.max_flips),
        "max_f1_drop": False,
        "max_score_difference": False,
    }
    wanted = VerifyRequest(
        targets=[artifact],
        data=request.data,
        runtimes=[chosen.runtime],
        tolerances=Tolerances().updated(limits),
        skip_broken=request.skip_broken,
    )
    return verify_request(wanted, progress=progress, executor=executor).report.candidates[0]


def _agreement(max_flips: float) -> float | bool:
    """The same limit as agreement in percent; False (no limit) if every image may flip."""
    return 100 - max_flips if max_flips < 99 else False


def _runtimes(request: TuneRequest) -> dict[Format, str]:
    chosen = {each: DEFAULT_RUNTIMES[each] for each in dict.fromkeys(request.formats)}
    for name in request.runtimes:
        formats = RUNTIMES.load(name).formats
        if not chosen.keys() & set(formats):
            raise UsageError(f"{name} reads .{formats[0]} files, and none are tried. Add --format {formats[0]}.")
        chosen |= {each: name for each in formats if each in chosen}
    return chosen


def _identity(
    run: RunFolder, source: Source, images: MeasuringImages, calibration: CalibrationSet, runtimes: dict[Format, str]
) -> dict[str, Any]:
    """What must be the same for trials to be comparable."""
    from importlib.metadata import version

    from edgekit import __version__

    libraries = ("tensorflow", "onnxruntime", "ai-edge-litert", "ai-edge-quantizer")
    return {
        "model": digest_of(source.path),
        "validation images": images.split.sha256,
        "calibration images": calibration.sha256,
        **({"learned ranges": sha256_of(run.learned_ranges_path)} if run.learned_ranges_path.is_file() else {}),
        "runtimes": {each.value: name for each, name in sorted(runtimes.items())},
        "versions": {"edgekit": __version__, **{library: version(library) for library in libraries}},
    }
