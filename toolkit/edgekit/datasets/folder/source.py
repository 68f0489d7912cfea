"""`folder:PATH`: the user's own images, one folder per class. Decoded once into a cache; memory stays small."""

from edgekit.datasets.base import Dataset, DatasetRequest
from edgekit.datasets.csv_files.source import list_tables
from edgekit.datasets.files.loading import load_listings
from edgekit.datasets.folder.listing import list_splits
from edgekit.datasets.folder.location import FolderLocation
from edgekit.datasets.folder.metadata import find_metadata


def load(request: DatasetRequest) -> Dataset:
    """The images under `train/` and `test/` (and `validation/`, `valid/` or `val/`, if there), or one folder per class.

    Without `test/`, 20 % of each class are the test split, the same images whatever the request's seed; without
    `validation/`, validation images are taken out of the training ones. A `metadata.csv` with the columns file_name
    and label takes the place of class folders; `PATH#LEVEL` says how deep these lie. Everything that names and folders
    tell is checked before the first image is decoded.

    Raises:
        DatasetError: The folder is missing or not laid out so, or an image is broken and `skip_broken` is not set.
        UsageError: No path was given.
    """
    location = FolderLocation.of(request)
    tables = find_metadata(location.path, request.progress) if location.level is None else None
    listings = list_splits(location, request.progress) if tables is None else list_tables(tables, request)
    return load_listings("folder", location.path, listings, request)
