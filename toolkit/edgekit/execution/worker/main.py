"""`python -m edgekit.execution.worker.main JOB.json`: one candidate, in a separate process.

Reads a job that `isolation.py` wrote, scores the images and writes a result. It imports numpy and the one
runtime that it was asked for. Whatever goes wrong becomes `{"error": "..."}` in the result file; stdin and
stdout are for what `messages.py` describes.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar

from edgekit.execution.worker.job_file import Job, ScoringJob, read_job
from edgekit.foundation.errors import EdgekitError, MissingKernelError
from edgekit.foundation.processes import with_limit
from edgekit.runtimes.base import Runtime

OUT_OF_MEMORY = "ran out of memory"

_Job = TypeVar("_Job", bound=Job)

Work = Callable[[_Job, Path, TextIO, TextIO], dict[str, Any]]
"""From a job, the scores file, and the streams that the parent writes and reads, to what the result file is to hold."""


def main() -> None:
    """Do the job that the first argument names."""
    run_job(ScoringJob, work)


def run_job(kind: type[_Job], work: Work[_Job]) -> None:
    """Let `work` do the job that the first argument names, within its memory, and write the result or the error."""
    setup, job = read_job(Path(sys.argv[1]), kind)
    commands, progress = _own_streams()
    _die_with(setup.parent)
    try:
        _limit_memory(setup.memory_limit)
        result = work(job, setup.scores, commands, progress)
    except MissingKernelError as error:
        result = {"error": str(error), "is_kernel_missing": True}
    except EdgekitError as error:
        result = {"error": str(error)}
    except MemoryError:
        result = {"error": with_limit(OUT_OF_MEMORY)}
    except Exception as error:  # noqa: BLE001  the boundary of the process: a library may raise anything
        result = {"error": with_limit(f"{type(error).__name__}: {_text_of(error)}")}
    try:
        setup.result.write_text(json.dumps(result))
    except OSError as error:
        sys.exit(f"the result could not be written: {error.strerror}; free space, or name another folder in TMPDIR")


def _text_of(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  the exception of a plug-in: its text may raise anything too
        return "without a text"


def work(job: ScoringJob, scores: Path, commands: TextIO, progress: TextIO) -> dict[str, Any]:
    """Score the images of `job` into the file `scores` and return what the result file is to hold."""
    from edgekit.execution.worker.candidate_run import CandidateRun
    from edgekit.execution.worker.messages import ParentConnection
    from edgekit.execution.worker.streaming import ImageFile
    from edgekit.foundation.machine import num_usable_cpus

    runtime = load_runtime(job.target)
    images = ImageFile(job.images, job.order)
    parent = ParentConnection(num_usable_cpus(), progress)
    parent.listen(commands)
    return CandidateRun(job, runtime, images, parent, peak_rss_bytes).result(scores)


def load_runtime(target: str) -> type[Runtime]:
    """The runtime class at "package.module:attribute"; raises RuntimeUnavailableError if it cannot work."""
    import importlib

    from edgekit.foundation.errors import RuntimeUnavailableError

    module_name, _, attribute = target.partition(":")
    runtime: type[Runtime] = getattr(importlib.import_module(module_name), attribute)
    if reason := runtime.availability().reason:
        raise RuntimeUnavailableError(f"{runtime.name} cannot work here: {reason}")
    return runtime


def peak_rss_bytes() -> int:
    """The largest resident memory of this process so far.

    Linux counts the parent's memory in `getrusage`, because a child starts in it; VmHWM starts at exec.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _own_streams() -> tuple[TextIO, TextIO]:
    """Stdin and stdout for the parent alone: libraries read nothing, and what they print goes to stderr."""
    own_input, own_output = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return own_input, own_output


def _limit_memory(limit: int | None) -> None:
    """Let allocations beyond `limit` bytes fail; the system holds it if it knows such a limit (Linux)."""
    if limit is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _die_with(parent: int) -> None:
    """End this process when the parent is gone: at once on Linux, within a second elsewhere."""
    if sys.platform == "linux":
        import ctypes
        import signal

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    main()
