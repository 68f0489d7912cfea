"""`folder:PATH`: the user's own images, a folder a class. Decoded once into a cache; memory stays small."""

from pathlib import Path

from edgekit.datasets.base import Dataset, DatasetRequest, Split
from edgekit.datasets.folder.listing import Listing, list_splits
from edgekit.datasets.images.cache import DEFAULT_SIZE, decode_images
from edgekit.datasets.splits import TEST_FRACTION, TEST_SEED, empty_split, labels_of_kept, stratified_split
from edgekit.foundation.errors import UsageError
from edgekit.foundation.grammar import counted


def load(request: DatasetRequest) -> Dataset:
    """The images under `train/` and `test/` (and `validation/` or `val/`, if there), or under one folder a class.

    Without `test/`, 20 % of each class are the test split, the same images whatever the request's seed; without
    `validation/`, validation images are taken out of the training ones. How an image becomes pixels, says
    `edgekit.datasets.images.decoding.decode_image`. The splits are views of memory-mapped files in `cache_dir`,
    one file a split: another seed or validation fraction decodes the training images once more.

    Raises:
        DatasetError: The folder is missing or not laid out so, or an image is broken and `skip_broken` is not set.
        UsageError: No path was given.
    """
    root = request.path
    if root is None:
        raise UsageError("The data set 'folder' needs a path, as in folder:photos.")
    listings = _three_splits(list_splits(root, request.progress), request)
    size = request.image_size or DEFAULT_SIZE
    wanted = ("test",) if request.test_only else ("train", "validation", "test")
    splits = {name: _decode(root, listings[name], size, name, request) for name in wanted if name in listings}
    num_skipped = sum(len(listings[name].names) - len(split) for name, split in splits.items())
    if num_skipped:
        request.progress.note(f"{root}: left out {counted(num_skipped, 'broken image')}, as asked")
    return Dataset(
        name="folder",
        class_names=listings["test"].class_names,
        train=splits.get("train", empty_split(*size)),
        validation=splits.get("validation", empty_split(*size)),
        test=splits["test"],
        num_skipped=num_skipped,
    )


def _three_splits(listings: dict[str, Listing], request: DatasetRequest) -> dict[str, Listing]:
    """Take the splits that have no folder out of the others; without training images only "test" comes back."""
    if "all" in listings:
        train, test = _part(listings["all"], TEST_FRACTION, TEST_SEED)
        listings = {"train": train, "test": test}
    if "train" in listings and "validation" not in listings and not request.test_only:
        train, validation = _part(listings["train"], request.validation_fraction, request.seed)
        listings = {**listings, "train": train, "validation": validation}
    return listings


def _part(listing: Listing, fraction: float, seed: int) -> tuple[Listing, Listing]:
    import numpy as np

    parts = stratified_split(np.array(listing.labels, np.int64), fraction, seed, listing.class_names)
    kept, held_out = (
        Listing(
            class_names=listing.class_names,
            names=tuple(listing.names[index] for index in indices),
            labels=tuple(listing.labels[index] for index in indices),
        )
        for indices in parts
    )
    return kept, held_out


def _decode(root: Path, listing: Listing, size: tuple[int, int], name: str, request: DatasetRequest) -> Split:
    import numpy as np

    decoded = decode_images(root, listing.names, size, name, request)
    labels = np.array(listing.labels, np.int64)
    kept = labels_of_kept(labels, decoded.skipped, listing.class_names, name, root)
    return Split(images=decoded.images, labels=kept)
