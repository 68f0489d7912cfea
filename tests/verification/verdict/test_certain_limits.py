"""Every limit of a tolerance has its sentence where it is certainly broken."""

from dataclasses import fields

import pytest

from edgekit.tolerance import Tolerance
from edgekit.verification.measuring.sequential import BrokenLimit, CertainResult
from edgekit.verification.verdict.certain_limits import certainly_broken

TOLERANCE = Tolerance(
    max_accuracy_drop=1.0,
    max_f1_drop=2.0,
    min_agreement=95.0,
    max_score_difference=1e-4,
    tie_margin=1e-5,
    max_tie_flips=0.5,
)

SENTENCES = {
    BrokenLimit(name="max_accuracy_drop"): "Accuracy falls by more than 1 points",
    BrokenLimit(name="max_f1_drop", class_name="dog"): "F1 of class 'dog' falls by more than 2 points",
    BrokenLimit(name="min_agreement"): "Fewer than 95 % of the predictions agree with the reference",
    BrokenLimit(name="max_tie_flips"): "More than 0.5 % of the predictions differ by ties",
}


def result(*broken: BrokenLimit) -> CertainResult:
    return CertainResult(broken=broken, num_images=1500, num_images_of_split=10_000, confidence=0.99)


@pytest.mark.parametrize("broken", SENTENCES)
def test_a_limit_is_named_with_when_and_how_certain_it_was(broken: BrokenLimit) -> None:
    expected = f"{SENTENCES[broken]}: certain at 0.99 confidence after 1,500 of 10,000 images."
    assert [one.sentence for one in certainly_broken(result(broken), TOLERANCE)] == [expected]


def test_a_single_difference_is_given_as_a_number() -> None:
    broken = BrokenLimit(name="max_score_difference", score_difference=0.25)
    assert [one.sentence for one in certainly_broken(result(broken), TOLERANCE)] == [
        "A score differs by 0.25 (after 1,500 of 10,000 images); the limit for every image is 0.0001."
    ]


def test_no_limit_is_forgotten() -> None:
    named = {broken.name for broken in SENTENCES} | {"max_score_difference"}
    assert named == {limit.name for limit in fields(Tolerance)} - {"tie_margin"}


def test_nothing_broken_is_a_pass() -> None:
    assert certainly_broken(result(), TOLERANCE) == ()
