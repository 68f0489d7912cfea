"""Exports a large model a few files at a time, in separate processes; finished files are kept, whatever happens later.

A process returns all its memory when it ends, and running out of memory becomes an error in one sentence. Neither
TensorFlow nor the model is loaded here.
"""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgekit.artifact import Format
from edgekit.execution.worker.process import Supervision, run_in_worker
from edgekit.exporting.parts.memory import disk_warning, memory_needed, memory_warning
from edgekit.exporting.parts.part import EXPORTING, PartJob
from edgekit.exporting.plan import Job, Plan
from edgekit.exporting.report import ExportReport
from edgekit.exporting.request import ExportRequest
from edgekit.foundation.atomic_files import remove_unfinished
from edgekit.foundation.errors import EdgekitError, ExportError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.machine import available_memory_bytes
from edgekit.foundation.progress import Progress
from edgekit.quantization.scheme import CALIBRATED
from edgekit.runs.folder import RUNS_FOLDER, RunFolder
from edgekit.runtimes.base import ExecutionFailure

LARGE = 2**26
"""Bytes of a model file from which on its parts get processes of their own. Starting TensorFlow and loading the model
again takes some 5 s per part: a tenth of the export of such a model, half of that of a small one."""


def is_large(source: Path | RunFolder) -> bool:
    """Whether the model at `source` is exported in parts; loads nothing."""
    return model_bytes(source) >= LARGE


def model_bytes(source: Path | RunFolder) -> int:
    """Size of the model's file, or of all files of a SavedModel."""
    path = source
    if isinstance(source, RunFolder):
        path = source.model_path if source.model_path.exists() else source.saved_model_path
    assert isinstance(path, Path)  # noqa: S101 - for mypy
    files = [path] if path.is_file() else list(path.rglob("*"))
    return sum(each.stat().st_size for each in files if each.is_file())


def warn_of_too_little(request: ExportRequest, source: Path | RunFolder, plan: Plan, progress: Progress) -> None:
    """Say, before anything is loaded, if memory or disk are too small for the files of `plan`, with numbers."""
    size = model_bytes(source)
    for warning in (memory_warning(size, plan.jobs), disk_warning(size, plan.jobs, _folder_of(request, source))):
        if warning:
            progress.note(warning)


def _folder_of(request: ExportRequest, source: Path | RunFolder) -> Path:
    """Where the files will lie."""
    return request.out or RUNS_FOLDER / source.stem if isinstance(source, Path) else source.path


def export_in_parts(request: ExportRequest, source: Path | RunFolder, plan: Plan, progress: Progress) -> ExportReport:
    """Do what `request` says, a part at a time.

    Args:
        request: What is to be done; its data set has a name, and is loaded by each process.
        source: What its target means.
        plan: Its files.
        progress: Receives progress, file by file.

    Raises:
        EdgekitError: As the export itself. What was finished before is kept, and the message lists it.
    """
    size, out = model_bytes(source), _folder_of(request, source)
    reports: list[ExportReport] = []
    with TemporaryFolder() as folder, progress.task(EXPORTING, len(plan.jobs)) as advance:
        for number, part in enumerate(_parts(plan.jobs)):
            finished = 0

            def count(number: int) -> None:
                nonlocal finished
                finished += number
                advance(number)

            wanted = replace(request, target=source if isinstance(source, Path) else source.path)
            if reports:  # the run is there now, and says what was found out about the model
                wanted = replace(wanted, target=reports[0].run.path, out=None)
            job = PartJob(
                request=folder / f"request{number}.pickle",
                answer=folder / f"answer{number}.pickle",
                precisions=tuple(dict.fromkeys(each.precision for each in part)),
                floats=folder,
            )
            job.request.write_bytes(pickle.dumps(replace(wanted, formats=(part[0].format,))))
            answer = _answer(job, Supervision(float("inf"), count, say=progress.note, folder=folder))
            if isinstance(answer, ExportReport):
                reports.append(answer)
                continue
            if isinstance(answer, ExecutionFailure):
                remove_unfinished(out)
                raise ExportError(_out_of_memory(answer, part, finished, size, out, _files_in(out)))
            raise answer
    return _together(reports)


def _parts(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """The files of each format; for `.tflite` those that TensorFlow converts first, integers of its float file then."""
    for each in dict.fromkeys(
        (job.format, job.format is Format.TFLITE and job.precision in CALIBRATED) for job in jobs
    ):
        yield [job for job in jobs if (job.format, job.format is Format.TFLITE and job.precision in CALIBRATED) == each]


def _answer(job: PartJob, supervision: Supervision) -> ExportReport | EdgekitError | ExecutionFailure:
    """What the process of a part gives."""

    def collect(_folder: Path, _result: dict[str, Any]) -> ExportReport | EdgekitError:
        found: ExportReport | EdgekitError = pickle.loads(job.answer.read_bytes())  # noqa: S301 - our own process's
        return found

    return run_in_worker(job, collect, replace(supervision, memory_limit=available_memory_bytes()))


def _files_in(out: Path) -> list[str]:
    """The model files that the run at `out` lists; empty if there is no run."""
    if not (out / "manifest.json").is_file():
        return []
    names = RunFolder(out).manifest["files"]
    suffixes = {f".{each.value}" for each in Format}
    return [name for name in names if Path(name).suffix in suffixes]


def _out_of_memory(
    failure: ExecutionFailure, part: Sequence[Job], finished: int, size: int, out: Path, kept: Sequence[str]
) -> str:
    """What happened to which file, how much memory it takes, what is there, and what to do."""
    job = part[min(finished, len(part) - 1)]
    free = available_memory_bytes()
    free_text = "" if free is None else f"; {free / 1e9:.1f} GB are free now"
    there = f"Finished and kept in {out}: {', '.join(kept)}." if kept else "No file was finished."
    target = f"{out} " if kept else ""
    return (
        f"The export ended at {job.title}: the process {failure.reason.rstrip('.')}. This file needs about "
        f"{memory_needed(size, [job]) / 1e9:.1f} GB of memory{free_text}. {there} Free memory and export the rest: "
        f"edgekit export {target}--resume. To need less, leave {job.title} out with --format or --precision."
    )


def _together(reports: Sequence[ExportReport]) -> ExportReport:
    """One report of all parts; raises ExportError if no file could be made."""
    failed = [each for report in reports for each in report.failed]
    if failed and not any(report.files for report in reports):
        raise ExportError(f"No file can be made. {' '.join(f'{each.title}: {each.reason}' for each in failed)}")
    return replace(
        reports[-1],
        files=tuple(each for report in reports for each in report.files),
        skipped=tuple(dict.fromkeys(line for report in reports for line in report.skipped)),
        failed=tuple(failed),
        folding=next((report.folding for report in reports if report.folding), None),
    )
