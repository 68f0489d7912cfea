"""One export: check the model, make each file, run it, compare it with Keras, and only then keep all of them.

Knows no format beyond the exporters' protocol.
"""

from collections.abc import Collection, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Artifact, Format, Precision
from edgekit.datasets import Dataset
from edgekit.exporting.checking.excluded_clients import exclusions
from edgekit.exporting.checking.one_file import MadeFile, OneFile, doubtful_path
from edgekit.exporting.conversion import FileMaker
from edgekit.exporting.description import LABELS_NAME, labels_text
from edgekit.exporting.external_model import foreign_run
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.keras.loading.custom_objects import custom_objects_of
from edgekit.exporting.keras.preparing.reading import OutputReading
from edgekit.exporting.plan import Job, Plan, make_plan
from edgekit.exporting.report import ExportedFile, ExportReport, FailedFile
from edgekit.exporting.source import Source, check_dataset, check_source, load_source
from edgekit.foundation.atomic_files import atomic_path, write_json, write_text
from edgekit.foundation.errors import CalibrationError, ExportError, UsageError
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.foundation.results import plain
from edgekit.input_range import InputRange
from edgekit.inspection.kernels import inspect_kernels
from edgekit.quantization import CalibrationSet
from edgekit.quantization.scheme import CALIBRATED
from edgekit.runs.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator


def export(
    source: Source | RunFolder | Path | str,
    *,
    precisions: Sequence[Precision] | None = None,
    formats: Sequence[Format] | None = None,
    dataset: Dataset | None = None,
    options: ExportOptions | Sequence[ExportOptions] = (),
    calibration_images: int | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    reading: OutputReading | None = None,
    custom_objects: Path | str | None = None,
    keep_doubtful: bool = False,
    resume: bool = False,
    only: Collection[Precision] | None = None,
    progress: Progress | None = None,
) -> ExportReport:
    """Export a model to every precision and format that is asked for.

    All files are made and checked before the first is kept: after an error the folder is as it was. If precisions are
    named, all of these files are written or none. If none is named, all possible ones are written, and the report says
    why the others (an operator without integer form, a weight beyond float16) are not.

    Args:
        source: A run folder or its path, or the path of a `.keras` or `.h5` file.
        precisions: None: everything that each format can be.
        formats: None: all.
        dataset: The data set of the run; needed for int8 and for an external model.
        options: What was chosen; of several, each makes the files that it changes.
        calibration_images: How many training images calibrate int8; None: 500, or one per class if there are more.
        seed: Chooses them.
        out: For an external model, the run folder to create; `exported/<its name>` by default.
        reading: For an external model, how its output is read.
        custom_objects: A Python file that defines the layers of the model that are not Keras'; it is executed.
        keep_doubtful: Keep files that run but fail the check against the float model, under names that say so.
        resume: Keep files that the run already holds, if they were made from the same model with the same options.
        only: Make the planned files of these precisions alone, and keep each as soon as it has passed, whatever becomes
            of the others; None: all, together.
        progress: Where long work reports itself.

    Raises:
        UsageError: A precision that none of the formats can be; `out`, or another input range, for a run; options
            with different input ranges.
        ExportError: The model, a file that was named, or every file, is not fit to be kept; the message says why.
        CalibrationError: int8 without enough training images.
        RunFolderError: The run is incomplete, was changed, or cannot be written.
    """
    progress = progress or SilentProgress()
    choices = [options] if isinstance(options, ExportOptions) else options or [ExportOptions()]
    plan = make_plan(precisions, formats, choices)
    if only is not None:
        plan = replace(plan, jobs=tuple(job for job in plan.jobs if job.precision in only))
    found = check_source(Path(source)) if isinstance(source, str | Path) else source
    with custom_objects_of(Path(custom_objects) if custom_objects is not None else None) as custom:
        check_out(found, out)
        loaded = found if isinstance(found, Source) else load_source(found, custom, progress)
        input_range = _input_range_of(choices)
        _check_input_range(loaded, input_range)
        _check_reading(loaded, reading)
        check_dataset(loaded, dataset)
        calibration = _calibration(plan, dataset, calibration_images, seed, progress)
        known = reading if loaded.run is None else None
        maker = FileMaker(loaded, dataset, input_range=input_range, reading=known, seed=seed, progress=progress)
        files = OneFile(maker, progress, keep_doubtful=keep_doubtful)
        session = _Session(loaded, dataset, maker, files, progress, resume=resume, keep_each=only is not None)
        return session.run(plan, calibration and maker.calibrated(calibration), Path(out) if out is not None else None)


