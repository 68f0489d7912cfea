"""Two classes from one probability, calculated by hand."""

import numpy as np
import pytest

from edgekit.metrics.two_classes import TwoClasses, sigmoid


def test_one_score_becomes_two_in_the_order_of_the_classes() -> None:
    p = np.array([[0.25], [1.0]], np.float32)
    assert TwoClasses().from_one(p).tolist() == [[0.75, 0.25], [0.0, 1.0]]
    assert TwoClasses(positive=0).from_one(p).tolist() == [[0.25, 0.75], [1.0, 0.0]]


def test_a_threshold_becomes_one_half_and_the_ends_stay() -> None:
    scores = np.array([[1.0, 0.0], [0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.0, 1.0]], np.float32)
    decided = TwoClasses(threshold=0.2).decided(scores)
    # p / 0.4 up to 0.2; 1 - (1 - p) / 1.6 above: 1 - 0.6 / 1.6 = 0.625
    assert np.allclose(decided[:, 1], [0, 0.25, 0.5, 0.625, 1])
    assert np.allclose(decided.sum(axis=1), 1)
    assert decided.dtype == np.float32
    assert TwoClasses().decided(scores) is scores


def test_the_same_decision_seen_from_the_other_class() -> None:
    other = TwoClasses(positive=1, threshold=0.2).of_class(0)
    assert (other.positive, other.threshold) == (0, pytest.approx(0.8))
    p = np.linspace(0, 1, 101)[:, None]
    scores = np.concatenate([1 - p, p], axis=1)
    assert np.allclose(TwoClasses(threshold=0.2).decided(scores), other.decided(scores))


def test_the_sigmoid_of_large_logits_is_finite() -> None:
    with np.errstate(over="raise"):
        assert sigmoid(np.array([-1000.0, 0.0, 1000.0, np.log(3)])).tolist() == pytest.approx([0, 0.5, 1, 0.75])
