"""The interface of devices and machines for the rest of training."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from edgekit.foundation.errors import EdgekitError, TrainingError, first_line_of
from edgekit.training.hardware import Hardware

_LOST = (
    "Collective ops is aborted",
    "Gloo",
    "NCCL",
    "coordination service",
    "CoordinationService",
    "Connection closed",
)
"""What backends say when a machine that trains with this one does not answer any more."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Placement:
    """Where one training runs.

    Attributes:
        devices: Names of all devices that learn, those of other machines included.
        kind: "gpu", "cpu", or what the backend calls an accelerator.
        scope: Gives the context in which a network that several devices share is made, compiled and trained.
        share: On every worker, the bytes that the first worker gave it; all must call it.
        worker: Which process this is.
        num_workers: Processes that train together.
        memory_bytes: Memory of one device; None if it is not known.
    """

    devices: tuple[str, ...]
    kind: str
    scope: Callable[[], AbstractContextManager[object]] = nullcontext
    share: Callable[[bytes], bytes] = bytes
    worker: int = 0
    num_workers: int = 1
    memory_bytes: int | None = None

    @property
    def is_chief(self) -> bool:
        """Whether this process reads and writes the run folder."""
        return self.worker == 0

    @property
    def is_shared(self) -> bool:
        """Whether several devices share each batch."""
        return len(self.devices) > 1

    @property
    def is_accelerator(self) -> bool:
        """Whether it is anything faster than the processor."""
        return self.kind != "cpu"

    def ask_chief(self, question: Callable[[], bytes]) -> bytes:
        """What `question` gives on the first worker, on every worker; an error of edgekit is raised on all of them."""
        if self.num_workers == 1:
            return question()
        with self.watched():
            if not self.is_chief:
                return _opened(self.share(b""))
            try:
                answer = question()
            except EdgekitError as error:
                self.share(b"-" + str(error).encode())
                raise
            return _opened(self.share(b"+" + answer))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """When all workers do something together before or after the epochs: a lost one is a TrainingError."""
        try:
            yield
        except Exception as error:
            if self.has_lost(error):
                raise lost_worker() from error
            raise

    def has_lost(self, error: BaseException | None) -> bool:
        """Whether a backend's error, or the one that an error of edgekit stands for, tells of a lost worker."""
        while isinstance(error, EdgekitError):
            error = error.__cause__
        return self.num_workers > 1 and any(word in str(error) for word in _LOST)


ONE_PROCESSOR = Placement(devices=("cpu",), kind="cpu")
"""Where everything runs that was put nowhere else."""


def lost_worker(num_done: int | None = None) -> TrainingError:
    """What to raise if another worker is lost; `num_done` whole epochs are done, None: before or after them."""
    when = "" if num_done is None else f" (epoch {num_done + 1})"
    saved = "Whole epochs that are done" if num_done is None else f"Up to {num_done} whole epochs"
    return TrainingError(
        f"Another worker no longer responds{when}, so training stopped here too. {saved} are saved by the first "
        f"worker. Start all workers again, with --resume if there are such epochs."
    )


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """While a backend waits for other machines in C++, Ctrl-C and its like end this process at once.

    Python's own handlers would run only when the wait is over. Nothing has been written yet that could be left behind.
    Backends take SIGTERM for themselves to hear of machines that are taken away, and then go on; in the end it means
    again what it meant before.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    heard = {number: handler for number, handler in before.items() if callable(handler)}  # not what nohup ignores
    for number in heard:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)


def not_together(hardware: Hardware, error: Exception) -> TrainingError:
    """What to raise if a backend could not bring the workers together."""
    return TrainingError(
        f"The workers {', '.join(hardware.workers)} could not connect to each other: {first_line_of(error)} "
        f"Start edgekit train on each of them, with the same --workers and its own --worker."
    )


def _opened(answer: bytes) -> bytes:
    if answer[:1] == b"-":
        raise TrainingError(f"The first worker says: {answer[1:].decode()}")
    return answer[1:]