class _Session:
    """One model on its way into its files."""

    def __init__(
        self,
        source: Source,
        dataset: Dataset | None,
        maker: FileMaker,
        files: OneFile,
        progress: Progress,
        *,
        resume: bool,
        keep_each: bool,
    ) -> None:
        self._source, self._dataset, self._maker, self._progress = source, dataset, maker, progress
        self._files, self._resume, self._keep_each = files, resume, keep_each

    def run(self, plan: Plan, calibration: CalibrationSet | None, out: Path | None) -> ExportReport:
        """Make everything in `plan`."""
        for line in (*plan.skipped, *exclusions(plan.jobs)):
            self._progress.note(line)
        if (own := self._source.run) is not None:
            return self._into_locked(own, plan, calibration)
        assert self._dataset is not None  # noqa: S101 - check_dataset has seen to it
        with foreign_run(self._source, self._dataset, self._maker, out, self._progress) as (run, final_path):
            report = None if self._keep_each else self._into(run, plan, calibration)
        return report.moved(final_path) if report else self._into_locked(RunFolder(final_path), plan, calibration)

    def _into_locked(self, run: RunFolder, plan: Plan, calibration: CalibrationSet | None) -> ExportReport:
        with run.locked(self._progress.note):
            return self._into(run, plan, calibration)

    def _into(self, run: RunFolder, plan: Plan, calibration: CalibrationSet | None) -> ExportReport:
        """Make everything, and keep all of it or nothing, unless each file is kept by itself."""
        folding = self._maker.folding if any(job.options.fold for job in plan.jobs) else None
        made: dict[Path, MadeFile] = {}
        skipped, failed, reasons = list(plan.skipped), list[FailedFile](), dict[Format, str]()
        with ExitStack() as stack, self._progress.task("Exporting", len(plan.jobs)) as advance:
            jobs = [job for job in plan.jobs if not self._is_there(job, run, calibration)]
            advance(len(plan.jobs) - len(jobs))
            for job in jobs:
                try:
                    one = self._files.make(job, run, calibration, stack)
                    made[one.path] = one
                    if self._keep_each:
                        self._keep(run, {one.path: one}, calibration, stack)
                except ExportError as error:
                    if job.is_required:
                        raise
                    reasons.setdefault(job.format, f"{job.title}: {error}")
                    if job.precision is Precision.INT16X8:  # LiteRT has kernels for it for few operators
                        skipped.append(f"{job.title}: skipped, because it was not named and: {error}")
                        self._progress.note(skipped[-1])
                    else:
                        failed.append(_failed(job, run, error))
                advance(1)
            if not made and jobs and not self._keep_each:
                raise ExportError(f"No file can be made. {' '.join(reasons.values())}")
            if made and not self._keep_each:
                self._keep(run, made, calibration, stack)
        files = tuple(_exported(run, path, each) for path, each in made.items())
        return ExportReport(run=run, files=files, skipped=tuple(skipped), folding=folding, failed=tuple(failed))

    def _is_there(self, job: Job, run: RunFolder, calibration: CalibrationSet | None) -> bool:
        """Whether the export is resumed, and `run` holds the file of `job` as it would be made now."""
        path = run.artifact_path(job.format, job.precision, job.variant)
        if not self._resume or run.manifest.get("export_versions") != _versions() or not run.lists(path):
            return False
        options = self._maker.options(job).to_dict(job.format, job.precision)
        wanted = plain({**options, **_calibrated_with(job, calibration)})
        entry = run.export_entry(path)
        is_same = all(entry.get(name) == value for name, value in wanted.items())
        if is_same:
            self._progress.note(f"{job.title}: already there, kept as it is.")
        return is_same

    def _keep(
        self, run: RunFolder, made: dict[Path, MadeFile], calibration: CalibrationSet | None, stack: ExitStack
    ) -> None:
        """Give the files of `made` their names, and list them in the manifest."""
        if not any(each.job.precision in CALIBRATED for each in made.values()):
            calibration = None
        if calibration is not None:
            stack.enter_context(_replaced_json(run.calibration_path, calibration.to_dict()))
        labels = self._labels(made, stack)
        stack.close()
        self._record(run, made, calibration, labels)

    def _labels(self, made: dict[Path, MadeFile], stack: ExitStack) -> list[Path]:
        """Write labels.txt beside the files, renamed when `stack` ends well; the paths of what was written."""
        described = {path.parent for path, each in made.items() if each.job.options.authorship is not None}
        paths = [folder / LABELS_NAME for folder in sorted(described)]
        for path in paths:
            write_text(stack.enter_context(atomic_path(path)), labels_text(self._maker.class_names))
        return paths

    def _record(
        self, run: RunFolder, made: dict[Path, MadeFile], calibration: CalibrationSet | None, labels: Sequence[Path]
    ) -> None:
        entries = {
            path.relative_to(run.path).as_posix(): {
                **self._maker.options(each.job).to_dict(each.job.format, each.job.precision),
                **_calibrated_with(each.job, calibration),
                **self._folded_entry(each.job),
                **self._classes_entry(),
                "check": each.check.to_dict() if each.check else None,
                **({"float_operators": [island.to_dict() for island in each.islands]} if each.islands else {}),
            }
            for path, each in made.items()
        }
        good = [each for each in made.values() if not (each.check and each.check.doubt)]
        replaced = [path for path in (doubtful_path(run, each.job) for each in good) if run.forget(path)]
        extra = [run.calibration_path] if calibration is not None else []
        noise = self._maker.measured_noise
        run.record(
            *made,
            *extra,
            *labels,
            exports={**run.manifest.get("exports", {}), **entries},
            export_versions=_versions(),
            **({} if noise is None else {"own_noise": noise.to_dict()}),
        )
        for path in replaced:
            path.unlink(missing_ok=True)

    def _classes_entry(self) -> dict[str, Any]:
        """What the scores stand for, if they are not the data set's classes in their order."""
        has_own = self._maker.prepared.columns is not None
        return {"class_names": list(self._maker.reading.labels or ())} if has_own else {}

    def _folded_entry(self, job: Job) -> dict[str, Any]:
        return {"folding": self._maker.folding.to_dict()} if job.options.fold and self._maker.folding else {}


