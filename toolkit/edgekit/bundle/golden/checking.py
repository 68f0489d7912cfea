"""A bundle's golden vectors in the runtimes here. It may come from a stranger: workers alone read its models."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from edgekit.artifact import format_of
from edgekit.bundle.archive.opening import opened
from edgekit.bundle.golden.document import NAME, SCHEMA_VERSION, GoldenDocument, GoldenUnit, ModelEntry, tolerance_in
from edgekit.bundle.golden.tensors import Tensors, run_files
from edgekit.bundle.golden.worker import TensorTask
from edgekit.execution.availability import availability_of
from edgekit.foundation.errors import ArtifactError, BundleError, RuntimeUnavailableError, UsageError
from edgekit.foundation.files.documents import read_json
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import counted, listed
from edgekit.foundation.progress import Progress
from edgekit.foundation.results import plain
from edgekit.runs.manifest import is_inside
from edgekit.runtimes import chosen_runtimes
from edgekit.runtimes.base import ExecutionFailure

MAX_IMAGES = 10_000


class GoldenVerdict(StrEnum):
    """What happened to one file in one runtime.

    Attributes:
        PASS: All outputs are within the tolerance.
        DIFFERS: One is not.
        ERROR: It could not be run.
        NOT_RUN: The runtime does not work here, or has no kernel for an operator.
    """

    PASS = "pass"  # noqa: S105 - a verdict, no password
    DIFFERS = "differs"
    ERROR = "error"
    NOT_RUN = "not-run"


@dataclass(frozen=True, kw_only=True)
class GoldenRow:
    """One model file in one runtime.

    Attributes:
        file: The file.
        runtime: What ran it.
        verdict: Its outcome.
        num_images: Golden images that were run.
        max_difference: The largest difference of any number of the output; None if nothing was run.
        tolerance: What is allowed.
        unit: Of both.
        reason: Why it is not a pass, in whole sentences; "" for a pass.
    """

    file: str
    runtime: str
    verdict: GoldenVerdict
    num_images: int = 0
    max_difference: float | None = None
    tolerance: float = 0.0
    unit: GoldenUnit = GoldenUnit.SCORE
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class GoldenReport:
    """Every file of a bundle in every runtime.

    Attributes:
        bundle: What was checked.
        rows: One per file and runtime.
    """

    bundle: str
    rows: tuple[GoldenRow, ...]

    @property
    def exit_status(self) -> int:
        """0: all within tolerance. 3: one is not. 1: one could not be run, or none was."""
        verdicts = {row.verdict for row in self.rows}
        if GoldenVerdict.ERROR in verdicts or not verdicts & {GoldenVerdict.PASS, GoldenVerdict.DIFFERS}:
            return 1
        return 3 if GoldenVerdict.DIFFERS in verdicts else 0

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return dict(plain({"bundle": self.bundle, "rows": [asdict(row) for row in self.rows]}))


def check_golden_vectors(bundle: Path, runtimes: Sequence[str], progress: Progress) -> GoldenReport:
    """Check the bundle at `bundle`, a zip or a folder.

    Args:
        bundle: Where it lies.
        runtimes: Names in RUNTIMES; empty: the usual ones.
        progress: Where it reports itself.

    Raises:
        BundleError: It is not a bundle, or its golden.json names files that it does not hold.
        UsageError: No chosen runtime reads a format of the bundle.
        RuntimeUnavailableError: No chosen runtime works here.
    """
    with opened(bundle) as folder:
        return check_folder(folder, str(bundle), runtimes, progress)


def check_folder(folder: Path, name: str, runtimes: Sequence[str], progress: Progress) -> GoldenReport:
    """The same for a folder that holds nothing but plain files; see `check_golden_vectors`."""
    document = _read(folder, name)
    formats = {model["file"]: format_of(folder / model["file"]) for model in document["models"]}
    chosen = {
        each: [model for model in document["models"] if runtime.reads(formats[model["file"]])]
        for each, runtime in chosen_runtimes(runtimes).items()
    }
    if not any(chosen.values()):
        raise UsageError(
            f"None of these runtimes reads a file of {name}: {listed(list(chosen))}. It holds "
            f"{listed(sorted(set(formats.values())))} files; edgekit runtimes lists what reads them."
        )
    rows: list[GoldenRow] = []
    with TemporaryFolder() as scratch, progress.task("golden vectors", sum(map(len, chosen.values()))) as advance:
        for number, (runtime, models) in enumerate(chosen.items()):
            if models and (reason := availability_of(runtime).reason):
                rows += [_not_run(model, runtime, reason) for model in models]
                advance(len(models))
                continue
            tasks = [_task(folder, scratch / f"{number}-{at}.bin", each, runtime) for at, each in enumerate(models)]
            answers = run_files(runtime, tasks, advance=advance)
            rows += [
                _row(folder, model, runtime, answer, task.num_images)
                for model, answer, task in zip(models, answers, tasks, strict=True)
            ]
    if all(row.verdict is GoldenVerdict.NOT_RUN for row in rows):
        raise RuntimeUnavailableError(f"No golden vector was run. {rows[0].reason}")
    order = [model["file"] for model in document["models"]]
    rows.sort(key=lambda row: order.index(row.file))
    return GoldenReport(bundle=name, rows=tuple(rows))


def _read(folder: Path, name: str) -> GoldenDocument:
    """golden.json, whose files are all there and inside; raises BundleError, or RunFolderError if it is damaged."""
    path = folder / NAME
    if not path.is_file() or path.is_symlink():
        raise BundleError(f"{name} holds no {NAME}. Expected a bundle that edgekit bundle wrote.")
    document: GoldenDocument = read_json(path, GoldenDocument, remedy="Get the bundle again.")
    if document["schema_version"] != SCHEMA_VERSION:
        raise BundleError(
            f"{NAME} of {name} has schema version {document['schema_version']}; expected {SCHEMA_VERSION}. Use the "
            f"version of edgekit that made the bundle."
        )
    if not document["models"]:
        raise BundleError(f"{NAME} of {name} names no model. Bundle again.")
    for model in document["models"]:
        for file in (model["file"], model["expected"], *model["inputs"]):
            inside = is_inside(PurePosixPath(file)) and (folder / file).resolve().is_relative_to(folder.resolve())
            if not inside or not (folder / file).is_file():
                raise BundleError(f"{NAME} of {name} names {file[:100]!r}, which is not in the bundle. Get it again.")
        if not 1 <= len(model["inputs"]) <= MAX_IMAGES:
            raise BundleError(
                f"{NAME} of {name} names {counted(len(model['inputs']), 'input')} for {model['file']}. Expected 1 to "
                f"{MAX_IMAGES:,}. Get the bundle again."
            )
        try:
            format_of(Path(model["file"]))
        except ArtifactError as error:
            raise BundleError(f"{NAME} of {name} names {model['file'][:100]!r} as a model. {error}") from error
    return document


def _task(folder: Path, scratch: Path, model: ModelEntry, runtime: str) -> TensorTask:
    """One file with its inputs one after the other: as many as its tolerance in the runtime was measured on."""
    measured = {each["runtime"]: max(1, each["num_images"]) for each in model["other_runtimes"]}
    names = model["inputs"][: measured.get(runtime)]
    with scratch.open("wb") as file:
        for name in names:
            with (folder / name).open("rb") as source:
                shutil.copyfileobj(source, file)
    return TensorTask(file=(folder / model["file"]).resolve(), inputs=scratch, num_images=len(names))


def _not_run(model: ModelEntry, runtime: str, reason: str) -> GoldenRow:
    return GoldenRow(file=model["file"], runtime=runtime, verdict=GoldenVerdict.NOT_RUN, reason=reason)


def _row(
    folder: Path, model: ModelEntry, runtime: str, answer: Tensors | ExecutionFailure, num_images: int
) -> GoldenRow:
    if isinstance(answer, ExecutionFailure):
        is_excused = answer.is_kernel_missing and runtime != model["runtime"]
        verdict = GoldenVerdict.NOT_RUN if is_excused else GoldenVerdict.ERROR
        return GoldenRow(file=model["file"], runtime=runtime, verdict=verdict, reason=answer.sentence)
    unit, tolerance = model["unit"], tolerance_in(model, runtime)
    found = _largest_difference(folder, model, answer)
    if isinstance(found, str):
        return GoldenRow(file=model["file"], runtime=runtime, verdict=GoldenVerdict.ERROR, reason=found)
    place, largest = found
    is_good = largest <= tolerance
    return GoldenRow(
        file=model["file"],
        runtime=runtime,
        verdict=GoldenVerdict.PASS if is_good else GoldenVerdict.DIFFERS,
        num_images=num_images,
        max_difference=largest,
        tolerance=tolerance,
        unit=unit,
        reason=""
        if is_good
        else f"Image {place:02} differs by {largest:.3g} ({unit}). Expected at most {tolerance:.3g}.",
    )


def _largest_difference(folder: Path, model: ModelEntry, answer: Tensors) -> tuple[int, float] | str:
    """(image, largest difference of any number), or what is wrong with the expected outputs."""
    import numpy as np

    dtype = answer.outputs.dtype.newbyteorder("<")
    file = folder / model["expected"]
    wanted = len(model["inputs"]) * answer.outputs[0].size * dtype.itemsize
    if (size := file.stat().st_size) != wanted:
        return f"{model['expected']} has {size:,} bytes. Expected {wanted:,}, by what {model['file']} gives."
    expected = np.fromfile(file, dtype).reshape(-1, *answer.outputs.shape[1:])[: len(answer.outputs)]
    differences = np.abs(expected.astype("f8") - answer.outputs.astype("f8")).reshape(len(expected), -1).max(axis=1)
    differences = np.where(np.isfinite(differences), differences, np.inf)
    place = int(differences.argmax())
    return place, float(min(differences[place], np.finfo("f8").max))
