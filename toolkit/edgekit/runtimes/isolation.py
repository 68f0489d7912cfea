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
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import edgekit
from edgekit.input_range import InputEncoding
from edgekit.progress import Advance
from edgekit.runtimes import RUNTIMES
from edgekit.runtimes.base import Execution, ExecutionFailure, SessionSettings
from edgekit.runtimes.worker import OUT_OF_MEMORY

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Result = TypeVar("_Result")

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
    advance: Advance = lambda _: None,
) -> Execution | ExecutionFailure:
    """Run `artifact` in `runtime` on the first `num_images` images, in a process of its own.

    Args:
        runtime: A name in `RUNTIMES`, or the "module:attribute" of a runtime that is not listed there.
        artifact: The model file.
        images: A `.npy` file of uint8 (N, H, W, 3), RGB, 0 to 255, in C order.
        num_images: How many to run; None or more than there are: all of them.
        time_limit: Seconds for loading, tuning and running together, above 0.
        memory_limit: Bytes of memory that the worker may allocate (Linux); None: no limit.
        settings: Threads, sessions and batch; None: the best that a short search finds.
        encoding: How pixels go into a model made elsewhere; None: as they are.
        advance: Called with the number of images finished since the last call.

    Returns:
        What was measured, or why it could not be.

    Raises:
        UnknownNameError: There is no such runtime.
    """
    job = {
        "num_images": num_images,
        "memory_limit": memory_limit,
        "settings": None if settings is None else vars(settings),
        "encoding": None if encoding is None else encoding.to_dict(),
    }
    return _work(runtime, artifact, images, job, time_limit, advance, _collect)


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
    job = {"try_encodings": [encoding.to_dict() for encoding in encodings], "memory_limit": None}
    return _work(runtime, artifact, images, job, time_limit, lambda _: None, _collect_trials)


def _work(
    runtime: str,
    artifact: Path,
    images: Path,
    job: dict[str, Any],
    time_limit: float,
    advance: Advance,
    collect: Callable[[Path], _Result],
) -> _Result | ExecutionFailure:
    """Give a worker process `job`, wait for its end, and read what it left."""
    target = runtime if ":" in runtime else RUNTIMES[runtime].target
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
            }
            (folder / "job.json").write_text(json.dumps(paths | job))
            ending = _Worker(folder / "job.json").run(time_limit, advance)
            return ExecutionFailure(reason=ending) if ending else collect(folder)
    except OSError as error:
        return ExecutionFailure(reason=f"the worker could not be started or read: {error}")


class _Worker:
    """One worker process, alone in its process group."""

    def __init__(self, job: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "edgekit.runtimes.worker", str(job)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=_environment(),
            start_new_session=True,
        )
        self._stderr: deque[str] = deque(maxlen=NUM_STDERR_LINES)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._num_done = 0
        self._readers = [
            _start(_read, self._process.stdout, self._lines.put),
            _start(_read, self._process.stderr, self._stderr.append),
        ]

    def run(self, time_limit: float, advance: Advance) -> str | None:
        """Wait for the end; None where the worker ended well, else the reason. The process is gone afterwards."""
        try:
            self._follow(time.monotonic() + time_limit, advance)
        except subprocess.TimeoutExpired:
            return f"did not end within the time limit of {time_limit:g} s"
        finally:
            self._kill()
        self._drain(advance)
        return self._reason(self._process.returncode)

    def _follow(self, deadline: float, advance: Advance) -> None:
        """Pass progress on until the worker is gone; raises TimeoutExpired."""
        while self._process.poll() is None:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise subprocess.TimeoutExpired(self._process.args, 0)
            with contextlib.suppress(queue.Empty):
                self._report(self._lines.get(timeout=min(remaining, 0.05)), advance)

    def _drain(self, advance: Advance) -> None:
        while not self._lines.empty():
            self._report(self._lines.get(), advance)

    def _report(self, line: str, advance: Advance) -> None:
        if line.strip().isdecimal() and int(line) > self._num_done:
            advance(int(line) - self._num_done)
            self._num_done = int(line)

    def _kill(self) -> None:
        """End the whole process group if the worker still lives, and the reading of its pipes."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
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
        scores = np.load(folder / "scores.npy", allow_pickle=False)
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
