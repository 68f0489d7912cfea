"""What a worker and its parent say to each other while the worker runs: lines of text in two pipes.

The worker says how many images are done, "alone?" when it wants to measure, and "done" when it has. The parent
says "alone" when nobody else works, "cpus N" when its share of the processors changes, and "stop" when enough
images were scored. This is the worker's end; `process.py` has the other one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

WANTS_TO_BE_ALONE = "alone?"
IS_ALONE = "alone"
HAS_MEASURED = "done"
SHARE = "cpus"
STOP = "stop"
NOTE = "note "
"""Begins a line that the user should read."""

ALONE = "alone.npy"
"""The file, beside the scores, of those that images have in batches of their own."""

PATIENCE = 0.05
"""Seconds after which who waits for a processor looks whether there is still work."""


class ParentConnection:
    """The worker's end.

    Args:
        num_cpus: Its share of the processors until the parent says another.
        says: Where the worker's lines go; None: unknown listens.
    """

    def __init__(self, num_cpus: int, says: TextIO | None = None) -> None:
        self._num_cpus = num_cpus
        self._says = says
        self._changed = threading.Condition()
        self._is_alone = False
        self._is_stopped = False

    def listen(self, lines: TextIO) -> None:
        """Heed what comes in `lines` from now on, in its own thread."""
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()

    @property
    def is_stopped(self) -> bool:
        """Whether no more images are wanted."""
        return self._is_stopped

    @property
    def num_cpus(self) -> int:
        """How many processors this worker may use now."""
        return self._num_cpus

    def may_work(self, index: int) -> bool:
        """Whether thread `index`, from 0, has a processor; waits a little for one."""
        with self._changed:
            return self._changed.wait_for(lambda: index < self._num_cpus or self._is_stopped, PATIENCE)

    def report(self, num_done: int) -> None:
        """Say how many images are done."""
        self._say(str(num_done))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While nobody else uses the processors, as far as the parent can do that."""
        if self._says is None:
            yield
            return
        self._say(WANTS_TO_BE_ALONE)
        with self._changed:
            self._changed.wait_for(lambda: self._is_alone)
            self._is_alone = False
        yield
        self._say(HAS_MEASURED)

    def _say(self, line: str) -> None:
        if self._says is not None:
            print(line, file=self._says, flush=True)

    def _read(self, lines: TextIO) -> None:
        for line in lines:
            name, _, value = line.strip().partition(" ")
            with self._changed:
                if name == SHARE:
                    self._num_cpus = int(value)
                self._is_alone = self._is_alone or name == IS_ALONE
                self._is_stopped = self._is_stopped or name == STOP
                self._changed.notify_all()
