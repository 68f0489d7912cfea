"""Images whose prediction changed: the picture itself, its true class, and both answers with their probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.foundation.grammar import counted
from edgekit.rendering.pages.badge import Badge
from edgekit.rendering.pages.pictures import Picture, photo
from edgekit.rendering.pages.verification.page_size import page_size
from edgekit.verification.measuring.measurement import FlippedImage, Measurement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_SHOWN = 4
MAX_ON_PAGE = 288
"""Images of all rows together, unless each would show fewer than MIN_SHOWN."""

DIRECTIONS = (
    Badge(words="right → wrong", tone="bad"),
    Badge(words="wrong → wrong", tone="neutral"),
    Badge(words="wrong → right", tone="good"),
    Badge(words="tie", tone="neutral"),
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Who says what: a class, and how sure, 0 to 1; None for the truth."""

    who: str
    class_name: str
    probability: float | None


@dataclass(frozen=True, kw_only=True)
class FlippedCard:
    """One image.

    Attributes:
        picture: None if the images are not at hand.
        direction: From right to wrong, or otherwise.
        index: Its place in the test split, from 0.
        answers: The truth, the reference, the candidate.
    """

    picture: Picture | None
    direction: Badge
    index: int
    answers: Sequence[Answer]


@dataclass(frozen=True, kw_only=True)
class FlippedImages:
    """Some of the images that flipped, and how they were chosen."""

    words: str
    cards: Sequence[FlippedCard]


class Album:
    """Shows flipped images, as many as a page may hold: the first rows get pictures until there is no more room.

    Args:
        images: uint8 (N, H, W, 3), the whole test split; None: no pictures.
        class_names: C names.
        limit: Images of one row.
        picture_bytes: Of all pictures together.
    """

    def __init__(
        self, images: "NDArray[np.uint8] | None", class_names: Sequence[str], limit: int, picture_bytes: int
    ) -> None:
        self._images = images
        self._names = class_names
        self._limit = limit
        self._bytes_left = picture_bytes

    @classmethod
    def of(cls, images: "NDArray[np.uint8] | None", class_names: Sequence[str], *, num_rows: int) -> "Album":
        """The album of a page of so many rows."""
        allowed = page_size(len(class_names))
        return cls(images, class_names, images_for_each(num_rows, allowed.flipped), allowed.picture_bytes)

    def flipped_images(self, one: Measurement, label: str) -> FlippedImages | None:
        """The flips that matter most: what the reference had right first, ties last; None if nothing flipped."""
        if not one.flipped_images:
            return None
        total = one.flips.total + one.tie_flips.total
        shown = sorted(one.flipped_images, key=lambda each: (_direction(each), -each.candidate_probability))
        shown = shown[: self._limit]
        said = (
            f"{len(shown):,} of {counted(total, 'image')} whose prediction changed, what the reference had right first."
        )
        if total > len(one.flipped_images) and len(shown) < total:
            said += f" Chosen from the first {len(one.flipped_images)} of them, which verification.json names."
        return FlippedImages(words=said, cards=[self._card(each, label) for each in shown])

    def _card(self, each: FlippedImage, label: str) -> FlippedCard:
        names = self._names
        return FlippedCard(
            picture=self._picture(each),
            direction=DIRECTIONS[_direction(each)],
            index=each.index,
            answers=[
                Answer(who="true", class_name=names[each.true_class], probability=None),
                Answer(who="reference", class_name=names[each.reference_class], probability=each.reference_probability),
                Answer(who=label, class_name=names[each.candidate_class], probability=each.candidate_probability),
            ],
        )

    def _picture(self, each: FlippedImage) -> Picture | None:
        if self._images is None or each.index >= len(self._images) or self._bytes_left <= 0:
            return None
        made = photo(self._images[each.index], f"Test image {each.index}, {self._names[each.true_class]}")
        self._bytes_left -= len(made.uri)
        return made


def images_for_each(num_rows: int, most: int) -> int:
    """How many flipped images each row may show, `most` at most, so that the page stays small."""
    return max(MIN_SHOWN, min(most, MAX_ON_PAGE // max(1, num_rows)))


def _direction(each: FlippedImage) -> int:
    """Its place in DIRECTIONS."""
    if each.is_tie:
        return 3
    if each.reference_class == each.true_class:
        return 0
    return 2 if each.candidate_class == each.true_class else 1
