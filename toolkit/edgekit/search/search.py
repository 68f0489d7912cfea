"""The search: makes and measures one file after another on the validation images, until the budget is met.

First every precision and scheme. If no small file keeps to the budget, int8 with the layers that lose most left
in float: twice as many each time, then halving back to the fewest that are enough. The test split is never used.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.artifact import Format, Precision
from edgekit.execution.executor import Executor
from edgekit.execution.image_files import write_images
from edgekit.exporting.conversion import FileMaker
from edgekit.exporting.plan import Job
from edgekit.exporting.source import Source
from edgekit.foundation.errors import EdgekitError, ExportError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.progress import Progress
from edgekit.metrics import drift
from edgekit.runtimes import ExecutionFailure
from edgekit.search.budget import Budget
from edgekit.search.journal import Journal
from edgekit.search.space import can_mix, jobs_of, mixed
from edgekit.search.trial import Trial, best_within

if TYPE_CHECKING:
    from edgekit.datasets import Dataset, Split
    from edgekit.quantization import CalibrationSet

TIME_LIMIT = 600.0
"""Seconds after which a candidate counts as hung."""

SCALES = 0.1
"""Share of a layer's float32 weights that its int8 scales may have taken."""

RankLayers = Callable[[], Sequence[str]]
"""The names of the Keras layers with weights, the one that loses most first."""


class Search:
    """One search; `run` does it.

    Args:
        source: The run's model.
        dataset: What the model is for.
        calibration: The calibration images.
        images: What measures the files.
        runtimes: Format -> name of the runtime that measures; its keys are the formats to try.
        budget: What to keep to.
        journal: The trials that are known already; new ones are added.
        rank_layers: Says which layers to leave in float first.
        executor: Runs the files.
        progress: Receives progress, trial by trial.
        folder: Where files may be written meanwhile.
    """

    def __init__(
        self,
        source: Source,
        dataset: "Dataset",
        calibration: "CalibrationSet",
        *,
        images: "Split",
        runtimes: dict[Format, str],
        budget: Budget,
        journal: Journal,
        rank_layers: RankLayers,
        executor: Executor,
        progress: Progress,
        folder: Path,
    ) -> None:
        self._runtimes, self._budget, self._journal = runtimes, budget, journal
        self._rank_layers, self._executor, self._progress = rank_layers, executor, progress
        self._maker = FileMaker(source, dataset, progress=progress)
        self._calibration, self._labels = self._maker.calibrated(calibration), images.labels
        self._jobs: dict[str, Job] = {}
        self._folder = folder
        self._images = write_images(images.images, folder / "validation.npy")
        self._reference = self._maker.scorer(images.images, progress=progress, task="Keras on the validation images")

    def run(self) -> dict[str, Job]:
        """Fill the journal; returns name -> job of every trial of this search, in the order of the work."""
        for artifact_format in self._runtimes:
            jobs = jobs_of(artifact_format)
            for number, job in enumerate(jobs, start=1):
                self._try(job, f"{number}/{len(jobs)} ")
            self._mix(jobs)
        return self._jobs

    # --- Mixed precision ----------------------------------------------------------------------------

    def _mix(self, jobs: Sequence[Job]) -> None:
        """Leave as few layers in float as the budget allows.

        Not if a file as small as int8 keeps to it already, and never so many that a file which keeps to it is
        smaller, mostly the one with float16 weights.
        """
        base = self._best_int8(jobs)
        if base is None or not can_mix(base):
            return
        best = best_within((self._journal[job.title] for job in jobs), self._budget)
        if best is not None and (best.size_bytes or 0) <= (self._journal[base.title].size_bytes or 0):
            return
        ranked = list(self._rank_layers())
        layers = ranked if best is None else self._worth_trying(base, best.size_bytes or 0, ranked)
        too_few, count = 0, 1
        while count < len(layers) and not self._is_enough(base, layers[:count]):
            too_few, count = count, count * 2
        enough = min(count, len(layers))
        if len(layers) < len(ranked) and not (layers and self._is_enough(base, layers[:enough])):
            return
        while enough - too_few > 1:
            middle = (too_few + enough) // 2
            if self._is_enough(base, layers[:middle]):
                enough = middle
            else:
                too_few = middle

    def _worth_trying(self, base: Job, limit: int, ranked: Sequence[str]) -> list[str]:
        """The first of `ranked`, as many as can be left in float in a file of less than `limit` bytes.

        A float32 weight takes 3 bytes more than an int8 one. Scales of channels that are gone take less than a weight
        in SCALES, so what is left out is certain to be too large.
        """
        sizes = self._maker.num_weights_of_layers
        size, found = float(self._journal[base.title].size_bytes or 0), []
        for layer in ranked:
            size += 3 * sizes.get(layer, 0) * (1 - SCALES)
            if size >= limit:
                break
            found.append(layer)
        return found

    def _best_int8(self, jobs: Sequence[Job]) -> Job | None:
        """The int8 file that breaks the budget least."""
        measured = [job for job in jobs if job.precision is Precision.INT8 and self._journal[job.title].is_measured]
        return min(measured, key=lambda job: self._journal[job.title].excess(self._budget), default=None)

    def _is_enough(self, base: Job, layers: Sequence[str]) -> bool:
        trial = self._try(mixed(base, layers), f"{len(layers)} layer{'s' * (len(layers) > 1)} in float: ")
        return not trial.excess(self._budget)

    # --- One trial ----------------------------------------------------------------------------------

    def _try(self, job: Job, position: str) -> Trial:
        """The trial of `job`, from the journal if it is known."""
        self._jobs[job.title] = job
        if job.title in self._journal:
            return self._journal[job.title]
        start = time.perf_counter()
        options = self._maker.options(job).to_dict(job.format, job.precision)
        trial = Trial(name=job.title, runtime=self._runtimes[job.format], options=options)
        try:
            trial = self._measured(job, trial, f"{position}{job.title}")
        except ExportError as error:
            trial = replace(trial, error=str(error))
        trial = replace(trial, seconds=round(time.perf_counter() - start, 2))
        self._journal.add(trial)
        return trial

    def _measured(self, job: Job, trial: Trial, description: str) -> Trial:
        import hashlib

        with (
            self._progress.task(description, len(self._labels)) as advance,
            TemporaryFolder(self._folder) as name,
        ):
            content = self._maker.convert(job, self._calibration)
            path = Path(name) / f"model-{job.precision}.{job.format}"
            path.write_bytes(content)
            made = replace(trial, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
            execution = self._executor.execute(
                trial.runtime,
                path,
                self._images,
                num_images=len(self._labels),
                time_limit=TIME_LIMIT,
                advance=advance,
            )
        if isinstance(execution, ExecutionFailure):
            return replace(made, error=execution.reason)
        try:
            drift.check_comparable(self._reference, execution.scores, self._labels)
        except EdgekitError as error:
            return replace(made, error=str(error))
        by_class = self._maker.prepared.by_class
        reference, candidate = by_class(self._reference), by_class(execution.scores)
        fall = drift.accuracy(reference, self._labels) - drift.accuracy(candidate, self._labels)
        return replace(
            made,
            num_images=len(self._labels),
            accuracy_drop=round(100 * fall, 6),
            flips=round(100 * (1 - drift.agreement(reference, candidate)), 6),
            images_per_second=round(execution.images_per_second, 1),
        )
