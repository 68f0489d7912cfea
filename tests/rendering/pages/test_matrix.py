"""How small the cells of a matrix are, and what a phone shows of them."""

import pytest

from edgekit.rendering.pages.matrix import make_matrix


@pytest.mark.parametrize(
    ("num_classes", "largest", "density", "is_alone"),
    [
        (2, 123_456, "", False),
        (7, 99, "", False),
        (10, 957, "tight", False),
        (10, 1234, "crowded", False),
        (20, 99, "medium", False),
        (20, 100, "medium", True),
        (40, 1, "large", True),
    ],
)
def test_a_matrix_knows_the_room_that_its_numbers_take(
    num_classes: int, largest: int, density: str, is_alone: bool
) -> None:
    """On a phone 160 pixels for a row: 10 cells of 15, three characters of 0.7 em are 7.1 pixels high."""
    counts = [[largest] * num_classes] * num_classes
    matrix = make_matrix("x", list(map(str, range(num_classes))), counts, rows="true", columns="predicted")
    assert (matrix.density, matrix.is_alone) == (density, is_alone)
    assert matrix.is_colour_on_phones is (density in ("crowded", "medium", "large"))
