"""Several workers on the processors of one machine: how many each may use, and which one runs alone while it measures.

A worker that measures its speed must not be disturbed, so all others are stopped meanwhile by the system itself
(SIGSTOP), whatever they are doing. What the parent has to compute waits as well. Knows no runtime.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from edgekit.foundation.errors import UsageError
from edgekit.foundation.machine import num_usable_cpus


class SharingWorker(Protocol):
    """A worker as `Processors` sees it. None of this fails when the worker has ended."""

    def pause(self) -> None:
        """Do nothing at all until `resume`."""

    def resume(self) -> None:
        """Go on."""

    def use(self, num_cpus: int) -> None:
        """Use that many processors from now on."""


class Cancelled(Exception):  # noqa: N818  not an error: the user pressed Ctrl-C
    """The whole work was given up; whoever waits or runs ends."""


class Processors:
    """The processors that several workers share.

    Args:
        num_workers: How many work at the same time, at least 1.
        num_cpus: Processors to share; None: those that this process may use.
    """

    def __init__(self, num_workers: int = 1, num_cpus: int | None = None) -> None:
        if num_workers < 1:
            raise UsageError(f"At least 1 worker is needed. Received {num_workers}.")
        self.num_workers = num_workers
        self.is_cancelled = False
        self._num_cpus = num_cpus or num_usable_cpus()
        self._workers: list[SharingWorker] = []
        self._changed = threading.Condition()
        self._num_others = 0
        self._is_measuring = False

    def add(self, worker: SharingWorker) -> None:
        """Give `worker` its share; call it within `while_no_worker_measures`."""
        with self._changed:
            self._workers.append(worker)
            self._share_out()

    def remove(self, worker: SharingWorker) -> None:
        """Give the share of `worker` to the others."""
        with self._changed:
            self._workers.remove(worker)
            self._share_out()

    def cancel(self) -> None:
        """Let everybody who waits or runs end with Cancelled."""
        with self._changed:
            self.is_cancelled = True
            self._changed.notify_all()

    @contextmanager
    def alone(self, worker: SharingWorker) -> Iterator[None]:
        """While no other worker and nobody in `while_no_worker_measures` does anything; raises Cancelled."""
        with self._changed:
            self._wait(lambda: not self._is_measuring and not self._num_others)
            self._is_measuring = True
            others = [other for other in self._workers if other is not worker]
            for other in others:
                other.pause()
        try:
            yield
        finally:
            with self._changed:
                for other in others:
                    other.resume()
                self._is_measuring = False
                self._changed.notify_all()

    @contextmanager
    def while_no_worker_measures(self) -> Iterator[None]:
        """While nobody measures: for work of this process, and for starting a worker; raises Cancelled."""
        with self._changed:
            self._wait(lambda: not self._is_measuring)
            self._num_others += 1
        try:
            yield
        finally:
            with self._changed:
                self._num_others -= 1
                self._changed.notify_all()

    def _wait(self, is_free: Callable[[], bool]) -> None:
        self._changed.wait_for(lambda: self.is_cancelled or is_free())
        if self.is_cancelled:
            raise Cancelled

    def _share_out(self) -> None:
        """Equal shares, at least 1 each; the first get what is over."""
        share, over = divmod(self._num_cpus, max(1, len(self._workers)))
        for place, worker in enumerate(self._workers):
            worker.use(max(1, share + (place < over)))
