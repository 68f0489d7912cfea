"""Two classes told apart by one probability: two scores from one, and other thresholds than 0.5. Knows no file."""

from dataclasses import dataclass

import numpy as np

from edgekit.metrics.drift import Scores

EVEN = 0.5
"""The threshold that taking the higher of two probabilities amounts to."""


@dataclass(frozen=True, kw_only=True)
class TwoClasses:
    """How a probability decides between two classes.

    Attributes:
        positive: The class that a single score is of, and whose probability the threshold is for: 0 or 1.
        threshold: The positive class is predicted above this probability, between 0 and 1.
    """

    positive: int = 1
    threshold: float = EVEN

    def of_class(self, positive: int) -> "TwoClasses":
        """The same decision, as one on the probability of the class `positive`."""
        if positive == self.positive:
            return self
        return TwoClasses(positive=positive, threshold=EVEN if self.threshold == EVEN else 1 - self.threshold)

    def from_one(self, scores: Scores) -> Scores:
        """Probabilities of the positive class, float (N, 1), as those of both classes, float (N, 2)."""
        pair = (1 - scores, scores) if self.positive else (scores, 1 - scores)
        return np.concatenate(pair, axis=1)

    def decided(self, scores: Scores) -> Scores:
        """Probabilities, float (N, 2), stretched so that the class of the higher one is what the threshold gives.

        With p the probability of the positive class and T the threshold, p becomes p / 2T up to T, and
        1 - (1 - p) / (2 - 2T) above. T becomes one half, and the order of the images stays.
        """
        if self.threshold == EVEN:
            return scores
        p, threshold = scores[:, self.positive, None].astype(np.float64), self.threshold
        stretched = np.where(p <= threshold, p / (2 * threshold), 1 - (1 - p) / (2 - 2 * threshold))
        return self.from_one(stretched).astype(scores.dtype)


def sigmoid(logits: Scores) -> Scores:
    """1 / (1 + exp(-z)): logits to probabilities, float64 of the same shape."""
    values = logits.astype(np.float64)
    tail = np.exp(-np.abs(values))  # never overflows
    probabilities: Scores = np.where(values >= 0, 1, tail) / (1 + tail)
    return probabilities
