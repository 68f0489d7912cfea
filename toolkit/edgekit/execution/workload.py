"""The images that a candidate is run on: which of a split, in which order, and how its scores come back to it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.foundation.mapped_arrays import pieces, take_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class TimeBudget:
    """As many images as there is time for, and a few in any case.

    Attributes:
        seconds: How long images are run, above 0.
        min_images: So many are run even if that takes longer, at least 1.
    """

    seconds: float
    min_images: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Workload:
    """Images to run.

    Attributes:
        images: uint8 (n, H, W, 3), RGB, 0 to 255, an .npy file, or a note where they lie; see `image_files`.
        num_images_of_split: Images of the whole split: N.
        indices: Whole numbers (n,), each image's place in the split, in the order of running; None: all of them.
        order_file: `indices` as a file, if `images` holds the whole split; None: it holds these images.
        why_a_part: Why some images are left out, as half a sentence.
        budget: The time after which images are left out; None: all are run.
        at_most: Only the first so many are run; None: all.
    """

    images: Path
    num_images_of_split: int
    indices: "NDArray[Any] | None" = None
    order_file: Path | None = None
    why_a_part: str = ""
    budget: TimeBudget | None = None
    at_most: int | None = None

    @property
    def num_images(self) -> int:
        """Images to run: n; fewer if the time is up."""
        there_are = self.num_images_of_split if self.indices is None else len(self.indices)
        return there_are if self.at_most is None else min(there_are, self.at_most)

    def first(self, count: int) -> "Workload":
        """The first `count` of these images, at least 1, without a limit of time."""
        return replace(self, at_most=count, budget=None)

    def places_of_first(self, count: int) -> "NDArray[Any] | None":
        """Places of the first `count` images in the split: whole numbers, ascending; None: they are all of it."""
        import numpy as np

        count = min(count, self.num_images)
        if count == self.num_images_of_split:
            return None
        return np.arange(count) if self.indices is None else np.sort(self.indices[:count])

    def in_split_order(self, scores: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """The scores float32 (n, C) of the first n images, in the order of the images in the split."""
        if self.order_file is None or self.indices is None:
            return scores
        order = self.indices[: len(scores)]
        if len(order) != len(scores):  # more scores than images: what is wrong is said where they are compared
            return scores
        is_whole = len(order) == self.num_images_of_split
        return take_rows(scores, _inverse(order) if is_whole else order.argsort())


def _inverse(order: "NDArray[Any]") -> "NDArray[Any]":
    """The place of each number in `order`, which holds 0 to N - 1 once each: what argsort gives, in half its memory."""
    import numpy as np

    places = np.empty_like(order)
    for piece in pieces(len(order)):  # an index of another type than numpy's own is copied
        places[order[piece]] = np.arange(piece.start, piece.stop, dtype=order.dtype)
    return places
