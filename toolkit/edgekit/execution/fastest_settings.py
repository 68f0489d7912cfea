"""Finds the threads, the sessions and the batch at which one artifact runs fastest on this machine.

Short probes on real images: every way to use the processors, from the smallest batch to the largest, for which way
is fastest depends on the batch. A machine has other work to do now and then, so settings that are not clearly
slower than the best are probed again in turns, and each is judged by its best turn. Knows no file format.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edgekit.execution.scoring import Scorer, piece_size, scores_of
from edgekit.foundation.errors import ArtifactError
from edgekit.input_range import InputEncoding
from edgekit.runtimes.base import Session, SessionSettings

BATCH_SIZES = (4, 16, 64, 256)
"""What is tried beside the file's own batch."""
MAX_BATCH_PIXELS = 2**19
"""Pixels of one batch at most: 256 images of 32 x 32 are half of it, 10 of 224 x 224 all of it."""
MAX_INVOCATION = 0.1
"""Seconds: a batch that would take longer is not tried, for nothing is gained by it any more."""
MAX_BYTES = 200 * 2**20
"""Memory of the process that no probe should exceed, as far as it can be foreseen."""
PROBE = 0.01
"""Seconds of one probe, after a call that only warms up."""
BUDGET = (0.3, 1.0)
"""Seconds that a search takes: a share of what the whole run is expected to take, within these limits."""
SHARE = 0.1
TURNS = 5
"""How often the best are probed again at most: a few settings are told apart before the time is up."""
KEEP = 0.75
"""Share of the best rate below which settings are not probed again."""

OpenSession = Callable[[SessionSettings], Session]


