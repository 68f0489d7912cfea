"""What `held_back` holds back, and what it lets through."""

import io
import logging
import os
import sys
from collections.abc import Iterator

import pytest

from edgekit.foundation.quiet import held_back


@pytest.fixture
def library() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger that writes to a stream of its own, as TensorFlow's writes to stdout in a notebook."""
    logger, stream = logging.getLogger("library of the test"), io.StringIO()
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield logger, stream
    logger.removeHandler(handler)


def test_loggers_are_silent_below_errors_wherever_they_write(library: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = library
    with held_back():
        logger.info("Assets written to: a temporary folder")
        logger.warning("a hint for its developers")
        logger.error("a real error")
    assert stream.getvalue() == "a real error\n"
    logger.info("after the block")
    assert stream.getvalue() == "a real error\nafter the block\n"


def test_what_the_user_has_silenced_stays_silent(library: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = library
    logging.disable(logging.CRITICAL)
    try:
        with held_back():
            logger.error("silenced by the user")
        assert logging.root.manager.disable == logging.CRITICAL
    finally:
        logging.disable(logging.NOTSET)
    assert stream.getvalue() == ""


def test_a_handler_that_a_library_adds_to_the_root_logger_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])
    with held_back():
        logging.warning("onnxruntime logs so: the first message adds a handler")
        assert len(logging.root.handlers) == 1
    assert logging.root.handlers == []


def test_errors_of_native_code_are_shown_after_the_block(capfd: pytest.CaptureFixture[str]) -> None:
    with held_back():
        os.write(2, b"I0000 00:00:00.000000 1 file.cc:1] chatter\nE0000 00:00:00.000000 1 file.cc:2] broken\n")
        sys.stderr.flush()
    assert capfd.readouterr().err == "E0000 00:00:00.000000 1 file.cc:2] broken\n"
