"""`python -m edgekit.execution.worker.arena JOB.json`: how much memory a `.tflite` file needs on a microcontroller.

The search runs in a separate process: a file that crashes the package `tflite-micro` only loses its own result.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from edgekit.execution.worker.job_file import Job
from edgekit.execution.worker.main import run_job
from edgekit.execution.worker.process import Supervision, run_in_worker
from edgekit.inspection.info import Arena
from edgekit.runtimes import RUNTIMES
from edgekit.runtimes.base import ExecutionFailure

SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class ArenaJob(Job):
    """To find the smallest arena of one file."""

    module = "edgekit.execution.worker.arena"
    file: Path


def measured_arena(file: Path) -> Arena | None:
    """The smallest arena of the `.tflite` file; None without the package, or if it cannot run the file."""
    runtime = RUNTIMES.load("tflite-micro")
    version = runtime.installed_version()
    if version is None:
        return None
    measured_with = f"{runtime.package} {version}"

    def collect(_: Path, result: dict[str, Any]) -> Arena:
        return Arena(num_bytes=int(result["num_bytes"]), measured_with=measured_with)

    answer = run_in_worker(ArenaJob(file=file.resolve()), collect, Supervision(SECONDS))
    return None if isinstance(answer, ExecutionFailure) else answer


def work(job: ArenaJob, _scores: Path, _commands: TextIO, _progress: TextIO) -> dict[str, Any]:
    """Search, in the worker."""
    from edgekit.runtimes.tflite_micro import smallest_arena

    return {"num_bytes": smallest_arena(job.file.read_bytes())}


if __name__ == "__main__":
    run_job(ArenaJob, work)
