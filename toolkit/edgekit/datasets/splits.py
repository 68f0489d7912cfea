"""Seeded stratified splits. Knows labels and class names only, never an image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgekit.datasets.base import DatasetRequest, Split, check_labels
from edgekit.foundation.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TEST_FRACTION = 0.2
"""Share of the images that becomes the test split if a source comes without one."""

TEST_SEED = 0
"""Seed of that test split: fixed, so that every training is measured on the same images."""


def stratified_split(
    labels: "NDArray[np.int64]", fraction: float, seed: int, class_names: Sequence[str]
) -> tuple["NDArray[np.int64]", "NDArray[np.int64]"]:
    """Part the images so that every class is held out in the same proportion.

    Of n images of a class, `round(n * fraction)` are held out, but at least 1 and at most n - 1. The result
    depends on the arguments only: numpy keeps the stream of `RandomState` the same in every version.

    Args:
        labels: int64 (N,), indices into `class_names`.
        fraction: Share to hold out, in (0, 1).
        seed: 0 to 2**32 - 1.
        class_names: For messages.

    Returns:
        (kept, held_out): int64 indices, each rising, together 0 to N - 1.

    Raises:
        DatasetError: A class has a single image, a label is no class, or the seed is out of range.
    """
    import numpy as np

    if not 0 <= seed < 2**32:
        raise DatasetError(f"The seed of a split must lie between 0 and {2**32 - 1}. Received {seed}.")
    check_labels("The labels of images that are to be split", labels, len(class_names))
    order = np.random.RandomState(seed).random_sample(len(labels))
    held_out = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < 2:
            raise DatasetError(
                f"Class '{class_names[label]}' has too few images: training, validation and test split need one each, "
                f"and a single one is left for two of them. Add images of this class, or take the class out."
            )
        num_held_out = min(max(round(len(members) * fraction), 1), len(members) - 1)
        held_out[members[np.argsort(order[members], kind="stable")[:num_held_out]]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def split_validation(training: Split, request: DatasetRequest, class_names: Sequence[str]) -> tuple[Split, Split]:
    """(train, validation) out of the training images, as the request's seed and fraction say; both are copies.

    Raises:
        DatasetError: A class has a single training image, or a label is no class.
    """
    kept, held_out = stratified_split(training.labels, request.validation_fraction, request.seed, class_names)
    return take(training, kept), take(training, held_out)


def take(split: Split, indices: "NDArray[np.int64]") -> Split:
    """The images at `indices`, in that order, copied."""
    return Split(images=split.images[indices], labels=split.labels[indices])


def labels_of_kept(
    labels: "NDArray[np.int64]", skipped: Sequence[int], class_names: Sequence[str], split_name: str, root: object
) -> "NDArray[np.int64]":
    """The labels without those at the places `skipped`; raises DatasetError if a class would lose all its images.

    Args:
        labels: int64 (N,).
        skipped: Places of broken images, 0 to N - 1.
        class_names: For messages.
        split_name: "train", for the message.
        root: Where the images are, for the message.
    """
    import numpy as np

    kept = np.delete(labels, skipped)
    if lost := set(labels.tolist()) - set(kept.tolist()):
        raise DatasetError(
            f"Every {split_name} image of class '{class_names[min(lost)]}' in {root} is broken. Repair "
            f"them, or remove the class."
        )
    return kept


def empty_split(height: int, width: int, channels: int = 3) -> Split:
    """A split of no images of that shape."""
    import numpy as np

    return Split(images=np.zeros((0, height, width, channels), np.uint8), labels=np.zeros(0, np.int64))


def place_in_list(place: int, skipped: Sequence[int]) -> int:
    """Where the image at `place` stood before those at `skipped`, rising, were left out."""
    for each in skipped:
        place += each <= place
    return place


def evenly_spread_order(labels: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """An order of which every beginning is spread evenly over the classes: whole numbers (N,), each 0 to N - 1 once.

    The places among images that are sorted by class are taken in the order of their bits read backwards, as in
    J. G. van der Corput's sequence.

    Args:
        labels: int64 (N,).
    """
    import numpy as np

    places = np.zeros(1, np.int64)
    while len(places) < len(labels):
        places = np.concatenate([2 * places, 2 * places + 1])
    return np.lexsort((np.arange(len(labels)), labels))[places[places < len(labels)]]


def spread_over_classes(labels: "NDArray[np.int64]", count: int, seed: int | None = None) -> "NDArray[np.int64]":
    """`count` indices, ascending, with every class in proportion; the same for the same labels and seed.

    Args:
        labels: int64 (N,).
        count: 1 to N.
        seed: Which images of a class are taken is drawn by it; None: they are spread evenly over the class.
    """
    import numpy as np

    draw = np.arange(len(labels)) if seed is None else np.random.default_rng(seed).permutation(len(labels))
    by_class = np.lexsort((draw, labels))
    positions = (np.arange(count) * len(labels)) // count
    return np.sort(by_class[positions])
