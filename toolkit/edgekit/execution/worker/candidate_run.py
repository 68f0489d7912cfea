"""One candidate in its worker process: finds its settings, measures its speed, scores its images.

If other workers share the machine, speed is measured alone, in a short window, and all images are scored
beside the others on this worker's share of the processors. Else the whole run is the measurement.
"""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from edgekit.artifact import sha256_of
from edgekit.execution.fastest_settings import BATCH_SIZES, MAX_BYTES, SettingsSearch
from edgekit.execution.scoring import PIECE, Scorer
from edgekit.execution.settings_cache import FoundSettings, SettingsFile
from edgekit.execution.worker.job_file import ScoringJob
from edgekit.execution.worker.messages import ALONE, ParentConnection
from edgekit.execution.worker.streaming import ImageFile, OpenScorer, ScoreFile, run
from edgekit.foundation.machine import num_usable_cpus, this_machine
from edgekit.runtimes.base import Runtime, SessionSettings

MEASURE_SECONDS = (0.1, 0.5)
"""How long speed is measured if others wait for that: an eighth of the whole run, within these limits."""

MAX_PIECE_SECONDS = 0.5
"""A slow runtime takes so few images at once that they take no longer than that."""


class CandidateRun:
    """The work of one worker process, once.

    Args:
        job: What is to be done.
        runtime: The runtime of the job.
        images: The images of the job.
        parent: The way to the parent.
        memory: Says how much memory the process has held at most, in bytes.
    """

    def __init__(
        self,
        job: ScoringJob,
        runtime: type[Runtime],
        images: ImageFile,
        parent: ParentConnection,
        memory: Callable[[], int],
    ) -> None:
        self._job = job
        self._runtime = runtime
        self._images = images
        self._parent = parent
        self._memory = memory
        self._num_images = min(job.num_images or images.num_images, images.num_images)
        self._rate: float | None = None
        self._base_bytes = memory()

    def result(self, scores_path: Path) -> dict[str, Any]:
        """Score the images into the file `scores_path`; what the result file is to hold."""
        is_shared = self._job.is_shared
        self._search.take(SessionSettings())  # what is wrong with the file shows before anybody has to wait
        with self._parent.alone() if is_shared else nullcontext():
            settings = self._settings()
            scorers = self._search.take(settings)
            num_classes = scorers[0](self._images.read(0, 1)).shape[1]
            scores = ScoreFile(scores_path, self._num_images, num_classes)
            num_measured, measured = self._measured(scorers, scores) if is_shared else (0, 0.0)
        settings = replace(settings, batch_size=scorers[0].session.batch_size)
        first = num_measured if settings.num_threads == 1 else 0  # other kernels may round otherwise
        with scores:
            num_done, seconds = run(
                self._beside_others(settings) if is_shared else scorers,
                self._images,
                scores,
                self._num_images,
                self._parent,
                first=first,
                max_piece=self._max_piece,
                budget=self._job.budget,
            )
        return {
            "num_alone": self._run_alone(scorers[0], scores_path.with_name(ALONE), num_done),
            "num_images": num_done,
            "seconds": seconds + measured,
            "images_per_second": num_measured / measured if is_shared else num_done / seconds,
            "peak_rss_bytes": self._memory(),
            "runtime_version": self._runtime.availability().version,
            "settings": settings.to_dict(),
            "remark": scorers[0].session.remark,
        }

    def _run_alone(self, scorer: Scorer, path: Path, num_done: int) -> int:
        """Score the first images once more, each in a separate batch, into the file `path`; returns how many."""
        import numpy as np

        count = min(self._runtime.num_alone, num_done)
        if count == 0 or scorer.session.batch_size == 1 or not scorer.session.resize(1):
            return 0
        np.save(path, scorer(self._images.read(0, count)))
        return count

    @cached_property
    def _search(self) -> SettingsSearch:
        return SettingsSearch(
            open_session=lambda settings: self._runtime.open(
                self._job.artifact, replace(settings, file_options=self._job.file_options)
            ),
            images=self._images.read(0, min(self._num_images, BATCH_SIZES[-1])),
            num_images=self._num_images,
            num_cpus=num_usable_cpus(),
            memory=self._memory,
            encoding=self._job.encoding,
        )

    def _settings(self) -> SessionSettings:
        """Those of the job, those that were found before, or the best that a search finds now."""
        if self._job.settings:
            return self._job.settings
        cache = self._job.cache
        file = self._settings_file(cache.folder) if cache else None
        found = file.load() if file and cache and not cache.search_again else None
        if found is None or not self._search.is_plausible(found.settings):
            settings = self._search.search()
            found = FoundSettings(settings=settings, images_per_second=self._search.rate_of(settings))
            if file:
                file.save(found)
        self._rate = found.images_per_second
        return found.settings

    def _settings_file(self, cache_dir: Path) -> SettingsFile:
        """Where settings are kept: for this machine, this runtime and its version, this file, images of this size."""
        machine = this_machine()
        return SettingsFile.of(
            cache_dir,
            machine=[machine.cpu, machine.architecture, *machine.features, machine.num_cpus, machine.operating_system],
            runtime=[self._job.target, self._runtime.availability().version],
            artifact=sha256_of(self._job.artifact),
            image_shape=list(self._images.image_shape),
            encoding=self._job.encoding and self._job.encoding.to_dict(),
            batch_sizes=self._search.batch_sizes,
        )

    @property
    def _max_piece(self) -> int:
        """Fewer images at once if each takes long, so that whoever waits for scores need not wait long."""
        return PIECE if self._rate is None else max(1, min(PIECE, int(self._rate * MAX_PIECE_SECONDS)))

    def _measured(self, scorers: list[Scorer], scores: ScoreFile) -> tuple[int, float]:
        """(images, seconds): the first images are read, scored and written as all will be."""
        wanted = len(scorers) * scorers[0].session.batch_size
        if self._rate is not None:
            shortest, longest = MEASURE_SECONDS
            seconds = min(max(self._num_images / self._rate / 8, shortest), longest)
            wanted = max(wanted, int(self._rate * seconds))
        count, seconds = run(scorers, self._images, scores, min(wanted, self._num_images))
        self._rate = count / seconds
        return count, seconds

    def _beside_others(self, best: SessionSettings) -> list[Scorer | OpenScorer]:
        """A session of one thread for every processor that this worker may get, opened when it gets it.

        One session of several threads if memory has no room for a second copy of the model.
        """
        growth = (self._memory() - self._base_bytes) / self._search.num_open
        room = int((MAX_BYTES - self._base_bytes) / max(growth, 1.0))
        count = max(1, min(self._search.num_cpus, room))
        if count == 1 and best.num_threads > 1:
            return [*self._search.take(replace(best, num_threads=self._parent.num_cpus))]
        lock = threading.Lock()

        def open_scorer(index: int) -> Scorer:
            with lock:
                return self._search.take(SessionSettings(batch_size=best.batch_size, num_sessions=index + 1))[index]

        return [open_scorer(0), *(partial(open_scorer, index) for index in range(1, count))]
