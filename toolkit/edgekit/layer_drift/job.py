"""The whole of `edgekit diagnose`: find the files, choose images, measure. Images are never those of the test split."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Format, Precision, format_of, precision_of
from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.datasets.own import load_own
from edgekit.execution.file_inspection import FileInspector
from edgekit.execution.input_fit import input_fault
from edgekit.foundation.errors import ArtifactError, UsageError, VerificationError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import for_shell
from edgekit.foundation.grammar import listed as in_words
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.foundation.results import Displayed
from edgekit.input_range import InputEncoding
from edgekit.inspection.info import ModelInfo
from edgekit.inspection.model_file import check_format
from edgekit.layer_drift.float_command import float_command
from edgekit.layer_drift.isolation import measure_files
from edgekit.layer_drift.keras_layers import KerasLayers
from edgekit.layer_drift.probe import PROBES
from edgekit.layer_drift.report import LayerDriftReport
from edgekit.runs.folder import RunFolder, names_run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets import Split

NUM_IMAGES = 64


@dataclass(frozen=True, kw_only=True)
class DriftRequest:
    """What a user asks of `edgekit diagnose`.

    Attributes:
        target: A run folder, or one quantized file; None: the newest run.
        reference: The float file to compare with; None: that of the run.
        precisions: Which artifacts of the run.
        formats: Which formats of the run; empty: all that it has in that precision.
        data: The data set, or `NAME[:PATH]`; None: the one in the run's manifest.
        num_images: How many images, at least 1.
        seed: Of their choice.
        input_range: What values external models expect.
        time_limit: Seconds for one candidate, above 0; None: 600 and one for each image.
        image_rule: How image files become pixels.
    """

    target: Path | None = None
    reference: Path | None = None
    precisions: tuple[Precision, ...] = (Precision.INT8,)
    formats: tuple[str, ...] = ()
    data: str | Dataset | None = None
    num_images: int = NUM_IMAGES
    seed: int = 0
    input_range: str = "0..255"
    time_limit: float | None = None
    image_rule: RuleChoice = field(default_factory=RuleChoice)

    def __post_init__(self) -> None:
        if self.num_images < 1:
            raise UsageError(f"The number of images must be at least 1. Received {self.num_images}.")
        if self.seed < 0:
            raise UsageError(f"The seed must be 0 or more. Received {self.seed}.")
        if self.time_limit is not None and not self.time_limit > 0:
            raise UsageError(f"The time limit must be above 0 seconds. Received {self.time_limit}.")


@dataclass(frozen=True, kw_only=True)
class DiagnoseReport(Displayed):
    """What `edgekit diagnose` found.

    Attributes:
        reports: One for each candidate.
        run: The run that they belong to; None for a single file.
        figures: The pictures that were drawn of them.
    """

    reports: tuple[LayerDriftReport, ...]
    run: RunFolder | None
    figures: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"<DiagnoseReport of {in_words([report.candidate for report in self.reports])}>"

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"reports": [report.to_dict() for report in self.reports]}


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A file and what it is compared with.

    Attributes:
        candidate: The quantized file.
        reference: The float file; None if it is to be made of the run's Keras model.
        name: What the report calls the candidate.
    """

    candidate: Path
    reference: Path | None
    name: str


def diagnose_request(request: DriftRequest, *, progress: Progress | None = None) -> DiagnoseReport:
    """Measure every layer of what `request` means; writes nothing.

    Raises:
        EdgekitError: Whatever is missing, changed, unknown, or does not belong together.
    """
    progress = progress or SilentProgress()
    encoding = InputEncoding.parse(request.input_range)
    run, pairs = _find(request)
    inspector, entry = FileInspector(), _dataset_entry(run)
    inspector.read(pair.candidate for pair in pairs)
    info = _info_of(pairs[0].candidate, inspector)
    wanted = DatasetRequest(
        image_size=info.image_size,
        channels=info.channels,
        rule=request.image_rule.for_run(entry),
        is_rule_required=request.image_rule.is_given,
        progress=progress,
    )
    dataset = load_own(_named_data(run), wanted) if request.data is None else load_dataset(request.data, wanted)
    split_name, images = choose_images(dataset, request.num_images, request.seed)
    from edgekit.layer_drift.float_file import FloatFiles  # here, because it brings the exporters

    names = KerasLayers.in_file(run.model_path) if run else None
    with TemporaryFolder() as folder:
        float_files = FloatFiles(run=run, folder=Path(folder), progress=progress)
        reports = []
        for pair in pairs:
            reference = pair.reference or float_files.for_file(pair.candidate)
            with progress.task(f"layers of {pair.name}", len(images)) as advance:
                layers, unmatched = measure_files(
                    reference,
                    pair.candidate,
                    images,
                    encoding,
                    time_limit=request.time_limit or 600 + len(images),
                    advance=advance,
                )
            report = LayerDriftReport(
                candidate=pair.name,
                reference=reference.name if pair.reference or run is None else run.model_path.name,
                num_images=len(images),
                split=split_name,
                seed=request.seed,
                layers=names.all_named(layers) if names else layers,
                unmatched=unmatched,
                input_fault=input_fault(
                    _info_of(pair.candidate, inspector).stored_input,
                    encoding,
                    images,
                    option="" if run else "--input-range",
                ),
            )
            reports.append(_with_command(report, run, pair))
    return DiagnoseReport(reports=tuple(reports), run=run)


