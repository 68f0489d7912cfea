"""Finds the threads, the sessions and the batch at which one artifact runs fastest on this machine.

Short probes on real images. A machine has other work to do now and then, so settings that are not clearly
slower than the best are probed again in turns, and each is judged by its best turn. Knows no file format.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import ArtifactError
from edgekit.input_range import InputEncoding
from edgekit.runtimes.base import Session, SessionSettings
from edgekit.runtimes.scoring import Scorer, piece_size, scores_of

BATCH_SIZES = (4, 16, 64, 256)
"""What is tried beside the file's own batch."""
MAX_BATCH_PIXELS = 2**19
"""Pixels of one batch at most: 256 images of 32 x 32 are half of it, 10 of 224 x 224 all of it."""
MAX_INVOCATION = 0.1
"""Seconds: a batch that would take longer is not tried, for nothing is gained by it any more."""
MAX_BYTES = 200 * 2**20
"""Memory of the process that no probe should exceed, as far as it can be foreseen."""
PROBE = 0.02
"""Seconds of one probe."""
BUDGET = (0.3, 1.0)
"""Seconds that a search takes: a share of what the whole run is expected to take, within these limits."""
SHARE = 0.1
KEEP = 0.75
"""Share of the best rate below which settings are not probed again."""

OpenSession = Callable[[SessionSettings], Session]


