import math

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.foundation.errors import VerificationError
from edgekit.metrics import drift
from edgekit.metrics.drift import Flips


def scores(*rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, np.float32)


def classes(*values: int) -> NDArray[np.int64]:
    return np.array(values, np.int64)


REFERENCE = scores([0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.5, 0.3], [0.4, 0.3, 0.3])
CANDIDATE = scores([0.6, 0.3, 0.1], [0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3])
LABELS = classes(0, 1, 2, 2)
# top classes: reference 0 1 1 0, candidate 0 0 2 1: right-right, right-wrong, wrong-right, wrong-wrong


def test_accuracy_and_agreement_by_hand() -> None:
    assert drift.accuracy(REFERENCE, LABELS) == 0.5
    assert drift.accuracy(CANDIDATE, LABELS) == 0.5
    assert drift.accuracy(CANDIDATE, classes(0, 0, 2, 2)) == 0.75
    assert drift.accuracy(CANDIDATE, classes(0, 0, 2, 1)) == 1.0
    assert drift.accuracy(CANDIDATE, classes(1, 1, 0, 0)) == 0.0
    assert drift.agreement(REFERENCE, CANDIDATE) == 0.25
    assert drift.agreement(REFERENCE, REFERENCE) == 1.0


def test_flips_have_three_directions() -> None:
    flipped = drift.flipped_images(REFERENCE, CANDIDATE)
    assert flipped.tolist() == [False, True, True, True]
    found = drift.flips(REFERENCE, CANDIDATE, LABELS, flipped)
    assert found == Flips(right_to_wrong=1, wrong_to_right=1, wrong_to_wrong=1)
    assert found.total == 3
    assert drift.flips(CANDIDATE, REFERENCE, classes(1, 1, 1, 1), flipped) == Flips(
        right_to_wrong=1, wrong_to_right=2, wrong_to_wrong=0
    )


def test_a_tie_is_exact_and_goes_to_the_lowest_index() -> None:
    tied = scores([0.4, 0.4, 0.2], [0.4, 0.4000001, 0.2], [0.2, 0.4, 0.4], [1 / 3, 1 / 3, 1 / 3])
    assert drift.tied_images(tied).tolist() == [True, False, True, True]
    assert drift.top_classes(tied).tolist() == [0, 1, 1, 0]


def test_a_flip_by_a_tie_is_told_from_a_real_one() -> None:
    reference = scores([0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1])
    candidate = scores([0.4, 0.4, 0.2], [0.5, 0.4, 0.1], [0.4, 0.4, 0.2], [0.4, 0.4, 0.2])
    assert drift.flipped_images(reference, candidate).tolist() == [True, True, True, False]
    assert drift.flipped_by_tie(reference, candidate).tolist() == [True, False, False, False]


def test_flips_beyond_a_margin_leave_near_ties_out() -> None:
    reference = scores([0.500001, 0.499999], [0.5001, 0.4999], [0.2, 0.8], [0.9, 0.1])
    candidate = scores([0.499999, 0.500001], [0.4999, 0.5001], [0.5, 0.5], [0.9, 0.1])
    assert drift.flipped_images(reference, candidate).tolist() == [True, True, True, False]
    assert drift.flips_beyond_margin(reference, candidate, 1e-5) == 1
    assert drift.flips_beyond_margin(reference, candidate, 1e-7) == 2


def test_margins_are_highest_minus_second_highest() -> None:
    assert drift.top_margins(scores([0.5, 0.25, 0.25], [0.25, 0.25, 0.5], [0.5, 0.0, 0.5])).tolist() == [
        0.25,
        0.25,
        0.0,
    ]


