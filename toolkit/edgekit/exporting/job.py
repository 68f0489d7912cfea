"""The whole of `edgekit export` and `compare-schemes`: find the target, load model and data, do the work."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.artifact import Precision
from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.datasets.own import load_own
from edgekit.exporting.keras.loading.custom_objects import custom_objects_of
from edgekit.exporting.parts.isolation import export_in_parts, is_large, warn_of_too_little
from edgekit.exporting.plan import make_plan
from edgekit.exporting.report import ExportReport
from edgekit.exporting.request import ExportRequest
from edgekit.exporting.schemes import SPLITS, SchemeComparison, compare_schemes
from edgekit.exporting.session import check_out, export
from edgekit.exporting.source import Source, check_source, load_source
from edgekit.foundation.errors import UsageError
from edgekit.foundation.grammar import for_shell
from edgekit.foundation.keras_setup import check_installed
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.runs.folder import RunFolder


def export_request(
    request: ExportRequest, *, progress: Progress | None = None, only: Collection[Precision] | None = None
) -> ExportReport:
    """Carry out `request`; everything that can be checked without TensorFlow is checked before it is loaded.

    A large model is exported in parts, each in a process that frees its memory at its end; see `exporting/parts/`.

    Args:
        request: What is to be done.
        progress: Receives progress.
        only: In such a process, the precisions that it makes; it keeps each file as soon as it has passed.

    Raises:
        EdgekitError: Whatever is missing, changed, unknown or does not belong together; see `export`.
    """
    progress = progress or SilentProgress()
    plan = make_plan(request.precisions, request.formats, request.options)
    reading = request.reading
    found = check_source(request.target)
    if request.data is None and not isinstance(found, RunFolder):
        raise UsageError(f"{found} is an external model: name its data set, as in --data folder:PATH.")
    check_out(found, request.out)
    if only is None:
        warn_of_too_little(request, found, plan, progress)
        if not isinstance(request.data, Dataset) and is_large(found):
            return export_in_parts(request, found, plan, progress)
    with custom_objects_of(request.custom_objects) as custom:
        source = load_source(found, custom, progress)
        return export(
            source,
            precisions=request.precisions,
            formats=request.formats,
            dataset=_load(request, source, plan.needs_calibration, progress),
            options=request.options,
            calibration_images=request.calibration_images,
            seed=request.seed,
            out=request.out,
            keep_doubtful=request.keep_doubtful,
            reading=reading,
            resume=request.resume,
            only=only,
            progress=progress,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class SchemesRequest:
    """What a user asks of `edgekit compare-schemes`; see `edgekit.exporting.schemes.compare_schemes`.

    Attributes:
        target: A run folder, or None for the newest run.
        precisions: Outputs.
        data: The data set, or `NAME[:PATH]`; None: the one in the run's manifest.
        calibration_images: How many training images calibrate each file; None: as for `ExportRequest`.
        seed: Chooses them.
        check_calibration: Calibrate each file a second time, with other images.
        split: "validation" or "test".
        skip_broken: Leave broken images out of a `folder:` data set, as the training did.
        custom_objects: A Python file that defines the layers of the model that are not Keras'; it is executed.
    """

    target: Path | None = None
    precisions: Sequence[Precision] = (Precision.INT8,)
    data: str | Dataset | None = None
    calibration_images: int | None = None
    seed: int = 0
    check_calibration: bool = False
    split: str = SPLITS[0]
    skip_broken: bool = False
    custom_objects: Path | None = None

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise UsageError(f"The split must be {' or '.join(SPLITS)}. Received '{self.split}'.")


def compare_schemes_request(request: SchemesRequest, *, progress: Progress | None = None) -> SchemeComparison:
    """Do what `request` says; raises EdgekitError as `compare_schemes` does."""
    progress = progress or SilentProgress()
    found = check_source(request.target)
    if not isinstance(found, RunFolder):
        raise UsageError(f"{found} is not part of a run. Create one first: edgekit export {for_shell(found)} --data …")
    check_installed("tensorflow", "edgekit compare-schemes")
    with custom_objects_of(request.custom_objects) as custom:
        source = load_source(found, custom, progress)
        dataset = load_dataset_of(source, request.data, request.skip_broken, progress)
        return compare_schemes(
            source,
            dataset,
            precisions=request.precisions,
            calibration_images=request.calibration_images,
            seed=request.seed,
            check_calibration=request.check_calibration,
            split=request.split,
            progress=progress,
        )


def _load(request: ExportRequest, source: Source, is_needed: bool, progress: Progress) -> Dataset | None:
    """The data set of the export; None if none is needed."""
    name = source.dataset_entry.get("name")
    if request.data is None and not is_needed and name != "digits":
        progress.note(f"Without --data the files are checked on random images, not on those of '{name}'.")
        return None
    return load_dataset_of(
        source, request.data, request.skip_broken, progress, request.image_rule, test_data=request.test_data
    )


def load_dataset_of(
    source: Source,
    data: str | Dataset | None,
    skip_broken: bool,
    progress: Progress,
    image_rule: RuleChoice | None = None,
    *,
    test_data: str | None = None,
) -> Dataset:
    """The data set at the model's size and channels, split as it was for the training.

    Args:
        source: The model.
        data: The data set, or `NAME[:PATH]`; None: the one in the run's manifest.
        skip_broken: Leave broken images out of a `folder:` data set, as the training did.
        progress: Receives progress of long reading.
        image_rule: How image files become pixels; None: as in the run.
        test_data: Where the test images are; None: in `data`, or where they were.

    Raises:
        UsageError: The run's own data set needs a path, which a run does not say; or another rule than the run's.
        DatasetError: It is missing or broken.
    """
    settings = source.run.manifest.get("settings", {}) if source.run else {}
    choice = image_rule or RuleChoice()
    wanted = DatasetRequest(
        image_size=source.image_size,
        channels=source.channels,
        rule=choice.for_run(source.dataset_entry),
        is_rule_required=choice.is_given,
        validation_fraction=settings.get("validation_fraction", DatasetRequest().validation_fraction),
        seed=settings.get("seed", 0),
        skip_broken=skip_broken,
        test_data=test_data,
        progress=progress,
    )
    return load_own(source.dataset_entry, wanted) if data is None else load_dataset(data, wanted)
