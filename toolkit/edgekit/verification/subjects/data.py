"""The images that a request is verified on: which data set, at which size, and whether training images are needed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.datasets.base import CHANNELS, MAX_SIDE
from edgekit.datasets.own import OwnData
from edgekit.foundation.errors import DatasetError, UsageError, VerificationError
from edgekit.foundation.progress import Progress
from edgekit.runs.folder import RunFolder
from edgekit.verification.request import VerifyRequest
from edgekit.verification.subjects.reference_scores import is_model
from edgekit.verification.subjects.selection import Selection


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedData:
    """The data of a request.

    Attributes:
        dataset: Its test split; its training images too if the input of external models is to be checked on them.
        load: Loads it once more, in another form if asked.
        wanted: How it was loaded.
        training_fault: Why training images that are there could not be loaded; None if nothing is wrong.
    """

    dataset: Dataset
    load: Callable[[DatasetRequest], Dataset]
    wanted: DatasetRequest
    training_fault: str | None = None


def load_data(request: VerifyRequest, selection: Selection, progress: Progress) -> LoadedData:
    """Load what the request names, or else what the manifest of the run names, at the size that the models take.

    Raises:
        DatasetError: The data set cannot be loaded. If only its training images are at fault, they are left out.
        UsageError: The data set lies in a folder that was not named.
        VerificationError: Nothing says which data set is meant.
    """
    wanted = DatasetRequest(
        image_size=image_size_of(selection),
        channels=channels_of(selection),
        rule=request.image_rule.for_run(_dataset_entry(selection.run)),
        is_rule_required=request.image_rule.is_given,
        test_only=not (request.external.check_inputs and _has_models_to_check(selection)),
        skip_broken=request.skip_broken,
        test_data=request.test_data,
        progress=progress,
    )
    if request.data is not None:
        data = request.data
        return _load(lambda wanted: load_dataset(data, wanted), wanted)
    if request.test_data is not None and selection.run is None:
        return _load(lambda wanted: load_dataset(request.test_data or "", wanted), _test_images_alone(wanted))
    own = data_of(selection.run, wanted.cache_dir)
    try:
        return replace(_load(own.load, wanted), load=own.load_in_any_form)
    except DatasetError as error:
        if own.location is None:
            raise
        raise own.advice(error) from error
    except UsageError as error:
        raise own.advice(error) from error


def _test_images_alone(wanted: DatasetRequest) -> DatasetRequest:
    """The request for a data set all of whose images are for testing."""
    return replace(wanted, test_data=None, role="test", test_only=True)


def data_of(run: RunFolder | None, cache_dir: Path) -> OwnData:
    """The data set that the manifest of `run` names; raises VerificationError, or DatasetError as `OwnData.of` does."""
    entry = _dataset_entry(run)
    if not isinstance(entry.get("name"), str):
        raise VerificationError("The data set to verify on is unknown. Name it: --data NAME or --data NAME:PATH")
    return OwnData.of(entry, cache_dir)


def image_size_of(selection: Selection) -> tuple[int, int] | None:
    """(height, width) that the models take: the manifest says it, or the first file that does; None: unknown.

    A size that no image has is that of a damaged file; its row will say so.
    """
    shape = _dataset_entry(selection.run).get("image_shape")
    if isinstance(shape, list) and len(shape) == 3 and all(isinstance(size, int) for size in shape):
        return shape[0], shape[1]
    for info in filter(None, (file.info for file in selection.files)):
        if info.image_size and max(info.image_size) <= MAX_SIDE:
            return info.image_size
    return None


def channels_of(selection: Selection) -> int | None:
    """3 or 1, as the manifest or else the files say that their images have; None: unknown.

    3 if the files differ: gray can be made of color (see `edgekit.execution.pixels`), and not the other way.
    """
    shape = _dataset_entry(selection.run).get("image_shape")
    if isinstance(shape, list) and len(shape) == 3 and shape[2] in CHANNELS:
        return int(shape[2])
    return max((file.info.channels or 0 for file in selection.files if file.info), default=0) or None


def _has_models_to_check(selection: Selection) -> bool:
    """Whether there is an external model, whose input is checked on training images."""
    reference = selection.reference
    has_external_reference = selection.is_reference_external and isinstance(reference, Path) and is_model(reference)
    return selection.has_external_files or has_external_reference


def _dataset_entry(run: RunFolder | None) -> dict[str, Any]:
    entry = run.manifest.get("dataset") if run else None
    return entry if isinstance(entry, dict) else {}


def _load(load: Callable[[DatasetRequest], Dataset], wanted: DatasetRequest) -> LoadedData:
    try:
        return LoadedData(dataset=load(wanted), load=load, wanted=wanted)
    except DatasetError as error:
        if wanted.test_only:
            raise
        dataset = load(replace(wanted, test_only=True))
        return LoadedData(dataset=dataset, load=load, wanted=wanted, training_fault=str(error))
