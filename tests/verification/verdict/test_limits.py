"""The sentences of a broken limit. That limits hold is tested in test_comparison.py."""

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
    [reason] = broken_limits(measurement, tolerance, is_subset=False, counted_flips=None)
    assert reason.startswith("Accuracy fell by 0.25 points")
    assert reason.endswith(ending)
    assert not broken_limits(measurement, Tolerance(max_accuracy_drop=0.25), is_subset=False, counted_flips=None)
