"""The job of the process for one part of an export. Does no work."""

from dataclasses import dataclass
from pathlib import Path

from edgekit.artifact import Precision
from edgekit.execution.worker.job_file import Job

EXPORTING = "Exporting"
"""The task that counts files."""


@dataclass(frozen=True, kw_only=True)
class PartJob(Job):
    """To export some of the files that were asked for.

    Attributes:
        request: A pickled `edgekit.exporting.request.ExportRequest`.
        answer: Where to put the pickled `ExportReport`, or the pickled error.
        precisions: Which of the planned files it makes.
        floats: A folder for what one part leaves to the next.
    """

    module = "edgekit.exporting.parts.worker"
    request: Path
    answer: Path
    precisions: tuple[Precision, ...]
    floats: Path
