"""Values of any class as Python's own text, paths, numbers and lists, whatever their methods raise.

Knows no parameter and no message. Each function returns WRONG for a value that is none of its kind.
"""

import io
import operator
import os
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

WRONG: Any = object()
"""Returned instead of a value that is not of the kind."""

MAX_SHOWN = 60
"""Characters of a wrong value that a message shows."""

MAX_WHOLE = 2**63 - 1
"""The largest whole number that numpy, files and clocks can hold."""

_NO_LISTS = (str, bytes, bytearray, memoryview, Mapping, io.IOBase, os.PathLike)
"""What can be iterated over, but is not a list of things."""


def text_of(value: Any) -> Any:
    """Text as `str` itself: of a member of an enum its value."""
    return str(value) if isinstance(value, str) else WRONG


def path_of(value: Any) -> Any:
    """A path as it is, a number as a command line would read it: `edgekit verify 42` means the run "42"."""
    try:
        if isinstance(value, os.PathLike):
            return value if isinstance(os.fspath(value), str) else WRONG
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else WRONG
    except Exception:  # noqa: BLE001  the method of a class that nobody knows, or a number of thousands of digits
        return WRONG


def whole_number_of(value: Any) -> Any:
    """A whole number of 64 bits."""
    try:
        number = operator.index(value)
    except Exception:  # noqa: BLE001  an array of numpy has the method, and raises; so may any class
        return WRONG
    return number if -MAX_WHOLE <= number <= MAX_WHOLE else WRONG


def number_of(value: Any) -> Any:
    """A number as float64; NaN and infinity are left for the parameter to judge."""
    try:
        return float(value) if isinstance(value, Real) else WRONG
    except Exception:  # noqa: BLE001  a whole number above 1.8e308, or the method of a class that nobody knows
        return WRONG


def items_of(value: Any) -> Any:
    """What is in a list, a set, a generator, an array; text, files and mappings are not lists."""
    if isinstance(value, _NO_LISTS) or not isinstance(value, Iterable):
        return WRONG
    try:
        return tuple(value)
    except Exception:  # noqa: BLE001  an array without dimensions, or a generator that fails
        return WRONG


def is_usable_text(value: Any) -> bool:
    """Whether a path or a name can be so: no null character, and nothing that the system cannot encode."""
    try:
        return b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def shown(value: Any) -> str:
    """A wrong value and its type, for a message."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  its class may raise anything; Python itself, for a number of thousands of digits
        text = "a value that cannot be shown"
    short = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
    return f"{short} ({type(value).__name__})"


def in_short(value: Any) -> str:
    """One item of a wrong list, for a message."""
    try:
        return str(value)[:MAX_SHOWN]
    except Exception:  # noqa: BLE001  as above
        return shown(value)