def _exported(run: RunFolder, path: Path, made: MadeFile) -> ExportedFile:
    return ExportedFile(
        artifact=Artifact.from_file(path),
        variant=made.job.variant,
        check=made.check,
        islands=made.islands,
        kernels=inspect_kernels(path) if "compression" in run.manifest else None,
    )


def _failed(job: Job, run: RunFolder, error: ExportError) -> FailedFile:
    path = run.artifact_path(job.format, job.precision, job.variant).relative_to(run.path)
    return FailedFile(file=path.as_posix(), precision=job.precision, title=job.title, reason=str(error))


def check_out(source: RunFolder | Path | Source, out: str | Path | None) -> None:
    """Raise UsageError if a folder is named for the files of a run."""
    is_run = isinstance(source, RunFolder) or (isinstance(source, Source) and source.run is not None)
    if is_run and out is not None:
        raise UsageError("--out is for external Keras models; the files of a run go into the run itself.")


def _input_range_of(choices: Sequence[ExportOptions]) -> InputRange | None:
    """The range that options name, None if none does; raises UsageError if they name several."""
    named = dict.fromkeys(choice.input_range for choice in choices if choice.input_range is not None)
    if len(named) > 1:
        texts = " and ".join(one.text for one in named)
        raise UsageError(
            f"A model expects pixels of one range. Received options with {texts}. Name the range that it expects."
        )
    return next(iter(named), None)


def _check_input_range(source: Source, given: InputRange | None) -> None:
    """Raise UsageError if `given` is another range than a run's own: files and scores would both be wrong alike."""
    known = source.known_input_range
    if given is not None and known is not None and given != known:
        raise UsageError(
            f"The model of {source.path.parent} expects pixels of {known.text}, as its manifest says. Received "
            f"--input-range {given.text}. Omit it; it is for external Keras models."
        )


def _check_reading(source: Source, given: OutputReading | None) -> None:
    """Raise UsageError if something else is said of a run's output than its manifest says."""
    if given is not None and source.run is not None and given.to_dict() not in ({}, source.reading.to_dict()):
        raise UsageError(
            f"The output of {source.path.parent} is read {source.reading.words}, as its manifest says. Received: "
            f"{given.words}. Leave --output-name, --positive-class and --labels out; they "
            f"are for external Keras models."
        )


def _calibration(
    plan: Plan, dataset: Dataset | None, num_images: int | None, seed: int, progress: Progress
) -> CalibrationSet | None:
    if not plan.needs_calibration:
        return None
    if dataset is None:
        names = ", ".join(sorted({job.precision for job in plan.jobs if job.precision in CALIBRATED}))
        raise CalibrationError(f"{names} needs training images for calibration. Name the data set with --data.")
    chosen = CalibrationSet.choose(dataset, num_images, seed)
    if chosen.sparseness:
        progress.note(chosen.sparseness)
    return chosen


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


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    from edgekit import __version__

    libraries = (
        "tensorflow",
        "keras",
        "tf2onnx",
        "onnx",
        "onnx-ir",
        "onnxruntime",
        "ai-edge-litert",
        "ai-edge-quantizer",
    )
    return {"edgekit": __version__, **{library: version(library) for library in libraries}}
