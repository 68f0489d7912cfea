"""Progress if there is no terminal: plain lines, never five seconds without one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from edgekit.foundation.files.printable import printable
from edgekit.foundation.progress import Advance

LONGEST_SILENCE_S = 4.5
"""After so many seconds without a line, whatever was open, the innermost open task says how far it is."""


@dataclass
class _Task:
    description: str
    total: int | None
    started: float
    last_line: float
    done: int = 0
    is_told: bool = False

    def so_far(self, now: float) -> str:
        self.last_line, self.is_told = now, True
        amount, seconds = self._amount(), now - self.started
        return f"{self.description}: " + (f"{amount} after {seconds:.0f} s" if amount else f"{seconds:.0f} s so far")

    def in_all(self, now: float) -> str:
        amount, seconds = self._amount(), now - self.started
        return f"{self.description}: " + (f"{amount} in {seconds:.1f} s" if amount else f"{seconds:.1f} s")

    @property
    def is_worth_a_line(self) -> bool:
        """A stage that counts nothing and was quick is not."""
        return bool(self.done) or self.total is not None or self.is_told

    def _amount(self) -> str:
        """What is done; nothing if nothing is counted."""
        if self.total is None:
            return f"{self.done:,}" if self.done else ""
        return f"{self.done:,} of {self.total:,}"


class ProgressLines:
    """Writes the tasks of one command as lines; several may be open at once, from several threads.

    The silence is counted from the last line of any task, not of each: many short stages add up to a long one.
    """

    def __init__(self, file: IO[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._clock = clock
        self._lock = threading.RLock()
        self._open: list[_Task] = []
        self._last_line = clock()
        self._heartbeat: _Heartbeat | None = None

    @contextmanager
    def task(self, description: str, total: int | None) -> Iterator[Advance]:
        """One task of `total` units (None: not known); yields the function that advances it."""
        now = self._clock()
        task = _Task(description, total, started=now, last_line=now)

        def advance(count: int) -> None:
            with self._lock:
                task.done += count
                now = self._clock()
                if now - task.last_line >= LONGEST_SILENCE_S and task.done != total:
                    self.line(task.so_far(now))

        with self._listed(task):
            yield advance
        if task.is_worth_a_line:
            self.line(task.in_all(self._clock()))

    def line(self, text: str) -> None:
        """Write one line now."""
        with self._lock:
            self._last_line = self._clock()
            print(printable(text), file=self._file, flush=True)

    @contextmanager
    def _listed(self, task: _Task) -> Iterator[None]:
        with self._lock:
            self._open.append(task)
            if self._heartbeat is None:
                self._heartbeat = _Heartbeat(self._break_silence)
        try:
            yield
        finally:
            with self._lock:
                self._open.remove(task)
                ended = None if self._open else self._heartbeat
                if ended is not None:
                    self._heartbeat = None
            if ended is not None:
                ended.stop()

    def _break_silence(self) -> float:
        """Let the innermost task speak if nobody has for too long; the seconds until the next look."""
        with self._lock:
            now = self._clock()
            left = self._last_line + LONGEST_SILENCE_S - now
            if left > 0 or not self._open:
                return left if left > 0 else LONGEST_SILENCE_S
            self.line(self._open[-1].so_far(now))
            return LONGEST_SILENCE_S


class _Heartbeat:
    """A thread that looks again and again, after as many seconds as the last look says."""

    def __init__(self, look: Callable[[], float]) -> None:
        self._look = look
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._look()):
            pass
