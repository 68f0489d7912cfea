"""A row in words, against sentences written by hand."""

from dataclasses import replace

import numpy as np
import pytest

from edgekit.metrics.drift import Flips
from edgekit.verification.measuring.measurement import Measurement
from edgekit.verification.measuring.score_comparison import compare_scores
from edgekit.verification.verdict.summary import changes_beyond_reasons, measurement_sentences

NONE = Flips(right_to_wrong=0, wrong_to_right=0, wrong_to_wrong=0)


@pytest.fixture
def drifted() -> Measurement:
    """Numbers of the sentence that the design asks for, in a measurement made by `measure`."""
    scores = np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]
    equal = compare_scores(scores, scores, np.array([0, 1, 0, 1]), ("cat", "dog")).measurement
    cat = replace(equal.per_class[0], recall_delta=-0.011, recall_mcnemar_p_holm=0.4)
    return replace(
        equal,
        num_images=10_000,
        accuracy_delta=-0.0021,
        agreement=0.986,
        mcnemar_p=0.31,
        flips=Flips(right_to_wrong=60, wrong_to_right=39, wrong_to_wrong=41),
        near_tie_flips=Flips(right_to_wrong=40, wrong_to_right=25, wrong_to_wrong=20),
        per_class=(cat, equal.per_class[1]),
    )


def test_the_sentence_of_the_design(drifted: Measurement) -> None:
    assert measurement_sentences(drifted) == (
        "0.21 points lower, not significant (p = 0.31). 1.4 % of 10,000 predictions flipped, 61 % of them where the "
        "reference was itself unsure. 'cat' loses 1.1 points of recall (p = 0.4)."
    )


def test_what_is_significant_says_so(drifted: Measurement) -> None:
    cat, dog = drifted.per_class
    ruined = (
        replace(cat, recall_delta=-0.2, recall_mcnemar_p_holm=1e-9),
        replace(dog, recall_delta=-0.3, recall_mcnemar_p_holm=0.001),
    )
    words = measurement_sentences(replace(drifted, mcnemar_p=1e-12, per_class=ruined))
    assert words.startswith("0.21 points lower, significant (p < 0.0001). ")
    assert words.endswith(". 'dog' loses 30.0 points of recall (significant, p = 0.001), 1 more loses significantly.")


def test_a_significant_loss_is_named_before_a_larger_one_by_chance(drifted: Measurement) -> None:
    cat, dog = drifted.per_class
    classes = (replace(cat, recall_delta=-0.5), replace(dog, recall_delta=-0.1, recall_mcnemar_p_holm=0.01))
    assert "'dog' loses 10.0" in measurement_sentences(replace(drifted, per_class=classes))


def test_a_loss_that_is_no_evidence_at_all_names_no_class(drifted: Measurement) -> None:
    cat, dog = drifted.per_class
    classes = (replace(cat, recall_delta=-0.05, recall_mcnemar_p_holm=1.0), dog)
    assert "loses" not in measurement_sentences(replace(drifted, per_class=classes))


def test_gains_ties_and_nothing(drifted: Measurement) -> None:
    gained = replace(drifted, accuracy_delta=0.001, per_class=drifted.per_class[1:])
    assert measurement_sentences(gained).startswith("0.10 points higher, not significant")
    assert "loses" not in measurement_sentences(gained)
    tied = replace(gained, accuracy_delta=0.0, flips=NONE, near_tie_flips=NONE, tie_flips=drifted.flips)
    assert measurement_sentences(tied) == (
        "Accuracy unchanged. 140 of 10,000 predictions differ, only by a tie for the highest score."
    )
    same = replace(gained, agreement=1.0, max_abs_score_difference=3e-7)
    assert measurement_sentences(same) == (
        "The same prediction on all 10,000 images; the largest score difference is 3e-07."
    )


def test_few_flips_are_counted_and_a_loss_by_chance_names_no_class(drifted: Measurement) -> None:
    one, two = Flips(right_to_wrong=1, wrong_to_right=0, wrong_to_wrong=0), replace(NONE, wrong_to_wrong=2)
    cat = replace(drifted.per_class[0], recall_delta=-0.002)
    few = replace(drifted, accuracy_delta=0.0, per_class=(cat, drifted.per_class[1]))
    assert measurement_sentences(replace(few, flips=one, near_tie_flips=one, num_images=200)) == (
        "Accuracy unchanged. 1 of 200 predictions flipped, where the reference was itself unsure."
    )
    assert "2 of 10,000 predictions flipped, 1 of them where" in measurement_sentences(
        replace(few, flips=two, near_tie_flips=one)
    )
    assert "flipped, none of them where" in measurement_sentences(replace(few, flips=two, near_tie_flips=NONE))


def test_what_the_reasons_say_is_not_said_again(drifted: Measurement) -> None:
    rest = changes_beyond_reasons(drifted, ["Accuracy fell by 0.21 points …"])
    assert rest.startswith("1.4 % of 10,000 predictions flipped, 61 %")
    assert changes_beyond_reasons(drifted, ["F1 of class 'cat' fell …", "Only 98.60% of the predictions …"]) == (
        "0.21 points lower, not significant (p = 0.31)."
    )
    assert changes_beyond_reasons(drifted, ["Accuracy fell", "F1 of class", "Only 98.60% of"]) == ""
    assert changes_beyond_reasons(replace(drifted, agreement=1.0), ["The largest score difference is …"]) == ""


def test_old_reports_without_near_ties_say_less(drifted: Measurement) -> None:
    assert "unsure" not in measurement_sentences(replace(drifted, near_tie_flips=None))
