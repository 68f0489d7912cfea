"""Runs a candidate in a worker process of its own, and survives whatever happens to it.

A crash, a hang, too much memory or a broken answer of a runtime becomes an `ExecutionFailure` with a
reason in words. Knows no runtime but by its name.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

import edgekit
from edgekit.input_range import InputEncoding
from edgekit.machine import available_memory_bytes
from edgekit.progress import Advance
from edgekit.runtimes import RUNTIMES, control
from edgekit.runtimes.base import Execution, ExecutionFailure, SessionSettings
from edgekit.runtimes.settings_cache import SettingsCache
from edgekit.runtimes.sharing import Cancelled, Processors
from edgekit.runtimes.worker import OUT_OF_MEMORY

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Result = TypeVar("_Result")

Watch = Callable[["NDArray[np.float32]"], bool]
"""Called with the scores of the next images, float32 (n, C), in the order in which they are run; True: enough."""

MEMORY_SHARE = 0.8
"""Share of the memory that is free at the start that a worker may allocate."""

MIN_MEMORY = 2**30
"""Bytes that it may allocate in any case."""

NUM_STDERR_LINES = 200
"""How many of the worker's last lines on stderr are kept."""


def execute(
    runtime: str,
    artifact: Path,
    images: Path,
    *,
    num_images: int | None = None,
    time_limit: float = 3600.0,
    memory_limit: int | None = None,
    settings: SessionSettings | None = None,
    encoding: InputEncoding | None = None,
    order: Path | None = None,
    cache: SettingsCache | None = None,
    processors: Processors | None = None,
    watch: Watch | None = None,
    advance: Advance = lambda _: None,
) -> Execution | ExecutionFailure:
    """Run `artifact` in `runtime` on the first `num_images` images, in a process of its own.

    Args:
        runtime: A name in `RUNTIMES`, or the "module:attribute" of a runtime that is not listed there.
        artifact: The model file.
        images: A `.npy` file of uint8 (N, H, W, 3), RGB, 0 to 255, in C order, or a note; see `ImageFile`.
        num_images: How many to run; None or more than there are: all of them.
        time_limit: Seconds for loading, tuning and running together, above 0.
        memory_limit: Bytes of memory that the worker may allocate (Linux); None: MEMORY_SHARE of what is free.
        settings: Threads, sessions and batch; None: the best that a short search finds.
        encoding: How pixels go into a model made elsewhere; None: as they are.
        order: An .npy file of int64: which of the images are run, and in which order; None: as they stand.
        cache: Where settings that were found are kept; None: nowhere.
        processors: What it shares with other workers, which call this from other threads; None: it works alone.
        watch: Sees scores as they come, and may say that they are enough.
        advance: Called with the number of images finished since the last call.

    Returns:
        What was measured, or why it could not be. Fewer images than asked for where `watch` said so.

    Raises:
        UnknownNameError: There is no such runtime.
        Cancelled: `processors` was cancelled.
    """
    job = {
        "num_images": num_images,
        "memory_limit": memory_limit or _memory_limit(),
        "settings": None if settings is None else vars(settings),
        "encoding": None if encoding is None else encoding.to_dict(),
        "order": None if order is None else str(order.resolve()),
        "cache_dir": None if cache is None else str(cache.folder.absolute()),
        "search_again": cache is not None and cache.search_again,
    }
    return _work(runtime, artifact, images, job, _collect, _Attention(time_limit, advance, watch), processors)


def try_encodings(
    runtime: str, artifact: Path, images: Path, encodings: Sequence[InputEncoding], *, time_limit: float = 3600.0
) -> "NDArray[np.float32] | ExecutionFailure":
    """Run `artifact` on all images once with each of `encodings`, in a process of its own.

    Args:
        runtime: As in `execute`.
        artifact: The model file.
        images: As in `execute`; a few hundred.
        encodings: How pixels are to go in, at least one.
        time_limit: Seconds for everything together.

    Returns:
        float32 (E, N, C): the scores, NaN where the model cannot be fed so; or why nothing could be run.
    """
    job = {"try_encodings": [encoding.to_dict() for encoding in encodings], "memory_limit": _memory_limit()}
    return _work(runtime, artifact, images, job, _collect_trials, _Attention(time_limit))


def _work(
    runtime: str,
    artifact: Path,
    images: Path,
    job: dict[str, Any],
    collect: Callable[[Path], _Result],
    attention: "_Attention",
    processors: Processors | None = None,
) -> _Result | ExecutionFailure:
    """Give a worker process `job`, wait for its end, and read what it left."""
    target = runtime if ":" in runtime else RUNTIMES[runtime].target
    processors = processors or Processors()
    try:
        with tempfile.TemporaryDirectory(prefix="edgekit-") as name:
            folder = Path(name)
            paths = {
                "target": target,
                "artifact": str(artifact.resolve()),
                "images": str(images.resolve()),
                "scores": str(folder / "scores.npy"),
                "result": str(folder / "result.json"),
                "parent": os.getpid(),
                "is_shared": processors.num_workers > 1,
            }
            (folder / "job.json").write_text(json.dumps(paths | job))
            with processors.undisturbing():
                worker = _Worker(folder, processors, attention)
            ending = worker.run()
            return ExecutionFailure(reason=ending) if ending else collect(folder)
    except OSError as error:
        return ExecutionFailure(reason=f"the worker could not be started or read: {error}")


@dataclass(frozen=True)
class _Attention:
    """What is done with a worker while it runs; see `execute`."""

    time_limit: float
    advance: Advance = lambda _: None
    watch: Watch | None = None


