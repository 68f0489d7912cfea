"""One export: check the model, make each file, run it, compare it with Keras, and only then keep all of them.

Knows no format beyond the exporters' protocol.
"""

from collections.abc import Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Artifact, Format, Precision
from edgekit.datasets import Dataset
from edgekit.errors import CalibrationError, ExportError, UsageError
from edgekit.exporters import EXPORTERS, Exporter, ExportOptions
from edgekit.exporters.batchnorm_folding import Folding
from edgekit.exporters.classifier import as_classifier
from edgekit.exporters.float_islands import Island, find_islands, in_words
from edgekit.exporters.integer_check import holds_flex
from edgekit.exporters.layer_names import LayerNames
from edgekit.exporters.onnx_targets import missing_in_mobile
from edgekit.exporting.check import CheckResult, check_images, compare, run_file
from edgekit.exporting.folding import proven_folding
from edgekit.exporting.keras_scores import KerasScorer
from edgekit.exporting.plan import Job, Plan, make_plan
from edgekit.exporting.source import Source, check_source, load_source
from edgekit.input_probe import check_takes_raw_pixels, try_ranges, warning_about
from edgekit.input_range import RAW, InputRange
from edgekit.inspection.kernels import FileKernels, inspect_kernels
from edgekit.metrics.drift import softmax
from edgekit.progress import Progress, SilentProgress
from edgekit.quantization import CalibrationSet
from edgekit.quantization.calibration import NUM_IMAGES
from edgekit.quantization.learned_ranges import LearnedRanges
from edgekit.quantization.scheme import CALIBRATED
from edgekit.run_folder import RunFolder, atomic_path, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keras
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class ExportedFile:
    """One file that was made and kept.

    Attributes:
        artifact: The file.
        variant: What was chosen for it, as its name says; "" for the default.
        check: How it compared with Keras; None for a file with Flex operators, which nothing here can run.
        islands: The operators of an integer file that compute in float.
        kernels: Zeros and distinct values of its weights; None for a run that was not compressed.
    """

    artifact: Artifact
    variant: str
    check: CheckResult | None
    islands: tuple[Island, ...] = ()
    kernels: FileKernels | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ExportReport:
    """What an export did.

    Attributes:
        run: The run folder that holds the files.
        files: What was made, in the order of the work.
        skipped: One line for each combination of format and precision that does not exist.
        folding: What became of batch normalization; None where nothing was to be folded.
    """

    run: RunFolder
    files: tuple[ExportedFile, ...]
    skipped: tuple[str, ...]
    folding: Folding | None = None

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "run": str(self.run.path),
            "files": [
                {
                    "artifact": each.artifact.path.relative_to(self.run.path).as_posix(),
                    "format": each.artifact.format.value,
                    "precision": each.artifact.precision,
                    "variant": each.variant,
                    "size_bytes": each.artifact.size_bytes,
                    "sha256": each.artifact.sha256,
                    "check": each.check.to_dict() if each.check else None,
                    "float_operators": [island.to_dict() for island in each.islands],
                    **({"weights": each.kernels.to_dict()} if each.kernels else {}),
                }
                for each in self.files
            ],
            "skipped": list(self.skipped),
            "folding": self.folding.to_dict() if self.folding else None,
        }


