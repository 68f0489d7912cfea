"""Where numbers land in a drawing."""

import math

import pytest

from edgekit.rendering.pages.charts.axes import Axis, axis_over, shown


def test_places_and_ticks_of_a_linear_axis() -> None:
    axis = Axis(low=0.0, high=1.0, start=200.0, end=0.0)
    assert [axis.at(value) for value in (0.0, 0.25, 1.0)] == [200.0, 150.0, 0.0]
    assert axis.ticks == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_equal_factors_stand_equally_far_apart_on_a_logarithmic_axis() -> None:
    axis = Axis(low=10.0, high=1000.0, start=0.0, end=100.0, is_log=True)
    assert axis.at(100.0) == pytest.approx(50.0)
    assert axis.ticks == [10.0, 30.0, 100.0, 300.0, 1000.0]


def test_every_finite_value_lies_on_the_axis() -> None:
    axis = axis_over([3.0, math.nan, 5.0, math.inf], 0.0, 100.0)
    assert axis.low < 3.0
    assert 5.0 < axis.high < 6.0


@pytest.mark.parametrize("values", [[], [0.0], [7.0, 7.0], [-1e-12], [math.nan]])
def test_few_or_equal_values_still_make_an_axis(values: list[float]) -> None:
    for is_log in (False, True):
        axis = axis_over(values, 0.0, 100.0, is_log=is_log)
        assert axis.low < axis.high
        assert axis.ticks


@pytest.mark.parametrize(
    ("last", "ticks"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (12, [5, 10]), (40, [0, 10, 20, 30, 40])]
)
def test_what_is_counted_has_whole_ticks(last: int, ticks: list[int]) -> None:
    assert axis_over(range(1, last + 1), 0.0, 100.0, is_whole=True).ticks == ticks


def test_ticks_are_short() -> None:
    shown_ticks = [shown(value) for value in (0.0, 0.25, -1.5, 2000.0, 30_000.0, 2e6, 8e-4, 1e-5)]
    assert shown_ticks == ["0", "0.25", "-1.5", "2k", "30k", "2M", "0.0008", "1e-05"]
