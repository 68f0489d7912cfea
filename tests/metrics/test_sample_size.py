"""How many images it takes to tell a change from chance, against sums by hand and other libraries."""

import pytest
from scipy.stats import binom

from edgekit.metrics.sample_size import binomial_tail, images_to_decide_change, images_to_decide_share
from edgekit.metrics.significance import mcnemar_p


@pytest.mark.parametrize(
    ("successes", "trials", "share"), [(0, 5, 0.3), (1, 1, 0.01), (3, 10, 0.2), (600, 10_000, 0.05)]
)
def test_the_tail_of_a_binomial_law(successes: int, trials: int, share: float) -> None:
    assert binomial_tail(successes, trials, share) == pytest.approx(binom.sf(successes - 1, trials, share), rel=1e-9)


def test_shares_of_none_and_of_all() -> None:
    assert binomial_tail(1, 10, 0.0) == 0.0
    assert binomial_tail(5, 10, 1.0) == 1.0


def test_one_image_of_a_hundred_decides_after_six_hundred() -> None:
    """6 of 6 changes for the worse are the first that is significant: 2 / 2^6 = 0.031."""
    needed = images_to_decide_change(1, 0, 100)
    assert needed is not None
    assert 550 <= needed <= 600, "six changes, rounded"
    assert mcnemar_p(6, 0) < 0.05 < mcnemar_p(5, 0)


def test_what_is_significant_needs_no_more_and_what_is_no_loss_never_does() -> None:
    assert images_to_decide_change(60, 20, 1000) == 1000
    assert images_to_decide_change(5, 5, 1000) is None
    assert images_to_decide_change(4, 5, 1000) is None


def test_a_share_above_its_limit() -> None:
    needed = images_to_decide_share(4, 50, 0.05)
    assert needed is not None
    assert binomial_tail(round(0.08 * needed), needed, 0.05) < 0.05 < binomial_tail(4, 50, 0.05)
    assert images_to_decide_share(2, 50, 0.05) is None