def test_per_class_by_hand() -> None:
    # class 0: TP 2, FP 1, FN 1; class 1: TP 1, FP 1, FN 0; class 2: TP 0, FP 0, FN 1; class 3: nothing at all
    found = drift.per_class(classes(0, 0, 1, 1, 0), classes(0, 0, 0, 1, 2), 4)
    assert found.support.tolist() == [3, 1, 1, 0]
    assert found.precision.tolist() == pytest.approx([2 / 3, 1 / 2, 0, 0])
    assert found.recall.tolist() == pytest.approx([2 / 3, 1, 0, 0])
    assert found.f1.tolist() == pytest.approx([4 / 6, 2 / 3, 0, 0])


def test_score_differences_by_hand() -> None:
    reference, candidate = scores([0.5, 0.5], [0.9, 0.1]), scores([0.25, 0.75], [0.4, 0.6])
    assert drift.max_abs_score_difference(reference, candidate) == pytest.approx(0.5)
    assert drift.mean_abs_score_difference(reference, candidate) == pytest.approx((0.25 + 0.25 + 0.5 + 0.5) / 4)
    assert drift.mean_confidence_drift(reference, candidate) == pytest.approx((0.25 + 0.5) / 2)
    up_and_down = scores([0.75, 0.25], [0.65, 0.35])
    assert drift.mean_confidence_drift(reference, up_and_down) == pytest.approx(0.25)


def test_kl_divergence_by_hand() -> None:
    reference, candidate = scores([0.5, 0.5], [0.25, 0.75]), scores([0.25, 0.75], [0.25, 0.75])
    expected = (0.5 * math.log(0.5 / 0.25) + 0.5 * math.log(0.5 / 0.75) + 0) / 2
    assert drift.mean_kl_divergence(reference, candidate) == pytest.approx(expected, rel=1e-5)
    assert drift.mean_kl_divergence(reference, reference) == 0.0


def test_kl_divergence_stays_finite_where_the_candidate_says_never() -> None:
    found = drift.mean_kl_divergence(scores([0.5, 0.5]), scores([1.0, 0.0]))
    expected = 0.5 * math.log(0.5) + 0.5 * math.log(0.5 / drift.KL_EPSILON)
    assert found == pytest.approx(expected, rel=1e-5)


def test_logits_are_told_from_probabilities() -> None:
    assert drift.are_probabilities(REFERENCE)
    assert drift.are_probabilities(scores([0.0, 255 / 256], [1.0, 0.0]))
    assert not drift.are_probabilities(scores([0.5, 0.5], [-1.5, 4.0]))
    assert drift.softmax(scores([0.0, math.log(3)], [1000.0, 1000.0])) == pytest.approx(
        np.array([[0.25, 0.75], [0.5, 0.5]])
    )


@pytest.mark.parametrize(
    ("reference", "candidate", "labels", "message"),
    [
        (REFERENCE[:0], CANDIDATE[:0], LABELS[:0], "no images"),
        (REFERENCE, CANDIDATE[:3], LABELS, "counts differ"),
        (REFERENCE[:3], CANDIDATE, LABELS, "counts differ"),
        (REFERENCE, CANDIDATE, LABELS[:3], "counts differ"),
        (REFERENCE, CANDIDATE[:, :2], LABELS, "gives 2 scores per image. Expected 3,"),
        (REFERENCE, CANDIDATE[:, 0], LABELS, r"\(4,\)"),
    ],
)
def test_what_does_not_belong_together_fails(
    reference: NDArray[np.float32], candidate: NDArray[np.float32], labels: NDArray[np.int64], message: str
) -> None:
    with pytest.raises(VerificationError, match=message):
        drift.check_comparable(reference, candidate, labels)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("owner", ["reference", "candidate"])
def test_one_score_that_is_no_number_fails(value: float, owner: str) -> None:
    arrays = {"reference": REFERENCE.copy(), "candidate": CANDIDATE.copy()}
    arrays[owner][2, 1] = value
    with pytest.raises(VerificationError, match=f"{owner}.*1 of 4 images, image 2 first"):
        drift.check_comparable(**arrays, labels=LABELS)
