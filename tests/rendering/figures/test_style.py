import sys

import pytest

from edgekit.foundation.errors import MissingExtraError
from edgekit.rendering import figures
from edgekit.rendering.figures.style import labels_of


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("cat", "cat"),
        ("Straße", "Straße"),
        ("кошка", "кошка"),
        ("two\nlines\tand  more", "two lines and more"),
        ("a very long name of a dog", "a very long name …"),
        ("$5 and $10", "$5 and $10"),
        ("", "class 0"),
        (" \n", "class 0"),
        ("\x91", "class 0"),
    ],
)
def test_a_label_can_always_be_drawn(name, label):
    assert labels_of([name]) == [label]


def test_names_in_letters_that_no_font_here_has_are_numbers():
    letter_of_no_font = "\U0010ffff"
    assert labels_of(["ant", letter_of_no_font]) == ["ant", "class 1"]


def test_dollars_in_names_are_no_formula(texts_of):
    texts = texts_of(figures.confusion_matrix(((7, 2), (0, 5)), ("$5^$", "_$\\frac$")))
    assert {"$5^$", "_$\\frac$"} <= texts


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        figures.save(figures.class_table(("ant", "bee"), {"train": [1, 2]}), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.class_table(("ant", "bee"), {"train": [1, 2]}),
        lambda: figures.confusion_matrix(((7, 2), (0, 5)), ("ant", "bee")),
    ],
)
def test_without_matplotlib_it_says_what_to_install(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"The figure needs 'matplotlib'.*edgekit-toolkit\[train\]"):
        draw()
