"""The search on sessions whose speed is made up, by a clock that only they move: the right answer is known."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from support.planted_runtimes import MeanSession
from support.tiny_models import some_images

from edgekit.execution import fastest_settings
from edgekit.execution.fastest_settings import BUDGET, SettingsSearch
from edgekit.runtimes import Session, SessionSettings

IMAGES = some_images(256)


class Clock:
    """Seconds that pass only where they are spent; every thread has its own, started at the main thread's."""

    def __init__(self) -> None:
        self._main = threading.get_ident()
        self._now = {self._main: 0.0}

    def __call__(self) -> float:
        return self._now.setdefault(threading.get_ident(), self._now[self._main])

    def spend(self, seconds: float) -> None:
        self._now[threading.get_ident()] = self() + seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(fastest_settings.time, "perf_counter", clock)
    TimedSession.clock = clock
    return clock


class TimedSession(MeanSession):
    """Takes `cost(settings)` seconds an invocation; counts invocations."""

    clock: Clock

    def __init__(self, settings: SessionSettings, cost: Callable[[SessionSettings], float]) -> None:
        super().__init__(settings)
        self._settings = settings
        self._cost = cost
        self.num_calls = 0

    def invoke(self, batch):
        self.num_calls += 1
        now = SessionSettings(num_threads=self._settings.num_threads, batch_size=self.batch_size)
        self.clock.spend(self._cost(now))
        return super().invoke(batch)


def settings_search(
    open_session: Callable[[SessionSettings], Session], num_images: int = 10_000, num_cpus: int = 2, **others
) -> SettingsSearch:
    arguments = {"memory": lambda: 50 * 2**20, **others}
    return SettingsSearch(
        open_session=open_session, images=IMAGES, num_images=num_images, num_cpus=num_cpus, **arguments
    )


def test_a_cost_for_each_invocation_asks_for_large_batches() -> None:
    settings = settings_search(lambda s: TimedSession(s, lambda s: 0.004 + 1e-5 * s.batch_size)).search()
    assert settings.batch_size == 256


def test_a_runtime_that_large_batches_slow_down_keeps_small_ones() -> None:
    settings = settings_search(lambda s: TimedSession(s, lambda s: 0.001 * s.batch_size**1.5)).search()
    assert settings.batch_size == 1


def test_threads_are_used_where_they_help() -> None:
    settings = settings_search(
        lambda s: TimedSession(s, lambda s: 0.004 * s.batch_size / s.num_threads**2), num_cpus=4
    ).search()
    assert settings.num_threads == 4


def test_sessions_side_by_side_are_used_where_threads_do_not_help() -> None:
    settings = settings_search(lambda s: TimedSession(s, lambda s: 0.002 * s.batch_size)).search()
    assert (settings.num_threads, settings.num_sessions) == (1, 2)


def test_one_session_where_a_second_one_stands_in_the_way() -> None:
    opened: list[Session] = []

    def open_session(settings: SessionSettings) -> Session:
        opened.append(TimedSession(settings, lambda s: (0.002 if len(opened) == 1 else 0.012) * s.batch_size))
        return opened[-1]

    settings = settings_search(open_session).search()
    assert (settings.num_threads, settings.num_sessions) == (1, 1)


def test_the_best_of_several_turns_counts(clock: Clock) -> None:
    """Something else has the processor while two threads are probed for the first times."""
    opened: list[Session] = []

    class OneAtATime(TimedSession):
        def resize(self, batch_size: int) -> bool:
            return batch_size == 1

    def open_session(settings: SessionSettings) -> Session:
        def cost(now: SessionSettings) -> float:
            if now.num_threads == 1:
                return 0.007 if len(opened) < 2 else 0.02
            return 0.009 if clock() < BUDGET[0] / 2 else 0.005

        opened.append(OneAtATime(settings, cost))
        return opened[-1]

    assert settings_search(open_session).search() == SessionSettings(num_threads=2)


def test_a_slow_runtime_is_not_probed() -> None:
    opened: list[TimedSession] = []

    def open_session(settings: SessionSettings) -> Session:
        opened.append(TimedSession(settings, lambda s: 0.3 * s.batch_size))
        return opened[-1]

    settings = settings_search(open_session, num_images=200).search()
    assert sum(session.num_calls for session in opened) == 1
    assert settings == SessionSettings(num_sessions=2)


def test_the_search_ends_in_time(clock: Clock) -> None:
    settings_search(lambda s: TimedSession(s, lambda s: 0.02 * s.batch_size), num_images=10**6).search()
    assert BUDGET[0] < clock() < BUDGET[1] + 0.1


def test_a_search_is_short_where_the_run_is_short(clock: Clock) -> None:
    settings_search(lambda s: TimedSession(s, lambda s: 0.001 * s.batch_size), num_images=100).search()
    assert clock() < BUDGET[0] + 0.1


@pytest.mark.parametrize("difference", [0.01, np.nan])
def test_a_batch_that_changes_the_answers_is_refused(difference: float) -> None:
    class Shaky(TimedSession):
        def invoke(self, batch):
            return super().invoke(batch) + (difference if self.batch_size > 1 else 0)

    settings = settings_search(lambda s: Shaky(s, lambda s: 0.004)).search()
    assert settings.batch_size == 1


def test_a_file_that_cannot_be_resized_keeps_its_batch() -> None:
    class Fixed(TimedSession):
        def resize(self, batch_size: int) -> bool:
            self.batch_size = 2
            return batch_size == 2

    search = settings_search(lambda s: Fixed(s, lambda s: 0.002))
    assert search.search().batch_size == 2


def test_no_more_memory_than_allowed_is_foreseen() -> None:
    held = [50 * 2**20]

    class Hungry(TimedSession):
        def invoke(self, batch):
            held[0] = max(held[0], 50 * 2**20 + self.batch_size * 5 * 2**20)
            return super().invoke(batch)

    settings = settings_search(lambda s: Hungry(s, lambda s: 0.004), memory=lambda: held[0]).search()
    assert settings.batch_size == 16
    assert held[0] < 200 * 2**20


def test_few_images_are_not_swallowed_by_one_batch() -> None:
    settings = settings_search(lambda s: TimedSession(s, lambda s: 0.004), num_images=360).search()
    assert settings.batch_size <= 360 // 16
