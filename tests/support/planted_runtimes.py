"""Runtimes that misbehave, each in its own way. They live in worker processes; see the fixture `planted`."""

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from edgekit.artifact import Format, TensorSpec
from edgekit.runtimes.base import Runtime, Session, SessionSettings


class MeanSession(Session):
    """Answers with the mean of each channel: a model of three classes and any batch."""

    def __init__(self, settings: SessionSettings) -> None:
        self.input_spec = TensorSpec(name="pixels", shape=(None, None, None, 3), dtype="uint8")
        self.output_spec = TensorSpec(name="scores", shape=(None, 3), dtype="float32")
        self.batch_size = settings.batch_size

    def resize(self, batch_size: int) -> bool:
        self.batch_size = batch_size
        return True

    def invoke(self, batch: Any) -> Any:
        return batch.mean(axis=(1, 2), dtype=np.float32)


class Answers(Runtime):
    """Behaves."""

    name = "Answers"
    format = Format.TFLITE
    package = "numpy"

    @classmethod
    def import_library(cls) -> None:
        pass

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        session = MeanSession(settings)
        session.invoke = cls.misbehave(session.invoke, session)  # type: ignore[method-assign]
        return session

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        return invoke


class Crashes(Answers):
    """A real segmentation fault."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        return lambda batch: ctypes.string_at(0)


class Aborts(Answers):
    """Gives up as a kernel in C++ does whose check fails, without a word."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        return lambda batch: os.abort()


class Hangs(Answers):
    """Leaves a note of its process id beside the artifact and never comes back."""

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        path.with_name("pid").write_text(str(os.getpid()))
        time.sleep(3600)
        raise AssertionError


class IgnoresTermination(Hangs):
    """As Hangs, deaf to every signal that can be ignored, with a child of its own."""

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            path.with_name("child").write_text(str(os.getpid()))
            time.sleep(3600)
        return super().open(path, settings)


class Greedy(Answers):
    """Takes memory until it gets no more."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        return lambda batch: [np.ones(2**24) for _ in range(200)]


class OutOfMemory(Answers):
    """What the system does to a process that takes too much."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        return lambda batch: os.kill(os.getpid(), signal.SIGKILL)


class ExitsEarly(Answers):
    """A library that ends the process."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        def end(batch: Any) -> None:
            print("fatal: kernel not found", file=sys.stderr, flush=True)
            os._exit(3)

        return end


class Garbage(Answers):
    """Ends well without a result."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        return lambda batch: os._exit(0)


class Broken(Answers):
    """A library that raises something of its own."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        def fail(batch: Any) -> None:
            raise ZeroDivisionError("in the kernel")

        return fail


class NotANumber(Answers):
    """Answers NaN."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        return lambda batch: invoke(batch) * np.nan


class Reuses(Answers):
    """Gives the same memory every time, as a runtime that does not copy."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        buffers: dict[int, Any] = {}

        def answer(batch: Any) -> Any:
            buffer = buffers.setdefault(len(batch), np.empty((len(batch), 3), np.float32))
            buffer[:] = invoke(batch)
            return buffer

        return answer


class Talks(Answers):
    """Prints numbers to stdout, as if they were progress, and much to stderr."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        def answer(batch: Any) -> Any:
            os.write(1, b"999999\n")
            sys.stderr.write("x" * 1000 + "\n")
            return invoke(batch)

        return answer


class Missing(Answers):
    """Its library is not installed."""

    package = "edgekit-no-such-package"


class DoesNotLoad(Answers):
    """Its library is installed, but broken."""

    @classmethod
    def import_library(cls) -> None:
        raise OSError("libgomp.so.1: cannot open shared object file")


class Slow(Answers):
    """Takes five milliseconds an image."""

    @classmethod
    def misbehave(cls, invoke: Any, session: Session) -> Any:
        def answer(batch: Any) -> Any:
            time.sleep(0.005 * len(batch))
            return invoke(batch)

        return answer


class Busy(Answers):
    """Notes beside the artifact when it invoked: again and again until "measured" is there, then once more."""

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        session = super().open(path, settings)
        invoke, note = session.invoke, path.with_name("measured")
        is_over: list[bool] = []

        def answer(batch: Any) -> Any:
            if not is_over:
                is_over.extend([True] if note.exists() else [])
                time.sleep(0.005)
                with path.with_name("busy").open("a") as file:
                    file.write(f"{time.monotonic()}\n")
            return invoke(batch)

        session.invoke = answer  # type: ignore[method-assign]
        return session


class MeasuresLong(Answers):
    """Takes 0.6 s for each of the first two calls, which its worker makes while it is alone, and notes when."""

    calls: ClassVar[list[float]] = []
    writing: ClassVar[threading.Lock] = threading.Lock()
    """Its worker may call two sessions from two threads, which would write over each other."""

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        session = super().open(path, settings)
        invoke = session.invoke

        def answer(batch: Any) -> Any:
            if len(cls.calls) < 2:
                cls.calls.append(time.monotonic())
                time.sleep(0.6)
                with cls.writing:
                    path.with_name("measured").write_text(str([cls.calls[0], time.monotonic()]))
            return invoke(batch)

        session.invoke = answer  # type: ignore[method-assign]
        return session
