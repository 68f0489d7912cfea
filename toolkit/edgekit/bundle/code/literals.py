"""Any text as a string literal of a language: quotes, backslashes, `$`, line breaks and other scripts survive."""

import json


def python_text(text: str) -> str:
    """As a Python literal in ASCII."""
    return ascii(text)


def javascript_text(text: str) -> str:
    """As a JavaScript literal in ASCII, in double quotes; JSON in ASCII is JavaScript."""
    return json.dumps(text)


def cpp_text(text: str) -> str:
    """As a C++ literal of UTF-8 bytes: what is not a plain character is three octal digits, which end by themselves.

    A question mark is one of them: `??/` is a backslash to compilers that know trigraphs.
    """
    plain = set(range(0x20, 0x7F)) - set(b'"\\?')
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in text.encode()) + '"'


def kotlin_text(text: str) -> str:
    """As a Kotlin literal in ASCII: `$` starts a template there, so it is escaped too."""
    return '"' + "".join(_KOTLIN.get(unit) or _printable(unit, "\\u{:04x}") for unit in _utf16(text)) + '"'


def swift_text(text: str) -> str:
    """As a Swift literal in ASCII; an escaped backslash starts no interpolation."""
    return '"' + "".join(_SWIFT.get(each) or _printable(each, "\\u{{{:x}}}") for each in text) + '"'


_KOTLIN = {'"': '\\"', "\\": "\\\\", "$": "\\$"}
_SWIFT = {'"': '\\"', "\\": "\\\\"}


def _printable(character: str, escape: str) -> str:
    return character if " " <= character <= "~" else escape.format(ord(character))


def _utf16(text: str) -> str:
    """The text with characters beyond U+FFFF as two, as Kotlin stores them."""
    units = text.encode("utf-16-be")
    return "".join(chr(units[at] << 8 | units[at + 1]) for at in range(0, len(units), 2))
