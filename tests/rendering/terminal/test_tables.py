import io

import pytest

from edgekit.rendering.terminal.tables import MAX_WIDTH, Column, make_console, print_table


def printed(
    *rows: list[str], columns: list[Column | str], width: int = MAX_WIDTH, least_important: tuple[str, ...] = ()
) -> str:
    file = io.StringIO()
    console = make_console(file=file)
    console.width = width
    print_table("Title [x]", columns, rows, console=console, least_important=least_important)
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


RUNS = [Column(name="run", is_file=True), "what it is", *(Column(name=f"no. {n}", align="right") for n in range(4))]


@pytest.mark.parametrize("width", [20, 60, 80])
def test_on_a_narrow_terminal_no_number_is_cut_and_no_column_lost(width: int) -> None:
    text = printed(
        ["exported/vgg_augmented", "eight plain convolutions", *["1,234.56 %"] * 4], columns=RUNS, width=width
    )
    assert text.count("1,234.56 %") == 4
    assert "no. 3" in text
    assert "…vgg_augmented" in text
    assert "convolutions" in text


def test_names_of_files_shorten_only_where_there_is_no_room() -> None:
    assert "exported/vgg_augmented" in printed(["exported/vgg_augmented", "plain", *"1234"], columns=RUNS, width=80)
    assert "…orted/vgg_augmented" in printed(["exported/vgg_augmented", "plain", *"1234"], columns=RUNS, width=63)


def test_the_least_important_columns_go_and_are_named() -> None:
    row = ["exported/vgg_augmented", "plain", *["1,234.56 %"] * 4]
    text = printed(row, columns=RUNS, width=52, least_important=("no. 2", "no. 0"))
    assert text.count("1,234.56 %") == 2
    assert "There is no room here for no. 2 and no. 0: --json has it all." in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 52
    assert "no room" not in printed(row, columns=RUNS, least_important=("no. 2", "no. 0"))


def test_names_that_would_become_alike_stay_whole() -> None:
    rows = [[f"exported/{name}/the-same-end-of-a-name", "plain", *["1,234.56 %"] * 4] for name in ("xxx-1", "xxx-2")]
    text = printed(*rows, columns=RUNS, width=60)
    assert all(row[0] in text for row in rows)
