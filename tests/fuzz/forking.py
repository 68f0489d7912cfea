"""An executor whose worker is a fork: as isolated as the real one, without the second that Python's start takes."""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

from support.one_by_one import OneByOne

from edgekit.artifact import FileOptions
from edgekit.execution.isolation import collect_scores
from edgekit.execution.worker import main as worker_module
from edgekit.execution.worker.job_file import ScoringJob, WorkerSetup, write_job
from edgekit.execution.worker.process import Watch, collected, signal_name
from edgekit.execution.workload import TimeBudget
from edgekit.foundation.progress import Advance
from edgekit.input_range import InputEncoding
from edgekit.runtimes import RUNTIMES, Execution, ExecutionFailure, SessionSettings


class ForkingExecutor(OneByOne):
    """Runs the real worker's `main` in a fork of this process, which has the runtimes imported and no threads.

    Args:
        memory_limit: Bytes that a worker may allocate.
    """

    def __init__(self, memory_limit: int = 2**32) -> None:
        self._memory_limit = memory_limit

    def execute(
        self,
        runtime: str,
        artifact: Path,
        images_npy: Path,
        *,
        num_images: int,
        time_limit: float,
        advance: Advance,
        encoding: InputEncoding | None = None,
        file_options: FileOptions | None = None,
        order: Path | None = None,
        budget: TimeBudget | None = None,
        watch: Watch | None = None,
    ) -> Execution | ExecutionFailure:
        with tempfile.TemporaryDirectory(prefix="edgekit-fuzz-") as name:
            folder = Path(name)
            setup = WorkerSetup(
                parent=os.getpid(),
                memory_limit=self._memory_limit,
                result=folder / "result.json",
                scores=folder / "scores.npy",
            )
            job = ScoringJob(
                target=RUNTIMES[runtime].target,
                artifact=artifact,
                images=images_npy,
                num_images=num_images,
                settings=SessionSettings(),
                encoding=encoding,
                file_options=file_options,
                order=order,
            )
            write_job(folder / "job.json", setup, job)
            pid = os.fork()
            if pid == 0:
                _work(folder / "job.json")
            status = wait(pid, time_limit)
            if status is None:
                return ExecutionFailure(reason=f"did not end within the time limit of {time_limit:g} s")
            if status < 0:
                return ExecutionFailure(reason=f"crashed with {signal_name(-status)}")
            return collected(folder, collect_scores)


def _work(job: Path) -> NoReturn:
    """The child: what `python -m edgekit.execution.worker.main JOB` does, and no clean-up of the parent's things."""
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        sys.argv = ["worker", str(job)]
        worker_module.main()
    finally:
        os._exit(0)


def wait(pid: int, time_limit: float) -> int | None:
    """How process `pid` ended: 0, a status, minus a signal; None where it had to be killed."""
    deadline = time.monotonic() + time_limit
    pause = 0.001
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(2 * pause, 0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None
