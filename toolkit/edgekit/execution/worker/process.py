"""A worker process: started, watched, and survived, whatever happens to it.

A crash, a hang, too much memory or a broken answer becomes an `ExecutionFailure` with a reason in words. Knows
nothing of the work: the module that its job names does it, by `edgekit.execution.worker.main.run_job`.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from edgekit.execution.processor_sharing import Cancelled, Processors
from edgekit.execution.worker import messages
from edgekit.execution.worker.job_file import Job, WorkerSetup, write_job
from edgekit.execution.worker.main import OUT_OF_MEMORY
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.machine import available_memory_bytes
from edgekit.foundation.mapped_arrays import pieces
from edgekit.foundation.processes import child_environment, foreign_environment, module_command, with_limit
from edgekit.foundation.progress import Advance
from edgekit.runtimes.base import ExecutionFailure, Watch

_Result = TypeVar("_Result")

Collect = Callable[[Path, dict[str, Any]], _Result]
"""From the folder of a worker, and what its `result.json` says, to its result."""

MEMORY_SHARE = 0.8
"""Share of the memory that is free at the start that a worker may allocate."""

MIN_MEMORY = 2**30
"""Bytes that it may allocate in any case."""

WATCHED = 2048
"""Rows of scores that are watched at once, at most."""

NUM_STDERR_LINES = 200
"""How many of the worker's last lines on stderr are kept."""


@dataclass(frozen=True)
class Supervision:
    """The limits of a worker, and what is done while it runs; see `edgekit.execution.isolation.execute`."""

    time_limit: float
    advance: Advance = lambda _: None
    watch: Watch | None = None
    memory_limit: int | None = None
    say: Callable[[str], None] = lambda _: None
    folder: Path | None = None
    python: Path | None = None


def run_in_worker(
    job: Job, collect: Collect[_Result], supervision: Supervision, processors: Processors | None = None
) -> _Result | ExecutionFailure:
    """Have a separate process do `job`, wait for its end, and read what it left.

    Args:
        job: What it is to do.
        collect: See `collected`.
        supervision: Its limits, and what is done while it runs.
        processors: What it shares with other workers; None: it works alone.

    Returns:
        What `collect` read, or why the worker failed.

    Raises:
        Cancelled: `processors` was cancelled.
    """
    processors = processors or Processors()
    try:
        with TemporaryFolder(supervision.folder) as name:
            folder = Path(name)
            setup = WorkerSetup(
                parent=os.getpid(),
                memory_limit=_memory_limit() if supervision.memory_limit is None else supervision.memory_limit,
                result=folder / "result.json",
                scores=folder / "scores.npy",
            )
            write_job(folder / "job.json", setup, job)
            with processors.while_no_worker_measures():
                worker = _Worker(job.module, folder, processors, supervision)
            ending = worker.run()
            return ExecutionFailure(reason=ending) if ending else collected(folder, collect)
    except OSError as error:
        return ExecutionFailure(reason=f"the worker could not be started or read: {error}")


def collected(folder: Path, collect: "Collect[_Result]") -> "_Result | ExecutionFailure":
    """What a worker left in `folder`, or what it says went wrong; nothing in it is trusted.

    Args:
        folder: Holds `result.json`.
        collect: Makes the result of the folder and of what that file says; may raise what damaged files make it raise.
    """
    try:
        result = json.loads((folder / "result.json").read_text())
        if "error" not in result:
            return collect(folder, result)
        return ExecutionFailure(reason=str(result["error"]), is_kernel_missing=bool(result.get("is_kernel_missing")))
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        return ExecutionFailure(reason=f"ended without a usable result ({type(error).__name__}: {error})")


