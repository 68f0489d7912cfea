import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.foundation.files.printable import EscapingStream, behind_of, escaping_output, one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Kätzchen, 犬, كلب, 👩\u200d🔬", "Kätzchen, 犬, كلب, 👩\u200d🔬"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("over\rwritten\b", "over\\x0dwritten\\x08"),
        ("\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("\u2066\u200f\u061c\u2028", "\\u2066\\u200f\\u061c\\u2028"),
        ("\U000e0041\ud800", "\\U000e0041\\ud800"),
    ],
)
def test_what_controls_a_terminal_is_escaped_and_nothing_else(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


def test_a_name_stays_on_one_line() -> None:
    assert one_line("a\nError: b\t\x1b[2K") == "a\\nError: b\\t\\x1b[2K"


@given(st.text())
def test_no_text_leaves_a_control_character(text: str) -> None:
    shown = printable(text)
    assert all(character in "\n\t" or not (ord(character) < 32 or 127 <= ord(character) < 160) for character in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    shown.encode()


def test_both_streams_escape_inside_the_block_and_are_as_before_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with escaping_output():
        print("\x1b[31mout")
        print("\x1b[31merr", file=sys.stderr)
        sys.stdout.writelines(["\r"])
        assert behind_of(sys.stdout) is before[0]
        assert not hasattr(sys.stdout, "buffer")
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr() == ("\\x1b[31mout\n\\x0d", "\\x1b[31merr\n")


def test_a_stream_is_else_the_one_behind_it() -> None:
    behind = io.StringIO()
    stream = EscapingStream(behind)
    assert stream.write("a\x07") == 2
    assert stream.getvalue() == "a\\x07"
    assert not stream.isatty()
