"""Labelled images from any source: `load_dataset("cifar10")`, `load_dataset("folder:photos")`."""

import os
from dataclasses import replace
from typing import Any

from edgekit.datasets.base import Dataset, DatasetRequest, DatasetSource, Split
from edgekit.datasets.held_out import with_test_data
from edgekit.datasets.location import parsed_location
from edgekit.datasets.remembered import remember
from edgekit.foundation.callable_package import make_callable
from edgekit.foundation.errors import DatasetError, EdgekitError, UsageError, first_line_of
from edgekit.foundation.files.given_path import given_text
from edgekit.foundation.plugins import PluginGroup
from edgekit.foundation.registry import Registry

__all__ = ["DATASETS", "Dataset", "DatasetRequest", "DatasetSource", "Split", "load_dataset"]


def _problem_of(_: str, value: Any) -> str | None:
    """What is wrong with what another package brings as a source of data, as a clause; None: nothing."""
    return None if callable(value) else "it is not a function from an edgekit.DatasetRequest to an edgekit.Dataset"


DATASETS: Registry[DatasetSource] = Registry(
    "data set",
    {
        "digits": (
            "edgekit.datasets.digits:load",
            "1,797 handwritten digits of scikit-learn at 32 x 32; nothing to download",
        ),
        "cifar10": (
            "edgekit.datasets.cifar10.source:load",
            "60,000 photographs of 10 classes at 32 x 32; downloaded once, or yours",
        ),
        "folder": ("edgekit.datasets.folder.source:load", "your own images, one folder per class"),
        "csv": ("edgekit.datasets.csv_files.source:load", "your own images, listed with their labels in CSV files"),
        "hub": (
            "edgekit.datasets.hub.source:load",
            "any image-classification data set of the Hugging Face hub",
        ),
        "npz": ("edgekit.datasets.npz.source:load", "the arrays x_train, y_train, x_test, y_test"),
    },
    PluginGroup(name="edgekit.datasets", problem=_problem_of),
)


make_callable(__name__, "edgekit.api.lists:datasets")


def load_dataset(spec: str | os.PathLike[str] | Dataset, request: DatasetRequest | None = None) -> Dataset:
    """Load the data set that `spec` names.

    Args:
        spec: `name`, `name:PATH` or a path, as on the command line; of one that is loaded only the channels can change.
        request: How it is wanted; its `location` is taken from `spec`.

    Raises:
        UnknownNameError: There is no such source.
        UsageError: A rule for resizing is required, and the images of this source are not resized by it.
        PluginError: Another package brings the source, and it cannot be used.
        DatasetError: The source cannot be loaded.
    """
    if isinstance(spec, Dataset):
        if request is not None and request.test_data is not None:
            raise UsageError(f"The data set '{spec.name}' is loaded with its test images. Omit --test-data.")
        return as_requested(spec, request or DatasetRequest())
    spec = given_text(spec)
    name, location = parsed_location(spec, DATASETS)
    if request is not None and request.test_data is not None:
        dataset = with_test_data(spec, request, load_dataset)
        remember(name, dataset, replace(request, location=location))
        return dataset
    source, request = DATASETS.load(name), replace(request or DatasetRequest(), location=location)
    origin = DATASETS[name].origin
    dataset = source(request) if origin is None else _loaded_by_plugin(name, origin, source, request)
    dataset = as_requested(dataset, request)
    remember(name, dataset, request)
    return dataset


def as_requested(dataset: Dataset, request: DatasetRequest) -> Dataset:
    """With the channels of the request, which the user is told about; raises UsageError if a rule has no effect."""
    from edgekit.datasets.color import with_channels

    if request.rule is not None and request.is_rule_required and dataset.rule != request.rule:
        how = "have a fixed size and are not resized" if dataset.rule is None else f"were resized by {dataset.rule}"
        raise UsageError(
            f"The images of '{dataset.name}' {how}, so {request.rule.options} has no effect. Leave it out."
        )
    dataset, said = with_channels(dataset, request.channels or dataset.image_shape[2])
    if said:
        request.progress.note(said)
    return dataset


def _loaded_by_plugin(name: str, origin: str, source: DatasetSource, request: DatasetRequest) -> Dataset:
    """What the source of another package gives; whatever else happens in it is a DatasetError."""
    start = f"The data set '{name}' of the package {origin}"
    try:
        dataset: Any = source(request)
    except EdgekitError:
        raise
    except (Exception, SystemExit) as error:  # another package's program may raise anything
        raise DatasetError(
            f"{start} could not be loaded: {type(error).__name__}: {first_line_of(error)}. Report this to the authors "
            f"of the package."
        ) from error
    if not isinstance(dataset, Dataset):
        raise DatasetError(f"{start} must be an edgekit.Dataset. Received {type(dataset).__name__}.")
    return dataset
