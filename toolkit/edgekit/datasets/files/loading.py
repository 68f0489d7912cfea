"""Listed image files -> a data set, decoded once into the cache."""

from pathlib import Path

from edgekit.datasets.base import Dataset, DatasetRequest, Split
from edgekit.datasets.files.identical import IdenticalImages, KnownIdentical, find_identical
from edgekit.datasets.files.listing import Listing, three_splits
from edgekit.datasets.files.states import FileStates
from edgekit.datasets.images.cache import DecodedImages, decode_images
from edgekit.datasets.images.kinds import notes_on_kinds
from edgekit.datasets.splits import empty_split, labels_of_kept, place_in_list
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
    states = FileStates(root)
    known = None if request.test_only or request.role else KnownIdentical(root, listings, states, request)
    kept = known.read() if known else IdenticalImages()
    identical = find_identical(root, listings, states) if kept is None else kept
    if identical:
        request.progress.note(f"{root}: {identical.sentence(len(listings['test'].names))}")
    form = request.form
    wanted = ("test",) if request.test_only else ("train", "validation", "test")
    decoded = {
        each: decode_images(root, listings[each].names, form, each, request, states)
        for each in wanted
        if each in listings
    }
    if known and kept is None:
        known.keep(identical)
    splits = {each: _split(root, listings[each], images, each) for each, images in decoded.items()}
    num_skipped = sum(len(listings[each].names) - len(split) for each, split in splits.items())
    notes = notes_on_kinds([images.kinds for images in decoded.values()], request)
    for note in notes:
        request.progress.note(f"{root}: {note}")
    if num_skipped:
        request.progress.note(f"{root}: left out {counted(num_skipped, 'broken image')}, as asked")
    return Dataset(
        name=name,
        class_names=listings["test"].class_names,
        train=splits.get("train", empty_split(*form.shape)),
        validation=splits.get("validation", empty_split(*form.shape)),
        test=splits["test"],
        num_skipped=num_skipped,
        num_identical=identical.num_test_images,
        rule=form.rule,
        image_notes=tuple(notes),
    )


def _split(root: Path, listing: Listing, decoded: DecodedImages, name: str) -> Split:
    import numpy as np

    labels = np.array(listing.labels, np.int64)
    kept = labels_of_kept(labels, decoded.skipped, listing.class_names, name, root)
    return Split(
        images=decoded.images,
        labels=kept,
        known_sha256=decoded.checksums.of_split,
        file_of=(lambda place: root / listing.names[place_in_list(place, decoded.skipped)]) if name == "test" else None,
    )
