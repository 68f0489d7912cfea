"""Exact tests and intervals, against values by hand, the normal law and a real resampling."""

import math

import numpy as np
import pytest

from edgekit.metrics.significance import (
    MAX_WHOLE_NUMBERS,
    accuracy_delta_interval,
    holm_adjusted,
    is_better_than_guessing,
    mcnemar_p,
    share_interval,
)


@pytest.mark.parametrize(
    ("right_to_wrong", "wrong_to_right", "expected"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 2 / 32),
        (6, 1, 2 * (1 + 7) / 128),
        (1, 6, 2 * (1 + 7) / 128),
        (10, 2, 2 * (1 + 12 + 66) / 4096),
        (4, 4, 1.0),
    ],
)
def test_mcnemar_by_hand(right_to_wrong: int, wrong_to_right: int, expected: float) -> None:
    assert mcnemar_p(right_to_wrong, wrong_to_right) == pytest.approx(expected, rel=1e-12)


def test_mcnemar_agrees_with_the_normal_law_where_there_are_many_flips() -> None:
    z = (10_500 - 10_000 - 1) / math.sqrt(20_500)
    assert mcnemar_p(10_500, 10_000) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-3)
    assert mcnemar_p(5000, 0) == 0.0


def test_mcnemar_is_the_same_in_whole_numbers_and_in_floating_point(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [(1000, 1000), (1030, 970), (1100, 900), (60, 40), (7, 0), (1995, 5)]
    assert all(sum(pair) <= MAX_WHOLE_NUMBERS for pair in pairs)
    exact = [mcnemar_p(*pair) for pair in pairs]
    monkeypatch.setattr("edgekit.metrics.significance.MAX_WHOLE_NUMBERS", 0)
    assert [mcnemar_p(*pair) for pair in pairs] == pytest.approx(exact, rel=1e-8)


def test_mcnemar_of_a_million_changes_is_quick_and_sane() -> None:
    assert mcnemar_p(500_000, 500_000) == 1.0
    assert mcnemar_p(501_000, 499_000) == pytest.approx(math.erfc(1999 / 1000 / math.sqrt(2)), rel=1e-3)
    assert mcnemar_p(900_000, 100_000) == 0.0


def test_holm_by_hand() -> None:
    # sorted: 0.005 * 4, 0.01 * 3, 0.03 * 2, 0.04 * 1 raised to what stands before it
    found = holm_adjusted(np.array([0.01, 0.04, 0.03, 0.005]))
    assert found.tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm_adjusted(np.array([0.6, 0.7])).tolist() == [1.0, 1.0]
    assert holm_adjusted(np.array([])).tolist() == []


def test_the_interval_by_hand() -> None:
    # two images, one lost: -1 with 1/4, -1/2 with 1/2, 0 with 1/4
    assert accuracy_delta_interval(1, 0, 2, confidence=0.4) == (-0.5, -0.5)
    assert accuracy_delta_interval(1, 0, 2, confidence=0.6) == (-1.0, 0.0)
    assert accuracy_delta_interval(0, 1, 2, confidence=0.6) == (0.0, 1.0)
    assert accuracy_delta_interval(2, 0, 2) == (-1.0, -1.0)
    assert accuracy_delta_interval(0, 0, 7) == (0.0, 0.0)
    assert accuracy_delta_interval(1, 0, 1) == (-1.0, -1.0)


@pytest.mark.parametrize(("lost", "gained", "n"), [(30, 10, 1000), (3, 0, 359), (0, 40, 500), (120, 121, 2000)])
def test_the_interval_is_that_of_a_real_bootstrap_over_images(lost: int, gained: int, n: int) -> None:
    outcomes = np.zeros(n)
    outcomes[:lost], outcomes[lost : lost + gained] = -1, 1
    rng = np.random.default_rng(0)
    means = np.array([outcomes[rng.integers(0, n, n)].mean() for _ in range(2000)])
    low, high = np.quantile(means, [0.025, 0.975], method="inverted_cdf")
    assert accuracy_delta_interval(lost, gained, n) == pytest.approx((low, high), abs=3.1 / n)


def test_the_interval_of_a_million_images_agrees_with_the_normal_law() -> None:
    low, high = accuracy_delta_interval(6000, 4000, 1_000_000)
    deviation = math.sqrt(0.01 - 0.002**2) / 1000
    assert low == pytest.approx(-0.002 - 1.96 * deviation, abs=3e-6)
    assert high == pytest.approx(-0.002 + 1.96 * deviation, abs=3e-6)


def test_the_interval_is_mirrored_when_the_two_are_exchanged() -> None:
    low, high = accuracy_delta_interval(17, 5, 400)
    assert accuracy_delta_interval(5, 17, 400) == pytest.approx((-high, -low), abs=1 / 400 + 1e-12)


def test_better_than_guessing_is_three_standard_deviations_above_it() -> None:
    # two classes, 100 images: 0.5 + 3 * sqrt(0.25 / 100) = 0.65; ten classes, 900 images: 0.1 + 3 * 0.01 = 0.13
    assert not is_better_than_guessing(0.64, 100, 2)
    assert is_better_than_guessing(0.66, 100, 2)
    assert not is_better_than_guessing(0.129, 900, 10)
    assert is_better_than_guessing(0.131, 900, 10)
    assert not is_better_than_guessing(1.0, 5, 2)


def test_the_interval_of_a_share_by_hand() -> None:
    """0 of n: 1 - (tail)^(1/n); n of n the same mirrored; 8 of 10 as in tables of Clopper and Pearson."""
    assert share_interval(0, 10) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10)))
    assert share_interval(10, 10) == (pytest.approx(0.025 ** (1 / 10)), 1.0)
    assert share_interval(8, 10) == (pytest.approx(0.4439, abs=1e-4), pytest.approx(0.9748, abs=1e-4))
    assert share_interval(0, 0) == (0.0, 1.0)
    low, high = share_interval(15, 20, confidence=0.99)
    assert low < share_interval(15, 20)[0]
    assert high > share_interval(15, 20)[1]
