"""Which files belong to a split, and which class each has. Opens no image."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.datasets.base import DatasetRequest
from edgekit.datasets.splits import TEST_FRACTION, TEST_SEED, stratified_split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The images of one split.

    Attributes:
        class_names: In the order of the labels.
        names: Paths relative to the data set's folder with `/`, all different.
        labels: One index into `class_names` for each name.
    """

    class_names: tuple[str, ...]
    names: tuple[str, ...]
    labels: tuple[int, ...]

    def taken(self, indices: "Iterable[int] | NDArray[np.int64]") -> "Listing":
        """The images at `indices`, in that order."""
        places = [int(index) for index in indices]
        return Listing(
            class_names=self.class_names,
            names=tuple(self.names[place] for place in places),
            labels=tuple(self.labels[place] for place in places),
        )


def three_splits(listings: dict[str, Listing], request: DatasetRequest) -> dict[str, Listing]:
    """Take the splits that are not listed out of the others.

    Args:
        listings: "train", "validation" and "test" as far as they are given, or "all".
        request: `validation_fraction`, `seed`, `test_only` and `role` are used.

    Returns:
        "train", "validation" and "test"; without training images, or if only test images are wanted, perhaps
        only "test".

    Raises:
        DatasetError: A class has too few images for all splits.
    """
    if request.role == "test":
        return {"test": listings.get("all") or listings["test"]}
    if "all" in listings and request.role == "training":
        listings = {"train": listings["all"]}
    if "all" in listings:
        train, test = _parted(listings["all"], TEST_FRACTION, TEST_SEED)
        listings = {"train": train, "test": test}
    if "train" in listings and "validation" not in listings and not request.test_only:
        train, validation = _parted(listings["train"], request.validation_fraction, request.seed)
        listings = {**listings, "train": train, "validation": validation}
    if request.role == "training" and "validation" in listings:
        return {**listings, "test": listings["validation"]}  # stands in for the test images that are external
    return listings


def _parted(listing: Listing, fraction: float, seed: int) -> tuple[Listing, Listing]:
    import numpy as np

    kept, held_out = stratified_split(np.array(listing.labels, np.int64), fraction, seed, listing.class_names)
    return listing.taken(kept), listing.taken(held_out)
