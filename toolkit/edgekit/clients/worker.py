"""`python -m edgekit.clients.worker JOB.json`: one file in one client, in the environment of that client."""

import importlib
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

from edgekit.clients.compiler import Compiler
from edgekit.execution.worker.job_file import Job
from edgekit.execution.worker.main import run_job
from edgekit.inspection.tensors import FileTensors
from edgekit.runtimes.base import SessionSettings

WARM_UP = 3
"""Images that are run before time is taken."""


@dataclass(frozen=True, kw_only=True)
class ClientJob(Job):
    """To run one file in one client.

    Attributes:
        target: The adapter, "module:class".
        package: The distribution of the client.
        file: The model.
        images: An .npy file of uint8 (n, H, W, C).
        tensors: What goes into the file and what comes out.
    """

    module = "edgekit.clients.worker"
    target: str
    package: str
    file: Path
    images: Path
    tensors: FileTensors


def work(job: ClientJob, scores: Path, _commands: TextIO, _progress: TextIO) -> dict[str, Any]:
    """Run it; what the result file is to hold."""
    module, _, name = job.target.partition(":")
    adapter: Any = getattr(importlib.import_module(module), name)
    if issubclass(adapter, Compiler):
        with tempfile.TemporaryDirectory() as folder:
            shares = adapter.shares(job.file, Path(folder))
        return {"version": version(job.package), "shares": [asdict(share) for share in shares]}
    return _scored(job, adapter, scores)


def _scored(job: ClientJob, adapter: Any, path: Path) -> dict[str, Any]:
    import numpy as np

    from edgekit.execution.scoring import Scorer

    start = time.perf_counter()
    session = adapter.open(job.file, SessionSettings(tensors=job.tensors))
    load_seconds = time.perf_counter() - start
    images = np.load(job.images, allow_pickle=False)
    scorer = Scorer(session, images.shape[1:])
    for number in range(min(WARM_UP, len(images))):
        scorer(images[number : number + 1])
    rows, seconds = [], []
    for number in range(len(images)):
        start = time.perf_counter()
        rows.append(scorer(images[number : number + 1]))
        seconds.append(time.perf_counter() - start)
    np.save(path, np.concatenate(rows))
    return {
        "version": adapter.availability().version,
        "milliseconds": _median_of(session, [1000 * each for each in seconds]),
        "load_seconds": load_seconds,
        "remark": session.remark,
    }


def _median_of(session: Any, measured: list[float]) -> float:
    """The median time; of a client in another process its own time, without the way there."""
    own: list[float] = getattr(session, "milliseconds", [])
    return statistics.median(own[-len(measured) :] or measured)


if __name__ == "__main__":
    run_job(ClientJob, work)
