"""What is drift and what may be chance, by the number of images that were lost."""

from dataclasses import replace

import numpy as np
import pytest
from support.fakes import fake_dataset, fake_reference

from edgekit.tolerance import Tolerance
from edgekit.verification.measuring.measurement import Measurement
from edgekit.verification.measuring.score_comparison import compare_scores
from edgekit.verification.verdict.findings import Finding, Loss
from edgekit.verification.verdict.limits import broken_limits

CLASSES = ("ant", "bee", "cat", "dog")


def measured(num_images: int, lost: int, gained: int = 0) -> Measurement:
    """Of `num_images`, so many that were right are wrong, and the other way round."""
    reference = fake_reference(fake_dataset(np.arange(num_images) % 4, CLASSES), accuracy=0.8)
    is_right = reference.scores.argmax(axis=1) == reference.labels
    scores = reference.scores.copy()
    for place in np.flatnonzero(is_right)[:lost]:
        scores[place] = np.roll(scores[place], 1)
    for place in np.flatnonzero(~is_right)[:gained]:
        scores[place] = np.roll(scores[place], reference.labels[place] - scores[place].argmax())
    return compare_scores(reference.scores, scores, reference.labels, CLASSES).measurement


def found(measurement: Measurement, **limits: float) -> Finding | None:
    findings = broken_limits(measurement, Tolerance(**limits), is_subset=False, counted_flips=None)
    return findings[0] if findings else None


@pytest.mark.parametrize(
    ("num_images", "lost", "gained", "limit", "is_certain"),
    [
        (400, 1, 0, 0.1, False),  # 0.25 points: less than one image is accepted
        (60, 1, 0, 0.1, False),  # 1.67 points, and still a single image
        (400, 2, 0, 0.1, True),  # 0.5 points: five times the limit
        (400, 5, 0, 1.0, False),  # 1.25 points, p = 0.06
        (400, 6, 0, 1.0, True),  # p = 0.03
        (400, 30, 22, 1.0, False),  # 2 points, p = 0.33
        (400, 40, 26, 1.0, True),  # 3.5 points: more than three times the limit
        (400, 1, 0, 0.0, True),  # none was to be lost
    ],
)
def test_a_loss_of_accuracy(num_images: int, lost: int, gained: int, limit: float, is_certain: bool) -> None:
    finding = found(measured(num_images, lost, gained), max_accuracy_drop=limit)
    assert finding is not None
    assert finding.is_certain is is_certain
    assert ("would decide it." in finding.sentence) is not is_certain


def test_a_limit_that_holds_is_not_broken() -> None:
    assert found(measured(400, 4), max_accuracy_drop=1.0) is None


def test_the_number_of_images_is_rounded_up_to_two_digits() -> None:
    finding = found(measured(400, 1), max_accuracy_drop=0.1)
    assert finding is not None
    assert finding.sentence.endswith("That may be chance: about 2,300 images would decide it.")


def test_the_number_of_images_of_a_class_is_in_the_plural() -> None:
    loss = Loss(change=2.6, limit=2.0, one_image=2.6, p_value=1.0, num_images=104, of_class="digit 7")
    assert loss.doubt == "That may be chance: about 110 images of 'digit 7' would decide it."


@pytest.mark.parametrize(("lost", "is_certain"), [(3, False), (40, True)])
def test_agreement_below_its_limit(lost: int, is_certain: bool) -> None:
    finding = found(measured(50 if lost == 3 else 400, lost), min_agreement=95.0)
    assert finding is not None
    assert finding.is_certain is is_certain


def test_f1_of_a_class_is_judged_by_the_errors_that_concern_it() -> None:
    measurement = measured(40, 1)
    finding = found(measurement, max_f1_drop=2.0)
    assert finding is not None
    assert not finding.is_certain
    worst = measurement.worst_class
    assert (worst.new_errors, worst.mended_errors) == (1, 0)
    many = found(measured(400, 60), max_f1_drop=2.0)
    assert many is not None
    assert many.is_certain


def test_new_and_mended_errors_are_counted_for_both_classes() -> None:
    """An ant that is taken for a dog now is an error of both; nothing else changed."""
    reference = fake_reference(fake_dataset(np.arange(40) % 4, CLASSES), accuracy=1.0)
    scores = reference.scores.copy()
    scores[0] = np.roll(scores[0], -1)
    results = compare_scores(reference.scores, scores, reference.labels, CLASSES).measurement.per_class
    assert [one.new_errors for one in results] == [1, 0, 0, 1]
    back = compare_scores(scores, reference.scores, reference.labels, CLASSES).measurement.per_class
    assert [one.mended_errors for one in back] == [1, 0, 0, 1]


def test_on_a_part_of_the_images_size_alone_is_no_evidence() -> None:
    loss = Loss(change=1.0, limit=0.1, one_image=0.5, p_value=0.5, num_images=100)
    assert loss.is_certain
    assert not replace(loss, counts_by_size=False).is_certain


@pytest.mark.parametrize(
    ("changes", "is_certain"),
    [
        ({"p_value": 0.0499}, True),
        ({"p_value": 0.05}, False),  # below it counts
        ({"change": 3.0}, False),  # three times the limit, and no more
        ({"change": 3.001}, True),
        ({"change": 3.001, "counts_by_size": False}, False),
        ({"change": 1.49, "limit": 0.1, "one_image": 1.0}, False),  # a single image
        ({"change": 1.5, "limit": 0.1, "one_image": 1.0}, True),  # more than one
        ({"change": 1.0, "limit": 0.0, "one_image": 1.0}, True),  # none was to be lost
    ],
)
def test_what_makes_a_loss_certain(changes: dict[str, float], is_certain: bool) -> None:
    loss = Loss(change=2.0, limit=1.0, one_image=0.1, p_value=0.5, num_images=100)
    assert replace(loss, **changes).is_certain is is_certain


@pytest.mark.parametrize(
    ("num_images", "words"),
    [(1, "1 image"), (7, "7 images"), (99, "99 images"), (101, "110 images"), (1083, "1,100 images"), (None, "")],
)
def test_how_many_images_would_decide(num_images: int | None, words: str) -> None:
    doubt = Loss(change=2.0, limit=1.0, one_image=0.1, p_value=0.5, num_images=num_images).doubt
    if num_images is None:
        assert doubt == "That may be chance, and no number of images like these would decide it."
    else:
        assert doubt == f"That may be chance: about {words} would decide it."
