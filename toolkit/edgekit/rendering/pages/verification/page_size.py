"""How much a page may hold. With many classes it holds less of everything, so that it opens at once on a phone."""

from dataclasses import dataclass

MANY_CLASSES = 100
"""With more classes than these the page shows less, and its data leave out what is kept by class."""


@dataclass(frozen=True, kw_only=True)
class PageSize:
    """Limits of one page.

    Attributes:
        classes: Rows of a table of classes.
        confusions: Rows of a list of confusions.
        flipped: Flipped images of one row.
        picture_bytes: Of all pictures together.
    """

    classes: int
    confusions: int
    flipped: int
    picture_bytes: int


PLENTY = PageSize(classes=30, confusions=20, flipped=24, picture_bytes=1_000_000)
LITTLE = PageSize(classes=12, confusions=10, flipped=8, picture_bytes=60_000)


def page_size(num_classes: int) -> PageSize:
    """The limits of a page for so many classes."""
    return LITTLE if num_classes > MANY_CLASSES else PLENTY
