"""Images whose prediction changed: the picture itself, its true class, and both answers with their probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.foundation.grammar import counted
from edgekit.rendering.pages.badge import Badge
from edgekit.rendering.pages.pictures import Picture, photo
from edgekit.verification.measuring.measurement import FlippedImage, Measurement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_SHOWN = 24
"""Images of one candidate."""

MIN_SHOWN = 4
MAX_ON_PAGE = 288
"""Images of all candidates together, unless each would show fewer than MIN_SHOWN: about 1 MB."""

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
        picture: None where the images are not at hand.
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


def images_for_each(num_candidates: int) -> int:
    """How many flipped images each candidate may show, so that the page stays small."""
    return max(MIN_SHOWN, min(MAX_SHOWN, MAX_ON_PAGE // max(1, num_candidates)))


def flipped_images(
    one: Measurement, names: Sequence[str], label: str, images: "NDArray[np.uint8] | None", limit: int
) -> FlippedImages | None:
    """The flips that matter most: what the float model had right first, ties last; None where nothing flipped.

    Args:
        one: What was measured.
        names: C class names.
        label: What the candidate is called.
        images: uint8 (N, H, W, 3), the whole test split; None: no pictures.
        limit: So many at most.
    """
    if not one.flipped_images:
        return None
    total = one.flips.total + one.tie_flips.total
    shown = sorted(one.flipped_images, key=lambda each: (_direction(each), -each.candidate_probability))[:limit]
    said = (
        f"{len(shown):,} of {counted(total, 'image')} whose prediction changed, what the float model had right first."
    )
    if total > len(one.flipped_images) and len(shown) < total:
        said += f" Chosen from the first {len(one.flipped_images)} of them, which verification.json names."
    return FlippedImages(words=said, cards=[_card(each, names, label, images) for each in shown])


def _card(each: FlippedImage, names: Sequence[str], label: str, images: "NDArray[np.uint8] | None") -> FlippedCard:
    return FlippedCard(
        picture=_picture(each, names, images),
        direction=DIRECTIONS[_direction(each)],
        index=each.index,
        answers=[
            Answer(who="true", class_name=names[each.true_class], probability=None),
            Answer(who="float", class_name=names[each.reference_class], probability=each.reference_probability),
            Answer(who=label, class_name=names[each.candidate_class], probability=each.candidate_probability),
        ],
    )


def _picture(each: FlippedImage, names: Sequence[str], images: "NDArray[np.uint8] | None") -> Picture | None:
    if images is None or each.index >= len(images):
        return None
    return photo(images[each.index], f"Test image {each.index}, {names[each.true_class]}")


def _direction(each: FlippedImage) -> int:
    """Its place in DIRECTIONS."""
    if each.is_tie:
        return 3
    if each.reference_class == each.true_class:
        return 0
    return 2 if each.candidate_class == each.true_class else 1
