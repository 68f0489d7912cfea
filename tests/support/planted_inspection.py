"""An inspection that does with files what their names say; see `edgekit.execution.file_inspection`."""

import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from edgekit.execution.worker.inspection import InspectedFile, InspectionJob
from edgekit.execution.worker.main import run_job


def work(job: InspectionJob, _scores: Path, _commands: TextIO, progress: TextIO) -> dict[str, Any]:
    """Crash, hang, ask for memory, leave the answers out, or say that it is a file without a description."""
    for number, path in enumerate(job.files):
        print(number, file=progress, flush=True)
        if "crash" in path.name:
            os.kill(os.getpid(), signal.SIGSEGV)
        if "hang" in path.name:
            time.sleep(3600)
        if "memory" in path.name:
            bytearray(2**45)
        if "raise" in path.name:
            raise RecursionError("maximum recursion depth exceeded")
        if "short" in path.name:
            return {"files": []}
        if "exit" in path.name:
            sys.exit(7)
    return {"files": [asdict(InspectedFile(fault=f"{path.name} was looked at.")) for path in job.files]}


if __name__ == "__main__":
    run_job(InspectionJob, work)
