"""The sentences of a broken limit. That limits hold is tested in tests/verification/test_verify.py."""

import numpy as np
import pytest
from support.fakes import fake_dataset, fake_reference

from edgekit.tolerance import Tolerance
from edgekit.verification.measuring.score_comparison import compare_scores
from edgekit.verification.verdict.limits import broken_limits

CLASSES = ("ant", "bee", "cat", "dog")
NUM_IMAGES = 400


@pytest.mark.parametrize(("limit", "ending"), [(0.1, "the limit is 0.1, less than one image: 0.25."), (0, "is 0.")])
def test_a_limit_that_no_image_can_keep_says_what_one_is_worth(limit, ending):
    reference = fake_reference(fake_dataset(np.arange(NUM_IMAGES) % 4, CLASSES))
    right = np.flatnonzero(reference.scores.argmax(axis=1) == reference.labels)
    scores = reference.scores.copy()
    scores[right[0]] = np.roll(scores[right[0]], 1)
    measurement = compare_scores(reference.scores, scores, reference.labels, CLASSES).measurement
    tolerance = Tolerance(max_accuracy_drop=limit)
    [found] = broken_limits(measurement, tolerance, is_subset=False, counted_flips=None)
    assert found.sentence.startswith("Accuracy fell by 0.25 points")
    assert ending in found.sentence
    assert found.is_certain is (limit == 0), "one image is no evidence where a limit is worth less"
    assert not broken_limits(measurement, Tolerance(max_accuracy_drop=0.25), is_subset=False, counted_flips=None)


@pytest.mark.parametrize(
    ("num_lost", "is_subset", "is_certain"),
    [(5, False, False), (5, True, False), (6, False, True), (6, True, True)],
)
def test_accuracy_counts_as_drift_only_beyond_chance(num_lost: int, is_subset: bool, is_certain: bool) -> None:
    """Five images lost and none won: p = 2 / 2^5 = 0.0625; six: 0.03125."""
    reference = fake_reference(fake_dataset(np.arange(NUM_IMAGES) % 4, CLASSES))
    right = np.flatnonzero(reference.scores.argmax(axis=1) == reference.labels)
    scores = reference.scores.copy()
    scores[right[:num_lost]] = np.roll(scores[right[:num_lost]], 1, axis=1)
    measurement = compare_scores(reference.scores, scores, reference.labels, CLASSES).measurement
    assert measurement.mcnemar_p == pytest.approx(2 / 2**num_lost)
    [found] = broken_limits(measurement, Tolerance(max_accuracy_drop=1), is_subset=is_subset, counted_flips=None)
    assert found.is_certain is is_certain
    assert not broken_limits(measurement, Tolerance(max_accuracy_drop=2), is_subset=is_subset, counted_flips=None)
