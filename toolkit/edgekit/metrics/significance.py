"""Real change or chance: tests and intervals for two classifiers on the same images. Knows no scores.

Everywhere: `right_to_wrong` images the reference had right and the candidate has wrong, `wrong_to_right` the
other way round; both at least 0. Images on which both are right or both are wrong carry no information.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_WHOLE_NUMBERS = 2000
"""Up to so many changed images McNemar's p is summed in whole numbers; above, in floating point."""

NUM_DEVIATIONS = 3
"""Better than guessing is what lies so many standard deviations of guessing above it."""

WINDOW = 15
"""Standard deviations around its mean outside of which the law of a sum counts as 0."""


def mcnemar_p(right_to_wrong: int, wrong_to_right: int) -> float:
    """Exact two-sided McNemar test: how likely so uneven a split of the changes is when accuracy did not change.

    p = min(1, 2 * sum over i = 0..k of binomial(n, i) / 2^n), n = b + c, k = min(b, c); 1 if n = 0.
    No approximation by a normal law for any n; above MAX_WHOLE_NUMBERS the sum is taken from its largest term
    downwards in floating point, right to eight digits.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12, 1947; the exact form is the sign test on the discordant pairs.
    """
    n, k = right_to_wrong + wrong_to_right, min(right_to_wrong, wrong_to_right)
    if n > MAX_WHOLE_NUMBERS:
        return min(1.0, 2 * _lower_tail(n, k))
    term = total = 1
    for i in range(k):
        term = term * (n - i) // (i + 1)
        total += term
    return min(1.0, (2 * total) / (1 << n))


def is_better_than_guessing(accuracy: float, num_images: int, num_classes: int) -> bool:
    """Whether `accuracy`, 0 to 1, on `num_images` is more than guessing among `num_classes` gives by luck.

    accuracy > g + NUM_DEVIATIONS * sqrt(g (1 - g) / num_images), g = 1 / num_classes: mean and standard deviation of
    the share that is right if each answer is drawn at random. With so few images that all of them may be right by
    luck, nothing is.
    """
    guessed = 1 / num_classes
    return accuracy > guessed + NUM_DEVIATIONS * math.sqrt(guessed * (1 - guessed) / num_images)


def share_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact confidence interval of a share, 0 to 1, of which `successes` of `trials` were seen; (0, 1) for no trial.

    The ends are those shares at which so many successes or more, or so few or fewer, would have a probability of
    (1 - confidence) / 2. They are quantiles of beta laws, beta(k, n - k + 1) and beta(k + 1, n - k).

    Source: C. Clopper and E. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
    binomial", Biometrika 26, 1934.
    """
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, successes, trials - successes + 1)) if successes else 0.0
    high = float(beta.ppf(1 - tail, successes + 1, trials - successes)) if successes < trials else 1.0
    return low, high


def holm_adjusted(p_values: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """P-values float64 (m,) corrected for being m tests at once; keeps the chance of any false alarm below alpha.

    With p(1) <= ... <= p(m): adjusted p(i) = max over j <= i of min(1, (m - j + 1) p(j)), in the order given.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values), np.float64)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * p_values[order]))
    return adjusted


def accuracy_delta_interval(
    right_to_wrong: int, wrong_to_right: int, num_images: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Paired bootstrap percentile interval of the accuracy difference, candidate minus reference, in -1 to 1.

    A resample draws n of the n images with replacement, each with both of its answers. An image adds -1, +1 or
    0 to the difference, so the difference of a resample is (C - B) / n with (B, C, rest) multinomial
    (n; b/n, c/n, 1 - (b + c)/n). Its law is the n-fold convolution of that step, which one Fourier transform
    gives exactly: the bootstrap with infinitely many resamples, without a seed and without their noise.
    The ends are the (1 - confidence)/2 and (1 + confidence)/2 quantiles of that law.

    If no image changed the bootstrap knows of no change and the interval is (0, 0): that is not a proof of
    equality beyond these images.

    Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993: the ideal bootstrap
    (chapter 6) and the percentile interval (chapter 13).
    """
    n, changed = num_images, right_to_wrong + wrong_to_right
    if changed == 0:
        return 0.0, 0.0
    half = min(n, math.ceil(WINDOW * math.sqrt(changed)) + WINDOW)
    centre = 0 if half == n else wrong_to_right - right_to_wrong
    step = np.zeros(2 * half + 1)
    step[0], step[1], step[-1] = n - changed, wrong_to_right, right_to_wrong
    law = np.fft.irfft(np.fft.rfft(step / n) ** n, len(step))
    cumulative = np.cumsum(np.maximum(np.roll(law, half - centre), 0.0))
    tail = (1 - confidence) / 2
    low, high = np.searchsorted(cumulative / cumulative[-1], (tail, 1 - tail)) - half + centre
    return float(low / n), float(high / n)


def _lower_tail(n: int, k: int) -> float:
    """Sum over i = 0..k of binomial(n, i) / 2^n for large n."""
    largest = math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))
    i = np.arange(k, 0, -1, dtype=np.float64)
    return largest * float(1.0 + np.cumprod(i / (n - i + 1)).sum())
