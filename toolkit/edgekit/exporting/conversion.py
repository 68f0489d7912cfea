"""One model, prepared for every export: in the form that is exported, folded, with learned ranges.

`export`, `compare-schemes` and `tune` make their files here and nowhere else, so the files that are compared or
searched are byte-identical to those of an export. Writes nothing.
"""

from dataclasses import replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.artifact import Format
from edgekit.datasets import Dataset
from edgekit.datasets.images.rule import ImageRule
from edgekit.exporting.checking.check import MORE_IMAGES, NUM_IMAGES, CheckImages
from edgekit.exporting.description import Authorship, FileDescription
from edgekit.exporting.formats import EXPORTERS, Exporter, ExportOptions
from edgekit.exporting.input_range_choice import Doubts, choose_input_range
from edgekit.exporting.keras.batchnorm_folding import Folding
from edgekit.exporting.keras.folding_check import proven_folding
from edgekit.exporting.keras.layer_names import LayerNames
from edgekit.exporting.keras.preparing.preparation import prepare
from edgekit.exporting.keras.preparing.reading import OutputReading
from edgekit.exporting.keras.scores import KerasScorer
from edgekit.exporting.keras.trained_ranges import with_fingerprints
from edgekit.exporting.onnx.targets import OrtTarget
from edgekit.exporting.source import Source, check_dataset, digest_of, interface_of
from edgekit.exporting.tflite.float_islands import Island, find_islands
from edgekit.foundation.errors import ExportError
from edgekit.foundation.grammar import counted
from edgekit.foundation.progress import Progress
from edgekit.input_range import RAW, InputRange
from edgekit.metrics.own_noise import OwnNoise
from edgekit.quantization import CalibrationSet
from edgekit.quantization.learned_ranges import LearnedRanges
from edgekit.quantization.scheme import CALIBRATED
from edgekit.quantization.sensitivity import kernels_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keras
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.exporting.plan import Job