def export(
    source: Source | RunFolder | Path | str,
    *,
    precisions: Sequence[Precision] | None = None,
    formats: Sequence[Format] | None = None,
    dataset: Dataset | None = None,
    options: ExportOptions | Sequence[ExportOptions] = (),
    calibration_images: int = NUM_IMAGES,
    seed: int = 0,
    out: Path | str | None = None,
    progress: Progress | None = None,
) -> ExportReport:
    """Export a model to every precision and format that is asked for.

    All files are made and checked before the first is kept: after an error the folder is as it was.

    Args:
        source: A run folder or its path, or the path of a `.keras` or `.h5` file.
        precisions: None: everything that each format can be.
        formats: None: all.
        dataset: The data set of the run; needed for int8 and for a file from elsewhere.
        options: What was chosen; of several, each makes the files that it changes.
        calibration_images: How many training images calibrate int8.
        seed: Chooses them.
        out: For a file from elsewhere, the run folder to make; `exported/<its name>` by default.
        progress: Where long work reports itself.

    Raises:
        UsageError: A precision that none of the formats can be, or `out` for a run.
        ExportError: The model or a file made from it is not fit to be kept; the message says why.
        CalibrationError: int8 without enough training images.
        RunFolderError: The run is incomplete, was changed, or cannot be written.
    """
    progress = progress or SilentProgress()
    choices = [options] if isinstance(options, ExportOptions) else options or [ExportOptions()]
    plan = make_plan(precisions, formats, choices)
    found = check_source(Path(source)) if isinstance(source, str | Path) else source
    loaded = found if isinstance(found, Source) else load_source(found)
    if loaded.run is not None and out is not None:
        raise UsageError("--out is for a Keras file from elsewhere; a run's files go into the run itself.")
    check_dataset(loaded, dataset)
    calibration = _with_learned_ranges(loaded, _calibration(plan, dataset, calibration_images, seed))
    session = _Session(loaded, dataset, choices[0].input_range, seed, progress)
    return session.run(plan, calibration, Path(out) if out is not None else None)


@dataclass(frozen=True, kw_only=True)
class _Made:
    """One file before it is kept; see `ExportedFile`."""

    job: Job
    check: CheckResult | None
    islands: tuple[Island, ...]


