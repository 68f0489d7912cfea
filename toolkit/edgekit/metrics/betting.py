"""Is the total of a finite population at most this? Evidence against it that may be looked at after every draw.

The population is read in a random order, without putting anything back. Knows no image and no limit.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STAKES = np.array([0.95, 0.7, 0.45, 0.25, 0.12, 0.06, 0.03])
"""Shares of the largest bet that can never lose everything: from "nothing bad happens" to "hardly a difference"."""

WEIGHTS = np.array([0.315, 0.211, 0.158, 0.126, 0.105, 0.053, 0.032])
"""Share of the capital that is put on each of STAKES."""

MAX_CELLS = 2**20
"""Numbers that are held at once while draws are worked off."""

ROUNDING = 1e-9


class TotalsTest:
    """Tests many hypotheses at once: that the total of the k-th value over the population is `totals[k]` at most.

    After i of N draws with sum s, the next draw has, if the hypothesis is just true, the mean
    m = (total - s) / (N - i), whatever came before. A gambler who bets the share L of his capital that it is
    higher multiplies the capital by 1 + L (x - m), which is not a gain on average if the hypothesis is true. L is a
    fixed stake times 1 / (m - lowest), so it cannot fall below 0. The capitals of several stakes are added. By
    Ville's inequality the capital ever reaches 1 / alpha with a probability of alpha at most: so looking after
    every draw, and stopping when one likes, costs nothing.

    Source: I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", J. R.
    Statist. Soc. B 86, 2024, section 5 (without replacement); J. Ville, "Etude critique de la notion de collectif",
    1939.

    Args:
        population: N, how many draws there are in all.
        totals: float64 (K,), the hypotheses.
        lowest: float64 (K,), the lowest that a single value can be.
    """

    def __init__(self, population: int, totals: "NDArray[np.float64]", lowest: "NDArray[np.float64]") -> None:
        self._population = population
        self._totals = np.asarray(totals, np.float64)
        self._lowest = np.asarray(lowest, np.float64)
        self._num_seen = 0
        self._sums = np.zeros(len(self._totals))
        self._capital = np.tile(np.log(WEIGHTS / WEIGHTS.sum()), (len(self._totals), 1))
        self.log_evidence = np.zeros(len(self._totals))
        """float64 (K,): logarithm of the highest capital so far, against each hypothesis; infinite: it is false."""

    def draw(self, values: "NDArray[np.float64]") -> None:
        """See the next draws: float64 (n, K), in their order."""
        size = max(1, MAX_CELLS // max(1, values.shape[1] * len(STAKES)))
        for start in range(0, len(values), size):
            self._draw(values[start : start + size])

    def _draw(self, values: "NDArray[np.float64]") -> None:
        remaining = self._population - self._num_seen - np.arange(len(values))[:, None]
        before = self._sums + np.cumsum(values, axis=0) - values
        mean = (self._totals - before) / remaining
        room = mean - self._lowest
        is_false = (room * remaining < -ROUNDING) | ((room * remaining < ROUNDING) & (values > self._lowest + 1e-6))
        share = np.where(room * remaining < ROUNDING, 0.0, (values - mean) / np.where(room > 0, room, 1.0))
        steps = np.log1p(STAKES * share[:, :, None]) + np.where(is_false, np.inf, 0.0)[:, :, None]
        capital = self._capital + np.cumsum(steps, axis=0)
        self.log_evidence = np.maximum(self.log_evidence, np.logaddexp.reduce(capital, axis=2).max(axis=0))
        self._capital = capital[-1]
        self._sums = self._sums + values.sum(axis=0)
        self._num_seen += len(values)