@dataclass
class Tuner:
    """One search; `search` finds the settings, `take` hands out their scorers.

    Args:
        open_session: Opens the artifact; raises ArtifactError.
        images: uint8 (n, H, W, 3), n at least 1: real images, as many as the largest batch to try.
        num_images: How many images will be scored in all.
        num_cpus: Processors that this process may use.
        memory: Says how much memory the process has held at most, in bytes.
        encoding: What the model wants; see `edgekit.runtimes.pixels.encoder_for`.
    """

    open_session: OpenSession
    images: NDArray[np.uint8]
    num_images: int
    num_cpus: int
    memory: Callable[[], int]
    encoding: InputEncoding | None = None
    _scorers: dict[int, list[Scorer]] = field(default_factory=dict)
    _rates: dict[SessionSettings, float] = field(default_factory=dict)
    _bytes: dict[int, int] = field(default_factory=dict)

    @property
    def largest_batch(self) -> int:
        """The largest batch that may be tried: each processor gets several, and none holds too many pixels."""
        height, width = self.images.shape[1:3]
        return min(self.num_images // (8 * self.num_cpus), MAX_BATCH_PIXELS // (height * width), len(self.images))

    @cached_property
    def own_batch(self) -> int:
        """The batch that the file takes where an image at a time is wished for."""
        return self.take(SessionSettings())[0].session.batch_size

    @property
    def batch_sizes(self) -> list[int]:
        """The batches that a search may choose."""
        return [self.own_batch, *(size for size in BATCH_SIZES if self.own_batch < size <= self.largest_batch)]

    @property
    def num_open(self) -> int:
        """Sessions that are open."""
        return sum(map(len, self._scorers.values()))

    def is_plausible(self, settings: SessionSettings) -> bool:
        """Whether a search here could have chosen `settings`."""
        most = max(settings.num_threads, settings.num_sessions)
        return settings.batch_size in self.batch_sizes and most <= self.num_cpus

    def rate_of(self, settings: SessionSettings) -> float | None:
        """Images a second that the search measured at `settings`; None where it measured nothing."""
        return self._rates.get(settings)

    def search(self) -> SessionSettings:
        """The fastest settings found: batches on one thread first, then more threads and more sessions."""
        start = time.perf_counter()
        own = SessionSettings(batch_size=self.own_batch)
        self._base_bytes = self.memory()
        seconds = _seconds_of(self.take(own)[0], self.images[: own.batch_size])
        if seconds > 2 * MAX_INVOCATION:
            return self._side_by_side(own)
        expected = seconds * self.num_images / own.batch_size
        self._deadline = start + min(max(expected * SHARE, BUDGET[0]), BUDGET[1])
        self._probe(own)
        self._try_batches(own.batch_size)
        for settings in [way for best in self._best(2) for way in _ways(best.batch_size, self.num_cpus)]:
            if self._has_room_for(settings):
                self._probe(settings)
        self._repeat()
        return self._best(1)[0]

    def take(self, settings: SessionSettings) -> list[Scorer]:
        """One scorer for each session of `settings`, opened where it is not yet."""
        scorers = self._scorers.setdefault(settings.num_threads, [])
        while len(scorers) < settings.num_sessions:
            session = self.open_session(replace(settings, num_sessions=1))
            scorers.append(Scorer(session, self.images.shape[1:], self.encoding))
        for scorer in scorers:
            scorer.session.resize(settings.batch_size)
        return scorers[: settings.num_sessions]

    def _side_by_side(self, own: SessionSettings) -> SessionSettings:
        """For a runtime too slow to be probed: an image on every processor, if they fit in memory."""
        self._bytes[own.batch_size] = self.memory() - self._base_bytes
        wished = replace(own, num_sessions=min(self.num_cpus, self.num_images))
        return wished if self._has_room_for(wished) else own

    def _try_batches(self, own: int) -> None:
        for batch_size in self.batch_sizes[1:]:
            settings = SessionSettings(batch_size=batch_size)
            too_slow = batch_size / max(self._rates.values()) > MAX_INVOCATION
            if too_slow or not self._has_room_for(settings) or not self._agrees(own, batch_size):
                return
            self._probe(settings)

    def _agrees(self, own: int, batch_size: int) -> bool:
        """Whether the file takes that batch, and answers as it does at its own."""
        sample = self.images[:8]
        session = self.take(SessionSettings(batch_size=own))[0].session
        expected = scores_of(session, sample, self.encoding)
        try:
            return session.resize(batch_size) and np.allclose(
                scores_of(session, sample, self.encoding), expected, rtol=1e-4, atol=1e-5, equal_nan=True
            )
        except ArtifactError:
            return False

    def _has_room_for(self, settings: SessionSettings) -> bool:
        """Memory grows at most with the batch, and with every session that is open."""
        known = max(self._bytes)
        growth = self._bytes[known] * max(1.0, settings.batch_size / known)
        return self._base_bytes + growth * (self.num_open + settings.num_sessions - 1) <= MAX_BYTES

    def _repeat(self) -> None:
        """Probe the best in turns until the time is up; whoever falls behind drops out."""
        while time.perf_counter() < self._deadline:
            limit = KEEP * max(self._rates.values())
            remaining = [settings for settings, rate in self._rates.items() if rate >= limit]
            if len(remaining) == 1:
                return
            for settings in remaining:
                self._probe(settings)

    def _probe(self, settings: SessionSettings) -> None:
        if self._rates and time.perf_counter() > self._deadline:
            return
        rate = images_per_second(self.take(settings), self._piece(settings.batch_size), PROBE)
        self._rates[settings] = max(rate, self._rates.get(settings, 0.0))
        self._bytes.setdefault(settings.batch_size, self.memory() - self._base_bytes)

    def _piece(self, batch_size: int) -> NDArray[np.uint8]:
        """As many images as the run will hand over at once, or fewer where those would take longer than a probe."""
        in_time = int(max(self._rates.values(), default=0.0) * PROBE)
        count = min(piece_size(batch_size), in_time, len(self.images))
        return self.images[: max(1, count // batch_size) * batch_size]

    def _best(self, count: int) -> list[SessionSettings]:
        return sorted(self._rates, key=lambda settings: -self._rates[settings])[:count]


def images_per_second(scorers: Sequence[Scorer], piece: NDArray[np.uint8], seconds: float) -> float:
    """Images that all scorers together answer a second, measured for about `seconds`, each in its thread."""
    rates: list[float] = []
    threads = [threading.Thread(target=_measure, args=(scorer, piece, seconds, rates)) for scorer in scorers[1:]]
    for thread in threads:
        thread.start()
    _measure(scorers[0], piece, seconds, rates)
    for thread in threads:
        thread.join()
    return sum(rates)


def _measure(scorer: Scorer, piece: NDArray[np.uint8], seconds: float, rates: list[float]) -> None:
    start, count = time.perf_counter(), 0
    while count == 0 or time.perf_counter() < start + seconds:
        scorer(piece)
        count += len(piece)
    rates.append(count / (time.perf_counter() - start))


def _seconds_of(scorer: Scorer, batch: NDArray[np.uint8]) -> float:
    start = time.perf_counter()
    scorer(batch)
    return time.perf_counter() - start


def _ways(batch_size: int, num_cpus: int) -> list[SessionSettings]:
    """Several threads in one session, or several sessions of one thread; all processors, or half of them."""
    counts = [count for count in (num_cpus, num_cpus // 2) if count > 1]
    return [SessionSettings(num_threads=n, batch_size=batch_size) for n in counts] + [
        SessionSettings(num_sessions=n, batch_size=batch_size) for n in counts
    ]