class _Session:
    """One model on its way into its files."""

    def __init__(
        self, source: Source, dataset: Dataset | None, input_range: InputRange | None, seed: int, progress: Progress
    ) -> None:
        shape, num_classes = interface_of(source, dataset)
        self._source, self._dataset, self._progress = source, dataset, progress
        self._model, self._adds_softmax = as_classifier(source.model, shape, num_classes)
        if self._adds_softmax:
            progress.note("The model gives logits: a softmax is added, so that scores are probabilities.")
        self._range = self._input_range(input_range, seed)
        self._images = check_images(dataset, shape)
        self._folding: Folding | None = None

    def run(self, plan: Plan, calibration: CalibrationSet | None, out: Path | None) -> ExportReport:
        """Make everything in `plan`."""
        from edgekit.exporting.foreign import foreign_run

        for line in plan.skipped:
            self._progress.note(line)
        if self._source.run is not None:
            return self._into(self._source.run, plan, calibration)
        assert self._dataset is not None  # noqa: S101 - _check_dataset has seen to it
        scorer = KerasScorer(self._model, self._range)
        with foreign_run(self._source, self._dataset, scorer, self._range, self._adds_softmax, out, self._progress) as (
            run,
            final_path,
        ):
            report = self._into(run, plan, calibration)
        return _moved(report, final_path)

    def _into(self, run: RunFolder, plan: Plan, calibration: CalibrationSet | None) -> ExportReport:
        reference = KerasScorer(self._model, self._range)(self._images)
        if _has_learned_ranges(run) and any(job.options.fold for job in plan.jobs):
            self._progress.note("Batch normalization is not folded: ranges were learned with it as it stands.")
        elif any(job.options.fold for job in plan.jobs):
            self._folding = proven_folding(self._model, self._range, self._images, reference, self._progress)
        made: dict[Path, _Made] = {}
        exporters: dict[tuple[Format, bool], Exporter] = {}
        skipped = list(plan.skipped)
        with ExitStack() as stack, self._progress.task("Exporting", len(plan.jobs)) as advance:
            for job in plan.jobs:
                try:
                    with ExitStack() as alone:
                        path = run.artifact_path(job.format, job.precision, job.variant)
                        temporary = alone.enter_context(atomic_path(path))
                        made[path] = self._one(job, temporary, exporters, calibration, reference)
                        stack.enter_context(alone.pop_all())
                except ExportError as error:
                    if job.is_required:
                        raise
                    skipped.append(f"{job.title}: left out, because nobody asked for it by name and: {error}")
                    self._progress.note(skipped[-1])
                advance(1)
            if calibration is not None:
                stack.enter_context(_replaced_json(run.calibration_path, calibration.to_dict()))
        self._record(run, made, calibration)
        files = tuple(
            ExportedFile(
                artifact=Artifact.from_file(path),
                variant=each.job.variant,
                check=each.check,
                islands=each.islands,
                kernels=inspect_kernels(path) if "compression" in run.manifest else None,
            )
            for path, each in made.items()
        )
        return ExportReport(run=run, files=files, skipped=tuple(skipped), folding=self._folding)

    def _one(
        self,
        job: Job,
        path: Path,
        exporters: "dict[tuple[Format, bool], Exporter]",
        calibration: CalibrationSet | None,
        reference: "NDArray[np.float32]",
    ) -> "_Made":
        """Make one file at `path`, run and compare it; `exporters` are those so far, and keep this one."""
        kind = job.format, job.options.fold
        exporters[kind] = exporter = self._exporter(job, exporters.get(kind))
        content = exporter.convert(job.precision, calibration)
        path.write_bytes(content)
        check = self._checked(path, job, content, reference)
        return _Made(job=job, check=check, islands=self._islands(job, content))

    def _exporter(self, job: Job, before: "Exporter | None") -> "Exporter":
        """The one of this job; `before` has made the last file of the same format and the same model."""
        options = replace(job.options, input_range=self._range)
        if before:
            return before.with_options(options)
        return EXPORTERS.load(job.format.value)(self._model_of(job), options)

    def _model_of(self, job: Job) -> "keras.Model":
        return self._folding.model if self._folding and job.options.fold else self._model

    def _checked(self, path: Path, job: Job, content: bytes, reference: "NDArray[np.float32]") -> CheckResult | None:
        if job.format is Format.TFLITE and holds_flex(content):
            self._progress.note(f"{job.title}: not run, for nothing here has Flex operators.")
            return None
        if job.format is Format.ONNX and (missing := missing_in_mobile(content)):
            self._progress.note(f"{job.title}: the small onnxruntime-mobile packages lack {', '.join(missing)}.")
        candidate, runtime = run_file(path, job.format, self._images)
        if job.options.gives_logits:
            candidate = softmax(candidate).astype(candidate.dtype)
        title = f"The file {job.title}"
        return compare(reference, candidate, title=title, precision=job.precision, runtime=runtime)

    def _islands(self, job: Job, content: bytes) -> tuple[Island, ...]:
        """What an integer file computes in float, which is said, whether it was asked for or not."""
        if job.format is not Format.TFLITE or job.precision not in CALIBRATED:
            return ()
        islands = find_islands(content, LayerNames(self._model_of(job)))
        if islands:
            self._progress.note(f"{job.title}: computed in float: {in_words(islands)}.")
        return islands

    def _record(self, run: RunFolder, made: "dict[Path, _Made]", calibration: CalibrationSet | None) -> None:
        entries = {
            path.relative_to(run.path).as_posix(): {
                **replace(each.job.options, input_range=self._range).to_dict(each.job.format, each.job.precision),
                **_calibrated_with(each.job, calibration),
                **self._folded_entry(each.job),
                "check": each.check.to_dict() if each.check else None,
                **({"float_operators": [island.to_dict() for island in each.islands]} if each.islands else {}),
            }
            for path, each in made.items()
        }
        extra = [run.calibration_path] if calibration is not None else []
        run.record(
            *made,
            *extra,
            exports={**run.manifest.get("exports", {}), **entries},
            export_versions=_versions(),
        )

    def _folded_entry(self, job: Job) -> dict[str, Any]:
        return {"folding": self._folding.to_dict()} if self._folding and job.options.fold else {}

    def _input_range(self, given: InputRange | None, seed: int) -> InputRange:
        """What the user said, else what the manifest says, else 0 to 255 if no other range is clearly better."""
        if given is not None or self._source.known_input_range is not None:
            return given or self._source.known_input_range or RAW
        dataset = self._dataset
        if dataset is None or len(dataset.train) < len(dataset.class_names):
            self._progress.note(
                "No training images: it was not tried whether the model wants other pixels than 0..255."
            )
            return RAW
        chosen = CalibrationSet.choose(dataset, max(NUM_IMAGES, len(dataset.class_names)), seed)
        trials = try_ranges(
            lambda input_range, images: KerasScorer(self._model, input_range)(
                images, progress=self._progress, task=f"Trying input range {input_range.text}"
            ),
            chosen.images,
            chosen.labels,
        )
        check_takes_raw_pixels(trials)
        if warning := warning_about(trials, len(dataset.class_names)):
            self._progress.note(warning)
        return RAW


