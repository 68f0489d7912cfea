"""How much a page may hold. With many classes it holds less of everything, so that it opens at once on a phone."""

from dataclasses import dataclass

MANY_CLASSES = 100
"""With more classes the page shows less: its data leave out what is kept by class, and of the rows of a file only the
worst one shows classes, confusions and pictures."""


@dataclass(frozen=True, kw_only=True)
class PageSize:
    """Limits of one page.

    Attributes:
        files: So many, the worst, show classes, confusions, pictures and calibration; None: all.
        classes: Rows of a table of classes.
        confusions: Rows of a list of confusions.
        flipped: Flipped images of one row.
        picture_bytes: Of all pictures together.
    """

    files: int | None
    classes: int
    confusions: int
    flipped: int
    picture_bytes: int


PLENTY = PageSize(files=None, classes=30, confusions=20, flipped=24, picture_bytes=1_000_000)
LITTLE = PageSize(files=4, classes=10, confusions=10, flipped=6, picture_bytes=50_000)


def page_size(num_classes: int) -> PageSize:
    """The limits of a page for so many classes."""
    return LITTLE if num_classes > MANY_CLASSES else PLENTY
