"""Keeps messages of converters off the terminal and out of notebooks; real errors are shown. Knows no format."""

import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edgekit.foundation.files.printable import printable

_SERIOUS = re.compile(rb"^(E|F)\d{4} |^ERROR\b", re.MULTILINE)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back what Python's warnings, loggers and C++ code write inside the block.

    Loggers are silenced below ERROR, wherever they write: in a notebook TensorFlow logs to stdout, and stderr is not
    file descriptor 2. Lines on stderr that are marked as errors are shown after the block. Handlers that a library
    adds to the root logger are removed again.
    """
    sys.stderr.flush()
    saved, level, handlers = os.dup(2), logging.root.manager.disable, list(logging.root.handlers)
    with tempfile.TemporaryFile() as held, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.dup2(held.fileno(), 2)
        logging.disable(max(level, logging.WARNING))
        try:
            yield
        finally:
            logging.disable(level)
            logging.root.handlers[:] = handlers
            sys.stderr.flush()
            os.dup2(saved, 2)
            held.seek(0)
            for line in held.read().splitlines(keepends=True):
                if _SERIOUS.match(line):
                    os.write(saved, printable(line.decode(errors="replace")).encode(errors="replace"))
            os.close(saved)


@contextmanager
def captured_stderr() -> Iterator[Callable[[], str]]:
    """Keep what C++ code writes to stderr inside the block; call what this gives, inside the block, to read it.

    Some libraries write there why they failed, and raise an exception that does not say it.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)

        def read() -> str:
            held.seek(0)
            return held.read().decode(errors="replace")

        try:
            yield read
        finally:
            os.dup2(saved, 2)
            os.close(saved)
