import io

import pytest

from edgekit.rendering.tables import MAX_WIDTH, Column, make_console, print_table


def printed(*rows: list[str], columns: list[Column | str]) -> str:
    file = io.StringIO()
    print_table("Title [x]", columns, rows, console=make_console(file=file))
    return file.getvalue()


def test_cells_and_titles_are_text_as_it_stands() -> None:
    text = printed(["[red]a[/red]", "1"], columns=["name", Column(name="n", align="right")])
    assert "[red]a[/red]" in text
    assert "Title [x]" in text
    assert "\x1b" not in text


def test_long_cells_fold_within_the_width_and_lose_nothing() -> None:
    text = printed(["word " * 60, "12345"], columns=["name", Column(name="n", wrap=False)])
    assert max(map(len, text.splitlines())) <= MAX_WIDTH
    assert text.count("word") == 60
    assert "12345" in text


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"2 cells\. Received 1"):
        printed(["only one"], columns=["a", "b"])