class FileMaker:
    """Makes the files of one model.

    Args:
        source: The model.
        dataset: What it is for; None if its run says enough.
        input_range: What it wants; None: as its run says, else found out.
        reading: How its output is read; None: as its run says, if it does.
        seed: Of the images on which that is found out.
        progress: Receives notes on decisions.

    Attributes:
        prepared: The model in the form that is exported, and how it came there.
        classifier: Its network; see `edgekit.exporting.keras.classifier.as_classifier`.
        reading: What is said of the model's output.
        class_names: In the order of the scores.
        images: uint8 (n, H, W, 3): what a file is checked on.
        input_range: What the model wants.
        measured_noise: `own_noise`, with how it was measured; None if it was not.
        scorer: Gives the float model's scores.

    Raises:
        UsageError: An external model needs a data set.
        ExportError: The data set is not the run's, or the model is not a classifier of its images.
    """

    def __init__(
        self,
        source: Source,
        dataset: Dataset | None,
        *,
        input_range: InputRange | None = None,
        reading: OutputReading | None = None,
        seed: int = 0,
        progress: Progress,
    ) -> None:
        check_dataset(source, dataset)
        shape, class_names = interface_of(source, dataset)
        self._image_shape = shape
        entry = source.dataset_entry if dataset is None else dataset.to_dict()
        self._dataset_name = str(entry["name"])
        self._rule = ImageRule.from_dict(entry["image_rule"]) if entry.get("image_rule") else None
        self._source, self._progress = source, progress
        self._exporters: dict[tuple[Format, bool], Exporter] = {}
        self._refused: dict[tuple[Format, bool, tuple[InputRange, str], OrtTarget], ExportError] = {}
        self.reading = reading or source.reading
        self.prepared = prepare(source.model, shape, class_names, self.reading)
        self.classifier = self.prepared.model
        has_own_names = self.prepared.columns is not None and self.reading.labels is not None
        self.class_names = self.reading.labels if has_own_names and self.reading.labels else class_names
        for note in self.prepared.notes:
            progress.note(note)
        if source.trained_ranges:
            progress.note(
                f"{source.path} was trained for quantization: its float weights are exported, and int8 files use the "
                f"{counted(len(source.trained_ranges), 'range')} that it has learned. Other tensors are calibrated on "
                f"training images."
            )
        self.input_range = self._input_range(input_range, dataset, seed)
        self._check_images = CheckImages(dataset, shape)
        self._more_reference: dict[int, NDArray[np.float32]] = {}
        self.images = self._check_images.first(NUM_IMAGES)
        self.measured_noise: OwnNoise | None = None
        self.scorer = KerasScorer(self.classifier, self.input_range)

    def _input_range(self, given: InputRange | None, dataset: Dataset | None, seed: int) -> InputRange:
        """What the run says, or for an external model what the user says, checked on training images."""
        known = self._source.known_input_range
        if known is not None or dataset is None:
            return given or known or RAW
        doubts = Doubts(given=given, class_order=not self.reading.says_order)
        return choose_input_range(self.prepared, dataset, doubts, seed=seed, progress=self._progress)

    @cached_property
    def reference(self) -> "NDArray[np.float32]":
        """The float model's scores of `images`, float32 (n, C)."""
        return self.scorer(self.images)

    @cached_property
    def own_noise(self) -> float:
        """How far the float model's scores of `images` differ between batch sizes, at least 0."""
        self.measured_noise = self.scorer.own_noise(self.images, self.reference)
        return self.measured_noise.max_abs_score_difference

    def check_sets(self) -> "Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]":
        """Images, uint8 (n, H, W, 3), and the float model's scores of them, (n, C): few, then more and more."""
        yield self.images, self.reference
        for num_images in MORE_IMAGES:
            images = self._check_images.first(num_images)
            if len(images) > len(self.images):
                if num_images not in self._more_reference:
                    self._more_reference[num_images] = self.scorer(images)
                yield images, self._more_reference[num_images]

    @cached_property
    def folding(self) -> Folding | None:
        """What happened to batch normalization; None if ranges were learned with it as it is."""
        if self._has_learned_ranges:
            self._progress.note("Batch normalization is not folded: ranges were learned with it as it is.")
            return None
        return proven_folding(self.classifier, self.input_range, self.images, self.reference, self._progress)

    def calibrated(self, calibration: CalibrationSet) -> CalibrationSet:
        """The same, with the ranges of quantization-aware training, if the run has them.

        Raises:
            RunFolderError: What was learned is missing or was changed.
        """
        if calibration.learned is not None or self.learned_ranges is None:
            return calibration
        return replace(calibration, learned=self.learned_ranges)

    def options(self, job: "Job") -> ExportOptions:
        """What was chosen for `job`, with the input range of the model and the names that its layers have now."""
        names = self.prepared.renamed
        scheme = job.options.scheme
        float_layers = tuple(names.get(name, name) for name in scheme.float_layers)
        return replace(job.options, input_range=self.input_range, scheme=replace(scheme, float_layers=float_layers))

    def model_of(self, job: "Job") -> "keras.Model":
        """What becomes the file of `job`: the classifier, folded if the job wants that and it is exact."""
        return self.folding.model if job.options.fold and self.folding else self.classifier

    @cached_property
    def num_weights_of_layers(self) -> dict[str, int]:
        """Layer with a kernel -> the numbers in its kernels."""
        layers = self._source.model._flatten_layers(include_self=False)
        return {each.name: sum(prod(kernel.shape) for kernel in kernels_of(each)) for each in layers}

    def convert(self, job: "Job", calibration: CalibrationSet | None) -> bytes:
        """The bytes of one file with its metadata, the same for the same input; see `Exporter.convert`.

        Raises:
            ExportError: The model has no such file.
            CalibrationError: The calibration images are missing, or do not fit.
        """
        exporter = self._exporter(job, self.options(job))
        content = exporter.convert(job.precision, calibration and self.calibrated(calibration))
        return self._described(content, job) if job.options.authorship is not None else content

    def _described(self, content: bytes, job: "Job") -> bytes:
        """The file with what it says about itself."""
        from edgekit.exporting.onnx import metadata as onnx
        from edgekit.exporting.tflite import metadata as tflite

        description = self._description(job)
        if job.format is Format.TFLITE:
            return tflite.with_metadata(content, description)
        return onnx.with_metadata(content, description, layout=job.options.onnx.layout)

    def _description(self, job: "Job") -> FileDescription:
        from edgekit import __version__

        height, width, channels = self._image_shape
        return FileDescription(
            name=self._source.name,
            class_names=self.class_names,
            height=height,
            width=width,
            num_channels=channels,
            precision=job.precision.value,
            output=job.options.output,
            dataset=self._dataset_name,
            reference_sha256=self._reference_sha256,
            made_with=f"edgekit {__version__}",
            authorship=job.options.authorship or Authorship(),
            resize=str(self._rule or ""),
        )

    @cached_property
    def _reference_sha256(self) -> str:
        return digest_of(self._source.path)

    def _exporter(self, job: "Job", options: ExportOptions) -> Exporter:
        """The one for `job`: the last of its format with other options, else a new one.

        A graph that one format cannot hold is converted once, not once for each precision.
        """
        kind, graph = (job.format, job.options.fold), (job.format, job.options.fold, options.graph, options.onnx.target)
        if graph in self._refused:
            raise self._refused[graph]
        try:
            if before := self._exporters.get(kind):
                self._exporters[kind] = before.with_options(options)
            else:
                self._exporters[kind] = EXPORTERS.load(job.format.value)(self.model_of(job), options)
        except ExportError as error:
            self._refused[graph] = error
            raise
        return self._exporters[kind]

    def islands(self, job: "Job", content: bytes) -> tuple[Island, ...]:
        """What computes in float in the integer `.tflite` file `content` of `job`; empty for other files."""
        if job.format is not Format.TFLITE or job.precision not in CALIBRATED:
            return ()
        return find_islands(content, LayerNames(self.model_of(job)))

    @property
    def _has_learned_ranges(self) -> bool:
        run = self._source.run
        is_listed = run is not None and run.learned_ranges_path.name in run.manifest["files"]
        return is_listed or bool(self._source.trained_ranges)

    @cached_property
    def learned_ranges(self) -> LearnedRanges | None:
        """What quantization-aware training has learned: kept in the run, or found in the model's own file.

        Raises:
            RunFolderError: It is missing or was changed.
        """
        source, run = self._source, self._source.run
        if source.trained_ranges:
            return with_fingerprints(source.model, source.trained_ranges, self.input_range, self._image_shape)
        if run is None or not self._has_learned_ranges:
            return None
        run.check_file(Path(run.learned_ranges_path.name))
        return LearnedRanges.load(run.learned_ranges_path)