class _Worker:
    """One worker process, alone in its process group."""

    def __init__(self, folder: Path, processors: Processors, attention: _Attention) -> None:
        self._folder = folder
        self._processors = processors
        self._attention = attention
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "edgekit.runtimes.worker", str(folder / "job.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=_environment(),
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
        """Wait for the end; None where the worker ended well, else the reason. The process is gone afterwards."""
        try:
            self._follow()
        except subprocess.TimeoutExpired:
            return f"did not end within the time limit of {self._attention.time_limit:g} s"
        finally:
            self._processors.remove(self)
            self._kill()
        self._drain()
        return self._reason(self._process.returncode)

    def pause(self) -> None:
        """Stop the process where it stands; see `Sharing`."""
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
        self._tell(f"{control.SHARE} {num_cpus}")

    def _follow(self) -> None:
        """Heed what the worker says until it is gone; raises TimeoutExpired and Cancelled."""
        while self._process.poll() is None:
            if self._processors.is_cancelled:
                raise Cancelled
            remaining = self._attention.time_limit - self._seconds_used()
            if remaining <= 0:
                raise subprocess.TimeoutExpired(self._process.args, 0)
            with contextlib.suppress(queue.Empty):
                self._heed(self._lines.get(timeout=min(remaining, 0.05)))

    def _seconds_used(self) -> float:
        """Since the start, without the time that it had to stand still."""
        now = time.monotonic()
        return now - self._started - self._stood_still - (now - (self._paused_at or now))

    def _heed(self, line: str) -> None:
        if line.strip() == control.WANTS_TO_BE_ALONE:
            self._let_measure()
        else:
            self._report(line)

    def _let_measure(self) -> None:
        """Stop all others until the worker has measured, or is gone, or its time is up."""
        asked = time.monotonic()
        with self._processors.alone(self):
            self._stood_still += time.monotonic() - asked
            self._tell(control.IS_ALONE)
            while self._process.poll() is None and self._seconds_used() < self._attention.time_limit:
                if self._processors.is_cancelled:
                    raise Cancelled
                with contextlib.suppress(queue.Empty):
                    if self._lines.get(timeout=0.05).strip() == control.HAS_MEASURED:
                        return

    def _drain(self) -> None:
        while not self._lines.empty():
            self._report(self._lines.get())

    def _report(self, line: str) -> None:
        if line.strip().isdecimal() and int(line) > self._num_done:
            self._attention.advance(int(line) - self._num_done)
            self._num_done = int(line)
            self._watch()

    def _watch(self) -> None:
        """Show the new scores to who watches, and stop the worker where they are enough."""
        import numpy as np

        if self._attention.watch is None:
            return
        rows = np.load(self._folder / "scores.npy", mmap_mode="r", allow_pickle=False)[
            self._num_watched : self._num_done
        ]
        self._num_watched = self._num_done
        if self._attention.watch(np.array(rows)):
            self._tell(control.STOP)

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
            return OUT_OF_MEMORY
        last_words = f"; its last words: {' | '.join(said[-2:])[:500]}" if said else ""
        if status == -signal.SIGKILL:
            return f"was killed from outside with SIGKILL, most likely because memory ran out{last_words}"
        how = f"crashed with {_signal_name(-status)}" if status < 0 else f"ended with exit status {status}"
        return how + last_words


def _collect(folder: Path) -> Execution | ExecutionFailure:
    """What the worker left in `folder`; nothing in it is trusted."""
    import numpy as np

    try:
        result = json.loads((folder / "result.json").read_text())
        if "error" in result:
            return ExecutionFailure(reason=str(result["error"]))
        scores = np.load(folder / "scores.npy", mmap_mode="r", allow_pickle=False)[: result["num_images"]]
        if scores.dtype != np.float32 or scores.ndim != 2 or len(scores) != result["num_images"]:
            raise ValueError(f"scores of type {scores.dtype} and shape {scores.shape}")  # noqa: TRY301
        return Execution(
            scores=scores,
            seconds=float(result["seconds"]),
            images_per_second=float(result["images_per_second"]),
            peak_rss_bytes=int(result["peak_rss_bytes"]),
            runtime_version=str(result["runtime_version"]),
            settings=SessionSettings(**result["settings"]),
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        return ExecutionFailure(reason=f"ended without a usable result ({type(error).__name__}: {error})")


def _collect_trials(folder: Path) -> "NDArray[np.float32] | ExecutionFailure":
    """What a worker that tried several encodings left in `folder`; nothing in it is trusted."""
    import numpy as np

    try:
        result = json.loads((folder / "result.json").read_text())
        if "error" in result:
            return ExecutionFailure(reason=str(result["error"]))
        scores = np.load(folder / "scores.npy", allow_pickle=False)
        if scores.dtype != np.float32 or scores.ndim != 3:
            raise ValueError(f"scores of type {scores.dtype} and shape {scores.shape}")  # noqa: TRY301
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        return ExecutionFailure(reason=f"ended without a usable result ({type(error).__name__}: {error})")
    return scores


def _memory_limit() -> int | None:
    """What a worker may take: a file that claims huge dimensions must not push others out of memory."""
    available = available_memory_bytes()
    return None if available is None else max(int(MEMORY_SHARE * available), MIN_MEMORY)


def _environment() -> dict[str, str]:
    """This process's, so that the worker finds the same edgekit, and without numpy's own threads."""
    root = Path(edgekit.__file__).parents[1]
    paths = [os.environ.get("PYTHONPATH", ""), "" if root.name in ("site-packages", "dist-packages") else str(root)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "OPENBLAS_NUM_THREADS": "1"}


def _start(read: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=read, args=arguments, daemon=True)
    thread.start()
    return thread


def _read(lines: IO[str], put: Callable[[str], None]) -> None:
    with lines:
        for line in lines:
            put(line)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
