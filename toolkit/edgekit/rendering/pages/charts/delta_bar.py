"""A bar from a line in the middle, to the left for a loss; for tables, with the number beside it."""

from dataclasses import dataclass

HALF = 48
"""The longest bar, of a drawing that is 100 wide and has its zero at 50."""


@dataclass(frozen=True, kw_only=True)
class DeltaBar:
    """A bar.

    Attributes:
        start: Its left end, 0 to 100.
        length: 0 to HALF.
        style: Classes of style.css.
    """

    start: float
    length: float
    style: str


def delta_bar(value: float, largest: float, *, is_marked: bool = False) -> DeltaBar:
    """The bar of a change.

    Args:
        value: The change.
        largest: The change that fills half of the width, above 0.
        is_marked: Whether the change is significant; others are pale.
    """
    length = round(HALF * min(1.0, abs(value) / largest), 2)
    style = f"bar {'loss' if value < 0 else 'gain'}{' marked' if is_marked else ''}"
    return DeltaBar(
        start=round(50 - length, 2) if value < 0 else 50, length=max(length, 0.5 if value else 0), style=style
    )
