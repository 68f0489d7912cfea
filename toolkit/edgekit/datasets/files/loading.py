"""Listed image files -> a data set, decoded once into the cache."""

from pathlib import Path

from edgekit.datasets.base import Dataset, DatasetRequest, Split
from edgekit.datasets.files.identical import IdenticalImages, find_identical
from edgekit.datasets.files.listing import Listing, three_splits
from edgekit.datasets.images.cache import DEFAULT_SIZE, decode_images
from edgekit.datasets.splits import empty_split, labels_of_kept
from edgekit.foundation.grammar import counted


def load_listings(name: str, root: Path, listings: dict[str, Listing], request: DatasetRequest) -> Dataset:
    """Decode the listed images; missing splits are taken out of the others.

    The splits are views of memory-mapped files in `cache_dir`, one file per split: another seed or validation fraction
    decodes the training images once more.

    Args:
        name: What the data set is called.
        root: The folder that the listed names are relative to.
        listings: "train", "validation" and "test" as far as they are given, or "all".
        request: How it is wanted.

    Raises:
        DatasetError: A class has too few images, or an image is broken and `skip_broken` is not set.
    """
    listings = three_splits(listings, request)
    identical = IdenticalImages() if request.test_only else find_identical(root, listings)
    if identical:
        request.progress.note(f"{root}: {identical.sentence(len(listings['test'].names))}")
    size = request.image_size or DEFAULT_SIZE
    wanted = ("test",) if request.test_only else ("train", "validation", "test")
    splits = {each: _decode(root, listings[each], size, each, request) for each in wanted if each in listings}
    num_skipped = sum(len(listings[each].names) - len(split) for each, split in splits.items())
    if num_skipped:
        request.progress.note(f"{root}: left out {counted(num_skipped, 'broken image')}, as asked")
    return Dataset(
        name=name,
        class_names=listings["test"].class_names,
        train=splits.get("train", empty_split(*size)),
        validation=splits.get("validation", empty_split(*size)),
        test=splits["test"],
        num_skipped=num_skipped,
        num_identical=identical.num_test_images,
    )


def _decode(root: Path, listing: Listing, size: tuple[int, int], name: str, request: DatasetRequest) -> Split:
    import numpy as np

    decoded = decode_images(root, listing.names, size, name, request)
    labels = np.array(listing.labels, np.int64)
    kept = labels_of_kept(labels, decoded.skipped, listing.class_names, name, root)
    return Split(images=decoded.images, labels=kept)
