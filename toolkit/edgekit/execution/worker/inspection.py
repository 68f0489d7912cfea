"""`python -m edgekit.execution.worker.inspection JOB.json`: what model files say of themselves; nothing is run.

The errors of the job are those of `edgekit.execution.worker.main`; a file that cannot be read is an answer like others.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from edgekit.execution.worker.job_file import Job
from edgekit.execution.worker.main import run_job
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.info import ModelInfo
from edgekit.inspection.int8_sums import sums_can_overflow
from edgekit.inspection.kernels import inspect_kernels
from edgekit.inspection.model_file import inspect_file


@dataclass(frozen=True, kw_only=True)
class InspectionJob(Job):
    """To read model files; see `edgekit.execution.file_inspection`.

    Attributes:
        files: At least one.
        with_kernels: Whether to count the zeros and the distinct values of every kernel too.
    """

    module = "edgekit.execution.worker.inspection"
    files: tuple[Path, ...]
    with_kernels: bool = False


@dataclass(frozen=True, kw_only=True)
class InspectedFile:
    """What is known of one file.

    Attributes:
        info: What it says of itself; None if it cannot be read.
        fault: Why not, in whole sentences; "" if it can be.
        can_overflow: Whether int8 sums of an `.onnx` file overflow on some processors; see `sums_can_overflow`.
    """

    info: ModelInfo | None = None
    fault: str = ""
    can_overflow: bool = False


def work(job: InspectionJob, _scores: Path, _commands: TextIO, progress: TextIO) -> dict[str, Any]:
    """Answer for each file of `job`, and say in `progress` how many are done."""
    answers = []
    for path in job.files:
        answers.append(asdict(_read(path, with_kernels=job.with_kernels)))
        print(len(answers), file=progress, flush=True)
    return {"files": answers}


def _read(path: Path, *, with_kernels: bool) -> InspectedFile:
    try:
        info = inspect_file(path)
        if with_kernels:
            info = replace(info, kernels=inspect_kernels(path))
    except ArtifactError as error:
        return InspectedFile(fault=str(error))
    return InspectedFile(info=info, can_overflow=_can_overflow(path, info))


def _can_overflow(path: Path, info: ModelInfo) -> bool:
    """Only files that compute in int8 are asked: the others have no such sums, and their weights stay unread."""
    is_int8 = info.quantization.num_integer > 0 and info.format == "onnx" and path.suffix.lower() == ".onnx"
    return is_int8 and sums_can_overflow(path)


if __name__ == "__main__":
    run_job(InspectionJob, work)