def check_dataset(source: Source, dataset: Dataset | None) -> None:
    """Raise UsageError or ExportError unless `dataset` is what the model of `source` was made for."""
    if source.run is None:
        if dataset is None:
            raise UsageError(
                f"{source.path} comes from elsewhere: say with --data which images it is for, as in --data folder:PATH."
            )
        return
    expected = source.dataset_entry.get("sha256")
    if dataset is not None and expected and dataset.sha256 != expected:
        raise ExportError(
            f"The data set is not the one of the run {source.run.path}: expected '{source.dataset_entry.get('name')}' "
            f"with SHA-256 {expected[:12]}…, received '{dataset.name}' with {dataset.sha256[:12]}…. Give the data "
            f"that the model was trained and measured on."
        )


def _calibration(plan: Plan, dataset: Dataset | None, num_images: int, seed: int) -> CalibrationSet | None:
    if not plan.needs_calibration:
        return None
    if dataset is None:
        names = ", ".join(sorted({job.precision for job in plan.jobs if job.precision in CALIBRATED}))
        raise CalibrationError(f"{names} needs training images for calibration. Name the data set with --data.")
    return CalibrationSet.choose(dataset, num_images, seed)


def _has_learned_ranges(run: RunFolder) -> bool:
    return run.learned_ranges_path.name in run.manifest["files"]


def _with_learned_ranges(source: Source, calibration: CalibrationSet | None) -> CalibrationSet | None:
    """The same, with what quantization-aware training has learned, where the run was compressed so."""
    run = source.run
    if calibration is None or run is None or not _has_learned_ranges(run):
        return calibration
    run.check_file(Path(run.learned_ranges_path.name))
    return replace(calibration, learned=LearnedRanges.load(run.learned_ranges_path))


def interface_of(source: Source, dataset: Dataset | None) -> tuple[tuple[int, int, int], int]:
    """(height, width, 3) and number of classes: of the data set, else as the manifest says."""
    if dataset is not None:
        return dataset.image_shape, len(dataset.class_names)
    entry = source.dataset_entry
    height, width, channels = entry["image_shape"]
    return (int(height), int(width), int(channels)), len(entry["class_names"])


def _calibrated_with(job: Job, calibration: CalibrationSet | None) -> dict[str, Any]:
    """Which images set the ranges of a file: calibration.json tells of the last export alone."""
    if calibration is None or job.precision not in CALIBRATED:
        return {}
    return {"calibration": {name: calibration.to_dict()[name] for name in ("num_images", "seed", "sha256")}}


@contextmanager
def _replaced_json(path: Path, document: object) -> "Iterator[None]":
    """Write `document` at once, to a temporary name; rename it when the block ends well."""
    with atomic_path(path) as temporary:
        write_json(temporary, document)
        yield


def _moved(report: ExportReport, path: Path) -> ExportReport:
    """The same report after its run folder was renamed to `path`."""
    files = tuple(
        replace(each, artifact=replace(each.artifact, path=path / each.artifact.path.relative_to(report.run.path)))
        for each in report.files
    )
    return replace(report, run=RunFolder(path), files=files)


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    from edgekit import __version__

    libraries = ("tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime", "ai-edge-litert", "ai-edge-quantizer")
    return {"edgekit": __version__, **{library: version(library) for library in libraries}}
