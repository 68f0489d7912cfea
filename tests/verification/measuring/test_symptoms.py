"""What is read out of the predictions of six images, by hand."""

import numpy as np
import pytest

from edgekit.verification.measuring.prediction_counts import PredictionCounts
from edgekit.verification.measuring.score_comparison import compare_scores
from edgekit.verification.measuring.symptoms import Renaming, Symptoms

LABELS = np.array([0, 0, 0, 1, 1, 2])
BEFORE = np.array([0, 0, 1, 1, 1, 2])
AFTER = np.array([1, 1, 1, 0, 1, 2])


def test_by_hand() -> None:
    found = Symptoms.of(PredictionCounts.of(LABELS, BEFORE, AFTER), num_sure_flips=2, is_constant=False)
    assert found.num_images == 6
    assert found.num_flipped == 3
    assert found.agreement == pytest.approx(0.5)
    assert found.chance_agreement == pytest.approx((2 * 1 + 3 * 4 + 1 * 1) / 36)
    assert (found.num_lost, found.num_gained, found.mcnemar_p) == (3, 0, 0.25)
    assert found.renamings == (
        Renaming(reference_class=0, candidate_class=1, num_images=2, num_of_reference_class=2),
        Renaming(reference_class=1, candidate_class=1, num_images=2, num_of_reference_class=3),
        Renaming(reference_class=2, candidate_class=2, num_images=1, num_of_reference_class=1),
    )


def test_flips_where_the_reference_was_sure_are_counted() -> None:
    reference = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]], np.float32)
    candidate = np.array([[0.4, 0.6], [0.4, 0.6], [0.3, 0.7]], np.float32)
    found = compare_scores(reference, candidate, np.array([0, 0, 1]), ("a", "b")).symptoms
    assert (found.num_flipped, found.num_sure_flips) == (2, 1)


@pytest.mark.parametrize(("num_images", "is_constant"), [(1, False), (9000, True)])
def test_the_same_scores_for_all_images_are_constant_but_not_for_one(num_images: int, is_constant: bool) -> None:
    scores = np.repeat(np.array([[0.3, 0.7]], np.float32), num_images, axis=0)
    labels = np.zeros(num_images, np.int64)
    assert compare_scores(scores, scores, labels, ("a", "b")).symptoms.is_constant is is_constant
    other = scores.copy()
    other[-1] = [0.2, 0.8]
    assert not compare_scores(scores, other, labels, ("a", "b")).symptoms.is_constant
