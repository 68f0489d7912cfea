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
