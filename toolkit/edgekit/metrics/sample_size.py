"""How many images it would take to tell a change from chance. Knows no scores and no limits of anybody."""

import math
from collections.abc import Callable

from edgekit.metrics.significance import mcnemar_p

SIGNIFICANCE = 0.05
"""A change is significant if its p is below this."""

_TWO_SIDED, _ONE_SIDED = 1.96, 1.645
"""Deviations of a normal law beyond which lies SIGNIFICANCE, on both sides or on one."""

_GROWTH = 1.02
"""The step of the search, so that its answer is right to two digits."""

MAX_IMAGES = 10_000_000
"""More is as good as never."""


def binomial_tail(successes: int, trials: int, share: float) -> float:
    """Chance of `successes` or more among `trials` of which each succeeds with probability `share`.

    Sum over i = successes..trials of binomial(trials, i) share^i (1 - share)^(trials - i), terms taken by logarithms.

    Args:
        successes: 0 to `trials`.
        trials: At least 0.
        share: 0 to 1.
    """
    if successes <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    whole, odds, rest = math.lgamma(trials + 1), math.log(share), math.log1p(-share)
    terms = (
        math.exp(whole - math.lgamma(i + 1) - math.lgamma(trials - i + 1) + i * odds + (trials - i) * rest)
        for i in range(successes, trials + 1)
    )
    return min(1.0, math.fsum(terms))


def images_to_decide_change(worse: int, better: int, num_images: int) -> int | None:
    """Images after which McNemar's test would call the change significant, if the share stayed the same.

    Args:
        worse: Images that were right and are wrong.
        better: Images that were wrong and are right.
        num_images: All images, at least 1.

    Returns:
        At least `num_images`; None if nothing got worse, or more than MAX_IMAGES were needed.
    """
    changed = worse + better
    if worse <= better:
        return None
    guess = (_TWO_SIDED / (worse - better)) ** 2 * changed  # (b - c)^2 / (b + c) > 1.96^2, in multiples of the images

    def is_enough(factor: float) -> bool:
        total = round(changed * factor)
        wrong = round(worse * factor)
        return mcnemar_p(wrong, total - wrong) < SIGNIFICANCE

    return _first(is_enough, guess, num_images)


def images_to_decide_share(events: int, num_images: int, limit: float) -> int | None:
    """Images after which a share above `limit` would be more than chance, if the share stayed the same.

    Args:
        events: How often it was seen.
        num_images: Among so many, at least 1.
        limit: The share that is accepted, above 0, below 1.
    """
    share = events / num_images
    if share <= limit:
        return None
    guess = _ONE_SIDED**2 * limit * (1 - limit) / (share - limit) ** 2 / num_images

    def is_enough(factor: float) -> bool:
        total = round(num_images * factor)
        return binomial_tail(round(share * total), total, limit) < SIGNIFICANCE

    return _first(is_enough, guess, num_images)


def _first(is_enough: Callable[[float], bool], guess: float, num_images: int) -> int | None:
    """The first number of images from somewhat below `guess` times as many on that is enough."""
    factor = max(1.0, 0.5 * guess)
    while factor * num_images <= MAX_IMAGES:
        if is_enough(factor):
            return math.ceil(factor * num_images)
        factor *= _GROWTH
    return None
