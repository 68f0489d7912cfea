"""Evidence that may be looked at after every draw: rarely wrong, and strong where there is something to find."""

import math

import numpy as np
import pytest

from edgekit.metrics.betting import STAKES, WEIGHTS, TotalsTest


def evidence(values: list[float], total: float, lowest: float = -1.0, population: int | None = None) -> float:
    """Highest capital against "the total is at most `total`" after these draws, in one go."""
    test = TotalsTest(population or len(values), np.array([total]), np.array([lowest]))
    test.draw(np.array(values)[:, None])
    return float(np.exp(test.log_evidence[0]))


def test_the_capital_by_hand() -> None:
    # 4 draws, total at most -2: the mean of the first is -1/2, room 1/2; after a 0 it is -2/3, room 1/3
    stakes, weights = STAKES, WEIGHTS / WEIGHTS.sum()
    after_one = 1 + stakes * (0.5 / 0.5)
    after_two = after_one * (1 + stakes * ((2 / 3) / (1 / 3)))
    assert evidence([0.0], -2, population=4) == pytest.approx((weights * after_one).sum())
    assert evidence([0.0, 0.0], -2, population=4) == pytest.approx((weights * after_two).sum())


def test_a_loss_takes_no_more_than_the_stake_and_the_best_moment_counts() -> None:
    weights = WEIGHTS / WEIGHTS.sum()
    gained = (weights * (1 + STAKES)).sum()
    assert evidence([0.0, -1.0], -2, population=4) == pytest.approx(gained)
    assert evidence([-1.0], -2, population=4) == 1.0


def test_what_the_rest_cannot_make_true_any_more_is_false_for_sure() -> None:
    assert evidence([0.0, 0.0], -3, population=4) == math.inf
    assert evidence([-1.0, 0.0, 0.0], -3, population=4) == math.inf
    assert evidence([-1.0, -1.0, -1.0, 0.0], -3, population=4) < 5


def test_pieces_of_draws_and_all_at_once_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    values = rng.choice([-1.0, 0.0, 1.0], (500, 3), p=[0.02, 0.96, 0.02])
    totals, lowest = np.array([-20.0, -5.0, -60.0]), np.full(3, -1.0)
    whole, pieces = TotalsTest(900, totals, lowest), TotalsTest(900, totals, lowest)
    whole.draw(values)
    monkeypatch.setattr("edgekit.metrics.betting.MAX_CELLS", 100)
    for start in range(0, 500, 77):
        pieces.draw(values[start : start + 77])
    assert pieces.log_evidence == pytest.approx(whole.log_evidence, rel=1e-9)


@pytest.mark.parametrize(("lost", "gained"), [(20, 0), (70, 50), (300, 280)])
def test_looking_after_every_draw_is_wrong_no_more_often_than_said(lost: int, gained: int) -> None:
    """The hypothesis is just true: 1 in 10 of the permutations may speak against it with a capital of 10."""
    values = np.zeros(1000)
    values[:lost], values[lost : lost + gained] = -1, 1
    rng = np.random.default_rng(1)
    runs = 400
    test = TotalsTest(1000, np.full(runs, gained - lost), np.full(runs, -1.0))
    test.draw(np.stack([rng.permutation(values) for _ in range(runs)], axis=1))
    wrong = (test.log_evidence >= math.log(10)).mean()
    assert wrong <= 0.1 + 3 * math.sqrt(0.1 * 0.9 / runs)


def test_what_is_clearly_false_is_found_early() -> None:
    values = np.zeros((2000, 1))
    test = TotalsTest(10_000, np.array([-101.0]), np.array([-1.0]))
    test.draw(values[:700])
    assert test.log_evidence[0] > math.log(100)


def test_the_weights_are_shares_of_one_capital_and_the_stakes_lose_less_than_everything() -> None:
    assert WEIGHTS.sum() == pytest.approx(1)
    assert (WEIGHTS > 0).all()
    assert ((STAKES > 0) & (STAKES < 1)).all()


def test_a_large_population_is_false_or_open_by_a_single_unit() -> None:
    """Of 100,000 values of at least -1 no total is below -100,000, and all but one may be -1."""
    assert evidence([-1.0], -100_001, population=100_000) == math.inf
    room, mean = 1e-5, -0.99999
    expected = (WEIGHTS / WEIGHTS.sum() * (1 + STAKES * (-mean / room))).sum()
    assert evidence([0.0], -99_999, population=100_000) == pytest.approx(expected)


def test_what_can_only_be_the_lowest_value_and_is_it_says_nothing() -> None:
    assert evidence([-1.0, -1.0, -1.0], -4, population=4) == 1.0


def test_no_more_numbers_are_held_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    draw = TotalsTest._draw

    def noted(test: TotalsTest, values: "np.ndarray") -> None:
        sizes.append(len(values))
        draw(test, values)

    monkeypatch.setattr(TotalsTest, "_draw", noted)
    monkeypatch.setattr("edgekit.metrics.betting.MAX_CELLS", 2 * 70)
    TotalsTest(25, np.zeros(2), np.full(2, -1.0)).draw(np.zeros((25, 2)))
    assert sizes == [10, 10, 5]
    monkeypatch.setattr("edgekit.metrics.betting.MAX_CELLS", 1)
    TotalsTest(3, np.zeros(2), np.full(2, -1.0)).draw(np.zeros((2, 2)))
    assert sizes[3:] == [1, 1]
    TotalsTest(3, np.zeros(0), np.zeros(0)).draw(np.zeros((1, 0)))
