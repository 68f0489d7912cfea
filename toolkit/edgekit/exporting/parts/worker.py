"""`python -m edgekit.exporting.parts.worker JOB.json`: one part of an export, in a separate process.

The parent, `isolation.py`, pickles what is asked for, and this process what came of it. Both lie in a private folder of
the parent's that nobody else writes to.
"""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from edgekit.execution.worker import messages
from edgekit.execution.worker.main import run_job
from edgekit.exporting.job import export_request
from edgekit.exporting.parts.part import EXPORTING, PartJob
from edgekit.exporting.report import ExportReport
from edgekit.exporting.tflite.kept_float import kept_in
from edgekit.foundation.errors import EdgekitError
from edgekit.foundation.progress import Advance


@dataclass(frozen=True, kw_only=True)
class _Pipe:
    """Tells the parent how many files are finished, and what the user should read."""

    lines: TextIO

    @contextmanager
    def task(self, description: str, _total: int | None) -> Iterator[Advance]:
        """See `edgekit.foundation.progress.Progress`; of several tasks the parent hears of the files alone."""
        finished = 0

        def advance(count: int) -> None:
            nonlocal finished
            finished += count
            if description == EXPORTING:
                print(finished, file=self.lines, flush=True)

        yield advance

    def note(self, text: str) -> None:
        """One line, whatever the text holds."""
        print(messages.NOTE + " ".join(text.split()), file=self.lines, flush=True)


def work(job: PartJob, _scores: Path, _commands: TextIO, progress: TextIO) -> dict[str, Any]:
    """Make the files of `job`; what came of it, a report or an error, is pickled into the file that it names."""
    answer: ExportReport | EdgekitError
    try:
        request = pickle.loads(job.request.read_bytes())  # noqa: S301 - the parent has written it
        with kept_in(job.floats):
            report = export_request(request, progress=_Pipe(lines=progress), only=job.precisions)
        folding = report.folding and replace(report.folding, model=None)  # the parent has none
        answer = replace(report, folding=folding)
    except EdgekitError as error:
        answer = error
    job.answer.write_bytes(pickle.dumps(answer))
    return {}


if __name__ == "__main__":
    run_job(PartJob, work)
