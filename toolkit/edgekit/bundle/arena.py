"""`python -m edgekit.bundle.arena JOB.json`: how much memory a `.tflite` file needs on a microcontroller, by search.

The package `tflite-micro` holds the kernels and the memory planner of LiteRT for microcontrollers. It gives the planner
an arena of a fixed size and fails if that is too small, so the smallest that works is found by halving. It runs in a
separate process, so a file that crashes it only costs the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

from edgekit.bundle.model import Arena
from edgekit.execution.worker.job_file import Job
from edgekit.execution.worker.main import run_job
from edgekit.execution.worker.process import Supervision, run_in_worker
from edgekit.runtimes.base import ExecutionFailure

PACKAGE = "tflite-micro"
STEP = 16
"""Bytes. Tensors are aligned to as many in tflite-micro (MicroArenaBufferAlignment)."""
FIRST, LARGEST = 2**14, 2**26
"""Bytes: where the search begins, and what no microcontroller has."""
SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class ArenaJob(Job):
    """To find the smallest arena of one file."""

    module = "edgekit.bundle.arena"
    file: Path


def measured_arena(file: Path) -> Arena | None:
    """The smallest arena of the `.tflite` file; None without the package, or if it cannot run the file."""
    try:
        measured_with = f"{PACKAGE} {version(PACKAGE)}"
    except PackageNotFoundError:
        return None

    def collect(_: Path, result: dict[str, Any]) -> Arena | None:
        found = result["num_bytes"]
        return None if found is None else Arena(num_bytes=int(found), measured_with=measured_with)

    answer = run_in_worker(ArenaJob(file=file), collect, Supervision(SECONDS))
    return None if isinstance(answer, ExecutionFailure) else answer


def smallest(runs: Callable[[int], bool]) -> int | None:
    """The smallest size in bytes for which `runs` is true, a multiple of STEP; None if LARGEST is not enough."""
    above = FIRST
    while not runs(above):
        above *= 2
        if above > LARGEST:
            return None
    below = above // 2 if above > FIRST else 0
    while above - below > STEP:
        middle = (above + below) // 2 // STEP * STEP
        below, above = (below, middle) if runs(middle) else (middle, above)
    return above


def work(job: ArenaJob, _scores: Path, _commands: TextIO, _progress: TextIO) -> dict[str, Any]:
    """Search, in the worker."""
    from tflite_micro.python.tflite_micro import runtime  # type: ignore[import-not-found, unused-ignore]

    content = job.file.read_bytes()

    def runs(num_bytes: int) -> bool:
        try:
            runtime.Interpreter.from_bytes(content, arena_size=num_bytes).invoke()
        except RuntimeError:
            return False
        return True

    return {"num_bytes": smallest(runs)}


if __name__ == "__main__":
    run_job(ArenaJob, work)