class _Worker:
    """One worker process, alone in its process group."""

    def __init__(self, module: str, folder: Path, processors: Processors, supervision: Supervision) -> None:
        self._folder = folder
        self._processors = processors
        self._supervision = supervision
        surroundings = child_environment if supervision.python is None else foreign_environment
        self._process = subprocess.Popen(
            module_command(module, str(folder / "job.json"), supervision.python),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # numpy starts no threads of its own; what it leaves behind when it is killed goes with its folder
            env=surroundings(OPENBLAS_NUM_THREADS="1", TMPDIR=str(folder)),
            start_new_session=True,
        )
        self._started = time.monotonic()
        self._stood_still = 0.0
        self._paused_at: float | None = None
        self._stderr: deque[str] = deque(maxlen=NUM_STDERR_LINES)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._num_done = 0
        self._num_watched = 0
        self._readers = [
            _start(_read, self._process.stdout, self._lines.put),
            _start(_read, self._process.stderr, self._stderr.append),
        ]
        processors.add(self)

    def run(self) -> str | None:
        """Wait for the end; None if the worker ended well, else the reason. The process is gone afterwards."""
        try:
            self._follow()
        except subprocess.TimeoutExpired:
            return f"did not end within the time limit of {self._supervision.time_limit:g} s"
        finally:
            self._processors.remove(self)
            self._kill()
        self._drain()
        return self._reason(self._process.returncode)

    def pause(self) -> None:
        """Stop the process where it stands; see `SharingWorker`."""
        self._paused_at = time.monotonic()
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on; the time in between does not count against its limit."""
        self._signal(signal.SIGCONT)
        if self._paused_at is not None:
            self._stood_still += time.monotonic() - self._paused_at
        self._paused_at = None

    def use(self, num_cpus: int) -> None:
        """Tell it its share."""
        self._tell(f"{messages.SHARE} {num_cpus}")

    def _follow(self) -> None:
        """Heed what the worker says until it is gone; raises TimeoutExpired and Cancelled."""
        while self._process.poll() is None:
            if self._processors.is_cancelled:
                raise Cancelled
            remaining = self._supervision.time_limit - self._seconds_used()
            if remaining <= 0:
                raise subprocess.TimeoutExpired(self._process.args, 0)
            with contextlib.suppress(queue.Empty):
                self._heed(self._lines.get(timeout=min(remaining, 0.05)))

    def _seconds_used(self) -> float:
        """Since the start, without the time that it had to stand still."""
        now = time.monotonic()
        return now - self._started - self._stood_still - (now - (self._paused_at or now))

    def _heed(self, line: str) -> None:
        if line.strip() == messages.WANTS_TO_BE_ALONE:
            self._let_measure()
        else:
            self._report(line)

    def _let_measure(self) -> None:
        """Stop all others until the worker has measured, or is gone, or its time is up."""
        asked = time.monotonic()
        with self._processors.alone(self):
            self._stood_still += time.monotonic() - asked
            self._tell(messages.IS_ALONE)
            while self._process.poll() is None and self._seconds_used() < self._supervision.time_limit:
                if self._processors.is_cancelled:
                    raise Cancelled
                with contextlib.suppress(queue.Empty):
                    if self._lines.get(timeout=0.05).strip() == messages.HAS_MEASURED:
                        return

    def _drain(self) -> None:
        while not self._lines.empty():
            self._report(self._lines.get())

    def _report(self, line: str) -> None:
        if line.strip().isdecimal() and int(line) > self._num_done:
            self._supervision.advance(int(line) - self._num_done)
            self._num_done = int(line)
            self._watch()
        elif line.startswith(messages.NOTE):
            self._supervision.say(line.removeprefix(messages.NOTE).strip())

    def _watch(self) -> None:
        """Show the new scores to who watches, and stop the worker if they are enough."""
        import numpy as np

        if self._supervision.watch is None:
            return
        rows = np.load(self._folder / "scores.npy", mmap_mode="r", allow_pickle=False)[
            self._num_watched : self._num_done
        ]
        self._num_watched = self._num_done
        if any(self._supervision.watch(np.array(rows[piece])) for piece in pieces(len(rows), rows, size=WATCHED)):
            self._tell(messages.STOP)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has ended: nobody is there to be told
            print(line, file=self._process.stdin, flush=True)

    def _signal(self, number: int) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _kill(self) -> None:
        """End the whole process group if the worker still lives, and the reading of its pipes."""
        if self._process.poll() is None:
            self._signal(signal.SIGKILL)
            self._process.wait()
        with contextlib.suppress(OSError):
            cast("IO[str]", self._process.stdin).close()
        for reader in self._readers:
            reader.join(timeout=1)

    def _reason(self, status: int) -> str | None:
        if status == 0:
            return None
        said = [line.strip() for line in self._stderr if line.strip()]
        if any("bad_alloc" in line or "MemoryError" in line for line in said[-3:]):
            return with_limit(OUT_OF_MEMORY)
        last_words = f"; its last output: {' | '.join(said[-2:])[:500]}" if said else ""
        if status == -signal.SIGKILL:
            return f"was killed from outside with SIGKILL, most likely because memory ran out{last_words}"
        how = f"crashed with {signal_name(-status)}" if status < 0 else f"ended with exit status {status}"
        aborted = ": the library aborted, as it does if a check in one of its kernels fails"
        why = aborted if status == -signal.SIGABRT else ""
        return with_limit(how + why + last_words)


def _memory_limit() -> int | None:
    """What a worker may take: a file that claims huge dimensions must not push others out of memory."""
    available = available_memory_bytes()
    return None if available is None else max(int(MEMORY_SHARE * available), MIN_MEMORY)


def _start(read: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=read, args=arguments, daemon=True)
    thread.start()
    return thread


def _read(lines: IO[str], put: Callable[[str], None]) -> None:
    with lines:
        for line in lines:
            put(line)


def signal_name(number: int) -> str:
    """SIGSEGV for 11."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
