"""Keeps the chatter of converters off the terminal, and lets their real errors through. Knows no format."""

import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from edgekit.foundation.files.printable import printable

_SERIOUS = re.compile(rb"^(E|F)\d{4} |^ERROR\b", re.MULTILINE)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back what Python's warnings, loggers and C++ code write to stderr inside the block.

    Lines that are marked as errors are shown after the block.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            held.seek(0)
            for line in held.read().splitlines(keepends=True):
                if _SERIOUS.match(line):
                    os.write(saved, printable(line.decode(errors="replace")).encode(errors="replace"))
            os.close(saved)
