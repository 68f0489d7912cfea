"""The search on sessions whose speed is made up, so that the right answer is known."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from planted_runtimes import MeanSession
from tiny_models import some_images

from edgekit.runtimes import Session, SessionSettings
from edgekit.runtimes.tuning import Tuner

IMAGES = some_images(256)


class TimedSession(MeanSession):
    """Takes `cost(settings)` seconds an invocation; counts invocations."""

    def __init__(self, settings: SessionSettings, cost: Callable[[SessionSettings], float]) -> None:
        super().__init__(settings)
        self._settings = settings
        self._cost = cost
        self.num_calls = 0

    def invoke(self, batch):
        self.num_calls += 1
        time.sleep(self._cost(SessionSettings(num_threads=self._settings.num_threads, batch_size=self.batch_size)))
        return super().invoke(batch)


def tuner(
    open_session: Callable[[SessionSettings], Session], num_images: int = 10_000, num_cpus: int = 2, **others
) -> Tuner:
    arguments = {"memory": lambda: 50 * 2**20, **others}
    return Tuner(open_session=open_session, images=IMAGES, num_images=num_images, num_cpus=num_cpus, **arguments)


def test_a_cost_for_each_invocation_asks_for_large_batches() -> None:
    settings = tuner(lambda s: TimedSession(s, lambda s: 0.004 + 1e-5 * s.batch_size)).search()
    assert settings.batch_size == 256


def test_a_runtime_that_large_batches_slow_down_keeps_small_ones() -> None:
    settings = tuner(lambda s: TimedSession(s, lambda s: 0.001 * s.batch_size**1.5)).search()
    assert settings.batch_size == 1


def test_threads_are_used_where_they_help() -> None:
    settings = tuner(lambda s: TimedSession(s, lambda s: 0.004 * s.batch_size / s.num_threads**2), num_cpus=4).search()
    assert settings.num_threads == 4


def test_sessions_side_by_side_are_used_where_threads_do_not_help() -> None:
    settings = tuner(lambda s: TimedSession(s, lambda s: 0.002 * s.batch_size)).search()
    assert (settings.num_threads, settings.num_sessions) == (1, 2)


def test_one_session_where_the_runtime_serves_only_one_at_a_time() -> None:
    lock = threading.Lock()

    class Serial(TimedSession):
        def invoke(self, batch):
            with lock:
                return super().invoke(batch)

    settings = tuner(lambda s: Serial(s, lambda s: 0.002 * s.batch_size + (s.num_threads - 1) * 0.01)).search()
    assert settings.num_threads == 1


def test_a_slow_runtime_is_not_probed() -> None:
    opened: list[TimedSession] = []

    def open_session(settings: SessionSettings) -> Session:
        opened.append(TimedSession(settings, lambda s: 0.3 * s.batch_size))
        return opened[-1]

    settings = tuner(open_session, num_images=200).search()
    assert sum(session.num_calls for session in opened) == 1
    assert settings == SessionSettings(num_sessions=2)


def test_the_search_ends_in_time() -> None:
    start = time.perf_counter()
    tuner(lambda s: TimedSession(s, lambda s: 0.05 * s.batch_size), num_images=10**6).search()
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize("difference", [0.01, np.nan])
def test_a_batch_that_changes_the_answers_is_refused(difference: float) -> None:
    class Shaky(TimedSession):
        def invoke(self, batch):
            return super().invoke(batch) + (difference if self.batch_size > 1 else 0)

    settings = tuner(lambda s: Shaky(s, lambda s: 0.004)).search()
    assert settings.batch_size == 1


def test_a_file_that_cannot_be_resized_keeps_its_batch() -> None:
    class Fixed(TimedSession):
        def resize(self, batch_size: int) -> bool:
            self.batch_size = 2
            return batch_size == 2

    search = tuner(lambda s: Fixed(s, lambda s: 0.002))
    assert search.search().batch_size == 2


def test_no_more_memory_than_allowed_is_foreseen() -> None:
    held = [50 * 2**20]

    class Hungry(TimedSession):
        def invoke(self, batch):
            held[0] = max(held[0], 50 * 2**20 + self.batch_size * 5 * 2**20)
            return super().invoke(batch)

    settings = tuner(lambda s: Hungry(s, lambda s: 0.004), memory=lambda: held[0]).search()
    assert settings.batch_size == 16
    assert held[0] < 200 * 2**20


def test_few_images_are_not_swallowed_by_one_batch() -> None:
    settings = tuner(lambda s: TimedSession(s, lambda s: 0.004), num_images=360).search()
    assert settings.batch_size <= 360 // 16
