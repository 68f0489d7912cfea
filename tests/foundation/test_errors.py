import pytest

from edgekit.foundation.errors import first_line_of


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("broken\nand much more"), "broken"),
        (ValueError("\n\n  broken  \n"), "broken"),
        (RuntimeError(), "RuntimeError"),
        (KeyError(), "KeyError"),
        (ValueError("x" * 1000), "x" * 300),
    ],
)
def test_an_exception_is_told_by_its_first_line_and_by_its_class_where_it_says_nothing(
    error: Exception, line: str
) -> None:
    assert first_line_of(error) == line
