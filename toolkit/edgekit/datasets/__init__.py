"""Labelled images from wherever they are: `load_dataset("cifar10")`, `load_dataset("folder:photos")`."""

from dataclasses import replace

from edgekit.datasets.base import Dataset, DatasetRequest, DatasetSource, Split
from edgekit.foundation.registry import Registry

__all__ = ["DATASETS", "Dataset", "DatasetRequest", "DatasetSource", "Split", "load_dataset"]

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
        "folder": ("edgekit.datasets.folder.source:load", "your own images, a folder a class"),
        "hub": (
            "edgekit.datasets.hub.source:load",
            "any image-classification data set of the Hugging Face hub",
        ),
        "npz": ("edgekit.datasets.npz.source:load", "the arrays x_train, y_train, x_test, y_test"),
    },
)


def load_dataset(spec: str, request: DatasetRequest | None = None) -> Dataset:
    """Load the data set that `spec` names.

    Args:
        spec: `name` or `name:PATH`, as on the command line.
        request: How it is wanted; its `location` is taken from `spec`.

    Raises:
        UnknownNameError: There is no such source.
        DatasetError: The source cannot deliver.
    """
    name, _, location = spec.partition(":")
    return DATASETS.load(name)(replace(request or DatasetRequest(), location=location or None))