@dataclass
class SettingsSearch:
    """One search; `search` finds the settings, `take` hands out their scorers.

    Args:
        open_session: Opens the artifact; raises ArtifactError.
        images: uint8 (n, H, W, 3), n at least 1: real images, as many as the largest batch to try.
        num_images: How many images will be scored in all.
        num_cpus: Processors that this process may use.
        memory: Says how much memory the process has held at most, in bytes.
        encoding: What the model wants; see `edgekit.execution.pixels.encoder_for`.
    """

    open_session: OpenSession
    images: NDArray[np.uint8]
    num_images: int
    num_cpus: int
    memory: Callable[[], int]
    encoding: InputEncoding | None = None
    _scorers: dict[int, list[Scorer]] = field(default_factory=dict)
    _rates: dict[SessionSettings, float] = field(default_factory=dict)
    _bytes: dict[int, float] = field(default_factory=dict)
    _seconds_to_open: float = 0.0

    @property
    def largest_batch(self) -> int:
        """The largest batch that may be tried: each processor gets several, and none holds too many pixels."""
        height, width = self.images.shape[1:3]
        return min(self.num_images // (8 * self.num_cpus), MAX_BATCH_PIXELS // (height * width), len(self.images))

    @cached_property
    def own_batch(self) -> int:
        """The batch that the file takes if single images are requested."""
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
        """Images per second that the search measured at `settings`; None if it measured nothing."""
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
        for batch_size in self.batch_sizes:
            if batch_size != own.batch_size and not self._is_sensible(batch_size):
                break
            self._try_ways(batch_size)
        self._repeat()
        return max(self._rates, key=lambda settings: self._rates[settings])

    def take(self, settings: SessionSettings) -> list[Scorer]:
        """One scorer for each session of `settings`, opened if it is not yet."""
        scorers = self._scorers.setdefault(settings.num_threads, [])
        while len(scorers) < settings.num_sessions:
            start = time.perf_counter()
            session = self.open_session(replace(settings, num_sessions=1))
            self._seconds_to_open = time.perf_counter() - start
            scorers.append(Scorer(session, self.images.shape[1:], self.encoding))
        for scorer in scorers:
            scorer.session.resize(settings.batch_size)
        return scorers[: settings.num_sessions]

    def _side_by_side(self, own: SessionSettings) -> SessionSettings:
        """For a runtime too slow to be probed: an image on every processor, if they fit in memory."""
        self._bytes[own.batch_size] = self.memory() - self._base_bytes
        wished = replace(own, num_sessions=min(self.num_cpus, self.num_images))
        return wished if self._has_room_for(wished) else own

    def _try_ways(self, batch_size: int) -> None:
        """Probe each way at that batch; one thread alone only until another way was clearly faster."""
        for way in _ways(self.num_cpus):
            settings = replace(way, batch_size=batch_size)
            if way == SessionSettings() and self._rates[replace(way, batch_size=self.own_batch)] < self._limit:
                continue
            if settings not in self._rates and self._has_room_for(settings) and self._has_time_for(settings):
                self._probe(settings)

    @property
    def _limit(self) -> float:
        """The rate below which settings are clearly not the fastest."""
        return KEEP * max(self._rates.values())

    def _is_sensible(self, batch_size: int) -> bool:
        """Whether a batch is worth a probe: it is answered soon, fits into memory, and the answers are the same."""
        is_soon = batch_size / max(self._rates.values()) <= MAX_INVOCATION
        fits = self._has_room_for(SessionSettings(batch_size=batch_size))
        return is_soon and fits and time.perf_counter() < self._deadline and self._agrees(batch_size)

    def _agrees(self, batch_size: int) -> bool:
        """Whether the file takes that batch, and answers as it does at its own."""
        sample = self.images[:8]
        session = self.take(SessionSettings(batch_size=self.own_batch))[0].session
        expected = scores_of(session, sample, self.encoding)
        try:
            return session.resize(batch_size) and np.allclose(
                scores_of(session, sample, self.encoding), expected, rtol=1e-4, atol=1e-5, equal_nan=True
            )
        except ArtifactError:
            return False

    def _has_room_for(self, settings: SessionSettings) -> bool:
        """Memory of a session grows at most with its batch, and each that is open may come to need as much."""
        known = max(self._bytes)
        growth = self._bytes[known] * max(1.0, settings.batch_size / known)
        return self._base_bytes + growth * (self.num_open + settings.num_sessions - 1) <= MAX_BYTES

    def _has_time_for(self, settings: SessionSettings) -> bool:
        """A large model takes its time to open, and a machine of many processors has it opened often."""
        missing = settings.num_sessions - len(self._scorers.get(settings.num_threads, []))
        return time.perf_counter() + max(0, missing) * self._seconds_to_open < self._deadline

    def _repeat(self) -> None:
        """Probe the best in turns until the time is up, or each had enough; whoever falls behind drops out."""
        for _ in range(TURNS):
            remaining = [settings for settings, rate in self._rates.items() if rate >= self._limit]
            if len(remaining) == 1:
                return
            for settings in remaining:
                self._probe(settings)

    def _probe(self, settings: SessionSettings) -> None:
        if self._rates and time.perf_counter() > self._deadline:
            return
        rate = images_per_second(self.take(settings), self._piece(settings.batch_size), PROBE)
        self._rates[settings] = max(rate, self._rates.get(settings, 0.0))
        self._bytes.setdefault(settings.batch_size, (self.memory() - self._base_bytes) / settings.num_sessions)

    def _piece(self, batch_size: int) -> NDArray[np.uint8]:
        """As many images as the run will hand over at once, or fewer if those would take longer than a probe."""
        in_time = int(max(self._rates.values(), default=0.0) * PROBE)
        count = min(piece_size(batch_size), in_time, len(self.images))
        return self.images[: max(1, count // batch_size) * batch_size]


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
    """Append the rate of calls that follow a first one, which finds memory cold; of the first, if that is long."""
    first = _seconds_of(scorer, piece)
    if first >= seconds:
        rates.append(len(piece) / first)
        return
    start, count = time.perf_counter(), 0
    while count == 0 or time.perf_counter() < start + seconds:
        scorer(piece)
        count += len(piece)
    rates.append(count / (time.perf_counter() - start))


def _seconds_of(scorer: Scorer, batch: NDArray[np.uint8]) -> float:
    start = time.perf_counter()
    scorer(batch)
    return time.perf_counter() - start


def _ways(num_cpus: int) -> list[SessionSettings]:
    """Several sessions of one thread, several threads in one session, by all processors or half of them; one thread."""
    counts = [count for count in (num_cpus, num_cpus // 2) if count > 1]
    several = [(SessionSettings(num_sessions=count), SessionSettings(num_threads=count)) for count in counts]
    return [way for pair in several for way in pair] + [SessionSettings()]
