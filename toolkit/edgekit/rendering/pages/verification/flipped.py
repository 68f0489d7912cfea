"""Images whose prediction changed: the picture itself, its true class, and both answers with their probabilities."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgekit.foundation.grammar import counted
from edgekit.rendering.pages.html import Html, badge, image_strip, join, paragraph, photo, tag
from edgekit.rendering.pages.html.components import Tone
from edgekit.verification.measuring.measurement import FlippedImage, Measurement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_SHOWN = 24
"""Images of one candidate."""

MIN_SHOWN = 4
MAX_ON_PAGE = 288
"""Images of all candidates together, unless each would show fewer than MIN_SHOWN: about 1 MB."""

DIRECTIONS: tuple[tuple[str, Tone], ...] = (
    ("right → wrong", "bad"),
    ("wrong → wrong", "neutral"),
    ("wrong → right", "good"),
    ("tie", "neutral"),
)


def images_for_each(num_candidates: int) -> int:
    """How many flipped images each candidate may show, so that the page stays small."""
    return max(MIN_SHOWN, min(MAX_SHOWN, MAX_ON_PAGE // max(1, num_candidates)))


def flipped_images(
    one: Measurement, names: Sequence[str], label: str, images: "NDArray[np.uint8] | None", limit: int
) -> Html | None:
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
    cards = [(_picture(each, names, images), _words(each, names, label)) for each in shown]
    return join([paragraph(said, is_muted=True), image_strip(cards)])


def _picture(each: FlippedImage, names: Sequence[str], images: "NDArray[np.uint8] | None") -> Html | None:
    if images is None or each.index >= len(images):
        return None
    return photo(images[each.index], f"Test image {each.index}, {names[each.true_class]}")


def _words(each: FlippedImage, names: Sequence[str], label: str) -> Html:
    direction, tone = DIRECTIONS[_direction(each)]
    lines = (
        ("true", names[each.true_class], None),
        ("float", names[each.reference_class], each.reference_probability),
        (label, names[each.candidate_class], each.candidate_probability),
    )
    answers = [
        tag(
            "div",
            tag("dt", who),
            tag("dd", what, None if sure is None else tag("span", f" {sure:.2f}", class_="score")),
        )
        for who, what, sure in lines
    ]
    number = tag("span", f"no. {each.index:,}", class_="path")
    return join([badge(direction, tone), number, tag("dl", *answers, class_="answers")])


def _direction(each: FlippedImage) -> int:
    """Its place in DIRECTIONS."""
    if each.is_tie:
        return 3
    if each.reference_class == each.true_class:
        return 0
    return 2 if each.candidate_class == each.true_class else 1
