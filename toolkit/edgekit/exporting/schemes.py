"""Integer files of one run by every quantizer and scheme, side by side on labelled images. Keeps no file.

Use the validation split to choose. The test split is for measuring what was chosen before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Format, Precision
from edgekit.datasets import Dataset, Split
from edgekit.exporting.checking.check import run_file
from edgekit.exporting.conversion import FileMaker
from edgekit.exporting.formats import EXPORTERS, ExportOptions, TFLiteOptions
from edgekit.exporting.plan import Job
from edgekit.exporting.quantizers import QUANTIZERS
from edgekit.exporting.source import Source
from edgekit.exporting.tflite.float_islands import in_words
from edgekit.foundation.errors import EdgekitError, UsageError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import counted, for_shell
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.foundation.results import Displayed, plain
from edgekit.metrics import drift
from edgekit.quantization.calibration import CalibrationSet
from edgekit.quantization.scheme import CALIBRATED, CalibrationMethod, Granularity, QuantizationScheme

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


SPLITS = ("validation", "test")


@dataclass(frozen=True, kw_only=True)
class SchemeResult:
    """One file; what was measured is None if it could not be made.

    Attributes:
        precision: Its precision.
        quantizer: What made it.
        scheme: What differs from the default, as in a file's name; "" for the default.
        size_bytes: Size of the file.
        accuracy: Share of the images that it classifies right, 0 to 1.
        agreement: Share with the same top class as the float model's, 0 to 1.
        flips: Images with another top class, without those that differ only by a tie.
        tie_flips: Images with another top class only because several share the highest score.
        ties: Images where several classes share the highest score.
        calibration_flips: Images on which the same scheme answers otherwise when it is calibrated with other images,
            none of them the same; None if that was not asked for, or nothing is calibrated.
        float_operators: What computes in float, in words; "" for nothing.
        problem: Why it could not be made.
    """

    precision: str
    quantizer: str
    scheme: str
    size_bytes: int | None = None
    accuracy: float | None = None
    agreement: float | None = None
    flips: int | None = None
    tie_flips: int | None = None
    ties: int | None = None
    calibration_flips: int | None = None
    float_operators: str = ""
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class SchemeComparison(Displayed):
    """All files of one run.

    Attributes:
        run: Name of the run.
        dataset: Name of the data set.
        split: What they were measured on: "validation" or "test".
        num_images: How many images that is.
        calibration_images: How many training images calibrated each file.
        reference_accuracy: The float model's, 0 to 1.
        results: One per file.
    """

    run: str
    dataset: str
    split: str
    num_images: int
    calibration_images: int
    reference_accuracy: float
    results: tuple[SchemeResult, ...]

    def __repr__(self) -> str:
        images = f"{self.num_images:,} {self.split} images of {self.dataset}"
        return f"<SchemeComparison {self.run}: {counted(len(self.results), 'file')} on {images}>"

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return plain(asdict(self))


def compare_schemes(
    source: Source,
    dataset: Dataset,
    *,
    precisions: Sequence[Precision] = (Precision.INT8,),
    calibration_images: int | None = None,
    seed: int = 0,
    check_calibration: bool = False,
    split: str = SPLITS[0],
    progress: Progress | None = None,
) -> SchemeComparison:
    """Make every `.tflite` file of `precisions` by every quantizer and scheme, and run each on `split`.

    Args:
        source: A run, loaded.
        dataset: Its data set.
        precisions: Some of dynamic, int8, int16x8.
        calibration_images: How many training images calibrate each file; None: as for an export.
        seed: Chooses them.
        check_calibration: Make each calibrated file a second time, with as many other images.
        split: "validation", to choose by; "test", to measure what was chosen.
        progress: Where it reports.

    Raises:
        UsageError: There is no such split, it is empty, or the model is of no run.
        ExportError: The data set is not that of the run, or the model is not a classifier.
        CalibrationError: There are not enough training images.
    """
    images = _images_of(dataset, split)
    if source.run is None:
        raise UsageError(
            f"{source.path} is not part of a run. Create one first: edgekit export {for_shell(source.path)} --data …"
        )
    progress = progress or SilentProgress()
    maker = FileMaker(source, dataset, progress=progress)
    sets: tuple[CalibrationSet, ...] = (
        CalibrationSet.choose_two(dataset, calibration_images, seed)
        if check_calibration
        else (CalibrationSet.choose(dataset, calibration_images, seed),)
    )
    reference = maker.prepared.by_class(
        maker.scorer(images.images, progress=progress, task=f"Keras on the {split} images")
    )
    bench = _Bench(maker=maker, images=images, reference=reference, sets=tuple(map(maker.calibrated, sets)))
    jobs = list(schemes(precisions))
    results = []
    with progress.task("Making and running files", len(jobs)) as advance:
        for job in jobs:
            results.append(bench.result(job))
            advance(1)
    return SchemeComparison(
        run=source.run.name,
        dataset=dataset.name,
        split=split,
        num_images=len(images),
        calibration_images=len(sets[0]),
        reference_accuracy=drift.accuracy(reference, images.labels),
        results=tuple(results),
    )


def schemes(precisions: Sequence[Precision]) -> Iterator[Job]:
    """Every file to compare: precisions times quantizers times single changes of the default."""
    exporter = EXPORTERS.load(Format.TFLITE.value)
    changes = [
        QuantizationScheme(),
        *(QuantizationScheme(calibration=each) for each in list(CalibrationMethod)[1:]),
        QuantizationScheme(granularity=Granularity.PER_TENSOR),
    ]
    for precision in precisions:
        for quantizer, _ in QUANTIZERS.load_all():
            made = set()
            for float_head, scheme in [*((False, each) for each in changes), (True, QuantizationScheme())]:
                options = ExportOptions(scheme=scheme, tflite=TFLiteOptions(quantizer=quantizer, float_head=float_head))
                words = options.words(Format.TFLITE, precision)
                job = Job(format=Format.TFLITE, precision=precision, options=options)
                if set(words) <= exporter.choices(precision, options) and job.variant not in made:
                    made.add(job.variant)
                    yield job


@dataclass(frozen=True, kw_only=True, eq=False)
class _Bench:
    """What stays the same from file to file."""

    maker: FileMaker
    images: Split
    reference: "NDArray[np.float32]"
    sets: tuple[CalibrationSet, ...]

    def result(self, job: Job) -> SchemeResult:
        """Make one file, and run it."""
        row = SchemeResult(
            precision=job.precision.value, quantizer=job.options.tflite.quantizer, scheme=_scheme_of(job)
        )
        try:
            contents = [self.maker.convert(job, each) for each in self._sets(job)]
            scores = [self._scores(content) for content in contents]
        except EdgekitError as error:
            return replace(row, problem=str(error))
        labels, candidate = self.images.labels, scores[0]
        by_tie = drift.flipped_by_tie(self.reference, candidate)
        flipped = drift.flipped_images(self.reference, candidate)
        return replace(
            row,
            size_bytes=len(contents[0]),
            accuracy=drift.accuracy(candidate, labels),
            agreement=drift.agreement(self.reference, candidate),
            flips=int((flipped & ~by_tie).sum()),
            tie_flips=int(by_tie.sum()),
            ties=int(drift.tied_images(candidate).sum()),
            calibration_flips=int(drift.flipped_images(*scores).sum()) if len(scores) == 2 else None,
            float_operators=in_words(self.maker.islands(job, contents[0])),
        )

    def _sets(self, job: Job) -> tuple[CalibrationSet, ...]:
        return self.sets if job.precision in CALIBRATED else self.sets[:1]

    def _scores(self, content: bytes) -> "NDArray[np.float32]":
        with TemporaryFolder() as folder:
            path = Path(folder) / "model.tflite"
            path.write_bytes(content)
            scores, _ = run_file(path, Format.TFLITE, self.images.images)
        return self.maker.prepared.by_class(scores)


def _scheme_of(job: Job) -> str:
    """What differs from the default of its quantizer."""
    words = job.options.words(job.format, job.precision)
    return "-".join(word for option, word in words.items() if option != "--quantizer")


def _images_of(dataset: Dataset, split: str) -> Split:
    if split not in SPLITS:
        raise UsageError(f"The split must be {' or '.join(SPLITS)}. Received '{split}'.")
    images: Split = getattr(dataset, split)
    if not len(images):
        raise UsageError(
            f"Data set '{dataset.name}' holds no {split} images. Expected some to compare on; train with a larger "
            f"--validation-fraction to set some aside."
        )
    return images