def _with_command(report: LayerDriftReport, run: RunFolder | None, pair: _Pair) -> LayerDriftReport:
    """The report with the command that keeps in float what loses most, if a run says how the file was made."""
    precision = precision_of(pair.candidate)
    if run is None or precision is None:
        return report
    entry, made_of = run.export_entry(pair.candidate), format_of(pair.candidate)
    return replace(report, float_command=float_command(str(run.path), made_of, precision, entry, report.layers_to_keep))


def choose_images(dataset: Dataset, num_images: int, seed: int) -> "tuple[str, NDArray[np.uint8]]":
    """At most `num_images` random training images, of the validation split if there are none; never test images.

    Returns:
        The split's name, and uint8 (n, H, W, 3).

    Raises:
        VerificationError: There are only test images.
    """
    import numpy as np

    splits: dict[str, Split] = {"train": dataset.train, "validation": dataset.validation}
    name = next((name for name, split in splits.items() if len(split)), None)
    if name is None:
        raise VerificationError(
            f"Data set '{dataset.name}' has no training and no validation images, and "
            f"a model must not be changed by looking at its test images. Name another in --data."
        )
    split = splits[name]
    chosen = np.sort(np.random.default_rng(seed).permutation(len(split))[:num_images])
    return name, np.ascontiguousarray(split.images[chosen])


def _are_all(precisions: Sequence[Precision]) -> bool:
    """Whether they are all that can be diagnosed, so that nobody named one of them."""
    return set(precisions) >= set(Precision) - {Precision.FLOAT32}


def _find(request: DriftRequest) -> tuple[RunFolder | None, list[_Pair]]:
    target = request.target
    if target is not None and not names_run([target]):
        return _one_file(target, request)
    run = RunFolder.named(target)
    if Precision.FLOAT32 in request.precisions:
        raise UsageError("float32 is what the others are compared with. Name another precision: --precision int8")
    formats = [Format(_known_format(name)) for name in request.formats or tuple(PROBES)]
    listed = [Path(name) for name in run.manifest["files"]]
    names = [
        path
        for precision in request.precisions
        for one in formats
        for path in listed
        if _is_artifact(path, one, precision)
    ]
    missing = [one for one in request.precisions if not any(path.stem.rpartition("-")[2] == one for path in names)]
    if not names or (missing and not _are_all(request.precisions)):
        raise VerificationError(
            f"{run.path} has no {' and no '.join(missing)} artifact in {' or '.join(formats)}. Export it first: "
            f"edgekit export {for_shell(run.path)} --precision {','.join(missing)}"
        )
    pairs = []
    for name in names:
        own = run.artifact_path(Format(name.parent.name), Precision.FLOAT32)
        reference = request.reference or own
        if not reference.is_file() and (reference != own or not _has_model(run)):
            raise VerificationError(
                f"There is no float model {reference} to compare {name} with. Export it first: edgekit export "
                f"{for_shell(run.path)} --float32 --format {name.parent.name}"
            )
        if reference == own and own.is_file():
            run.check_file(own.relative_to(run.path))
        candidate = run.checked_artifact(name).path
        found = reference if reference.is_file() else None
        pairs.append(_Pair(candidate=candidate, reference=found, name=name.as_posix()))
    return run, pairs


def _has_model(run: RunFolder) -> bool:
    """Whether the run holds a Keras model, of which a float file can be made."""
    return run.model_path.is_file() or run.saved_model_path.is_dir()


def _is_artifact(name: Path, artifact_format: Format, precision: Precision) -> bool:
    """Whether a file of a run is of that format and precision, however it was quantized."""
    is_of_format = name.parent.name == artifact_format and name.suffix == f".{artifact_format}"
    return is_of_format and precision_of(name) is precision


def _one_file(path: Path, request: DriftRequest) -> tuple[None, list[_Pair]]:
    check_format(path)  # what is not a model has no float file either
    if request.reference is None:
        raise UsageError(
            f"No reference is known for {path}. Name the float file that the same converter made of the same model: "
            f"--reference FILE"
        )
    if request.data is None:
        raise UsageError("No data set is known for these files. Name it: --data NAME or --data NAME:PATH")
    if check_format(path) is not check_format(request.reference):
        raise UsageError(
            f"{path} and {request.reference} are of different formats, so their layers have no counterparts. Name a "
            f"float .{check_format(path)} file."
        )
    return None, [_Pair(candidate=path, reference=request.reference, name=path.name)]


def _info_of(candidate: Path, inspector: FileInspector) -> ModelInfo:
    """What a candidate says of itself; raises ArtifactError if it cannot be read."""
    found = inspector.of(candidate)
    if found.info is None:
        raise ArtifactError(found.fault)
    return found.info


def _known_format(name: str) -> str:
    PROBES[name]  # raises UnknownNameError with the closest name
    return name


def _dataset_entry(run: RunFolder | None) -> dict[str, Any]:
    entry = run.manifest.get("dataset") if run else None
    return entry if isinstance(entry, dict) else {}


def _named_data(run: RunFolder | None) -> dict[str, Any]:
    entry = _dataset_entry(run)
    if not isinstance(entry.get("name"), str):
        raise UsageError("No data set is known for these files. Name it: --data NAME or --data NAME:PATH")
    return entry
