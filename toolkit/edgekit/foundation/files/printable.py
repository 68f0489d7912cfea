r"""Text from files, safe to show: characters that control a terminal or change the writing direction are escaped.

A model's producer, an operator's name, a run's manifest or the name of an image may come from a stranger. "\x1b[31m"
in it is shown as these characters, whether the output is a terminal, a pipe or a file. Everything that the command
line writes to stdout and stderr passes through `escaping_output`, what others print meanwhile included; only the
consoles of `edgekit.rendering.terminal.tables` write their own colours past it, and escape their text themselves.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, TextIO, cast

_KEPT = {ord("\n"), ord("\t")}
_ESCAPED = (
    *(range(0x20), range(0x7F, 0xA0)),  # what controls a terminal
    range(0x2028, 0x202A),  # ends of lines and paragraphs
    *(range(0x061C, 0x061D), range(0x200E, 0x2010), range(0x202A, 0x202F), range(0x2066, 0x206A)),  # directions
    *(range(0xFEFF, 0xFF00), range(0xFFF9, 0xFFFC), range(0xE0000, 0xE0080)),  # invisible
    range(0xD800, 0xE000),  # halves of a character
)


class _Escapes(dict[int, "int | str"]):
    """For `str.translate`: what each character becomes, found when it is first met. A whole table costs a start-up."""

    def __missing__(self, code: int) -> "int | str":
        is_escaped = code not in _KEPT and any(code in codes for codes in _ESCAPED)
        self[code] = found = _escape(code) if is_escaped else code
        return found


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_ESCAPES = _Escapes()


def printable(text: str) -> str:
    """`text` with every control and every direction-changing character as an escape; line breaks and tabs stay."""
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPES)


def one_line(text: str) -> str:
    r"""As `printable`, with line breaks and tabs as "\n" and "\t": for a name, which must not look like two lines."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


class EscapingStream:
    """A text stream that escapes what is written to it, and else is the stream behind it.

    It has no `buffer`, through which bytes would pass unseen. Whoever writes bytes, as click does the script of a shell
    completion, writes them as text.

    Args:
        behind: Where the escaped text goes.
    """

    def __init__(self, behind: TextIO) -> None:
        self.behind = behind

    def write(self, text: str | bytes | bytearray) -> int:
        """Write `text`, bytes as UTF-8, escaped; the number of its characters or bytes."""
        if not isinstance(text, str):
            self.write(text.decode(errors="replace"))
            return len(text)
        self.behind.write(printable(text))
        return len(text)

    def writelines(self, lines: "Iterator[str]") -> None:
        """Write all lines, escaped."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.behind, name)


@contextmanager
def escaping_output() -> Iterator[None]:
    """Let whatever is written to stdout and stderr inside the block be escaped."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", EscapingStream(behind_of(stream))) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def behind_of(stream: IO[str]) -> TextIO:
    """The stream itself, past `escaping_output`: for who escapes by himself."""
    return stream.behind if isinstance(stream, EscapingStream) else cast("TextIO", stream)
