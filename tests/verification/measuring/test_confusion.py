"""Who is taken for whom, counted by hand, and bounded where there are very many classes."""

import numpy as np
import pytest
from support.fakes import fake_dataset, fake_reference

from edgekit.verification.measuring.confusion import (
    MAX_CELLS,
    class_flips,
    class_flips_total,
    confusion_cells,
    confusion_total,
)
from edgekit.verification.measuring.measurement import ClassFlip, ConfusionCell, ListTotal, Measurement
from edgekit.verification.measuring.prediction_counts import PredictionCounts
from edgekit.verification.measuring.score_comparison import compare_scores

LABELS = np.array([0, 0, 0, 1, 2])
BEFORE = np.array([0, 0, 1, 1, 0])
AFTER = np.array([0, 2, 0, 1, 2])


def test_cells_count_both_models_and_leave_out_what_is_empty_in_both() -> None:
    cells = confusion_cells(PredictionCounts.of(LABELS, BEFORE, AFTER), 3)
    assert [(one.true_class, one.predicted_class, one.reference_images, one.candidate_images) for one in cells] == [
        (0, 0, 2, 2),
        (0, 1, 1, 0),
        (0, 2, 0, 1),
        (1, 1, 1, 1),
        (2, 0, 1, 0),
        (2, 2, 0, 1),
    ]


def test_flips_are_counted_by_direction_the_most_frequent_first() -> None:
    flips = class_flips(PredictionCounts.of(LABELS, BEFORE, AFTER), 3)
    assert flips[0] == ClassFlip(reference_class=0, candidate_class=2, num_images=2)
    assert flips[1:] == (ClassFlip(reference_class=1, candidate_class=0, num_images=1),)
    assert class_flips(PredictionCounts.of(LABELS, BEFORE, BEFORE), 3) == ()


def test_of_very_many_cells_those_that_changed_most_are_kept() -> None:
    labels = np.arange(40_000) % 20_000
    before = labels.copy()
    after = labels.copy()
    after[labels == 19_999] = 7
    cells = confusion_cells(PredictionCounts.of(labels, before, after), 20_000)
    assert len(cells) == MAX_CELLS
    changed = [one for one in cells if one.reference_images != one.candidate_images]
    assert [(one.true_class, one.predicted_class) for one in changed] == [(19_999, 7), (19_999, 19_999)]


def test_totals_say_what_a_list_leaves_out() -> None:
    few = PredictionCounts.of(LABELS, BEFORE, AFTER)
    assert confusion_total(few, 3) == ListTotal(num_entries=6, num_images=5, is_complete=True)
    assert class_flips_total(few, 3) == ListTotal(num_entries=2, num_images=3, is_complete=True)
    labels = np.arange(2_400) % 1_200
    many = PredictionCounts.of(labels, labels, (labels + 1) % 1_200)
    assert confusion_total(many, 1_200) == ListTotal(num_entries=2_400, num_images=2_400, is_complete=False)
    assert class_flips_total(many, 1_200) == ListTotal(num_entries=1_200, num_images=2_400, is_complete=False)
    assert sum(one.num_images for one in class_flips(many, 1_200)) == 2 * MAX_CELLS
    exact = PredictionCounts.of(labels, labels % MAX_CELLS, labels % MAX_CELLS)
    assert len(confusion_cells(exact, 1_200)) == MAX_CELLS
    assert not confusion_total(exact, 1_200).is_complete
    just = PredictionCounts.of(np.arange(MAX_CELLS), np.arange(MAX_CELLS), np.arange(MAX_CELLS))
    assert confusion_total(just, MAX_CELLS).is_complete


@pytest.fixture(scope="module")
def measurement() -> Measurement:
    dataset = fake_dataset(np.arange(600) % 3, ("a", "b", "c"))
    reference = fake_reference(dataset)
    candidate = np.roll(reference.scores, 1, axis=1)
    candidate[:500] = reference.scores[:500]
    return compare_scores(reference.scores, candidate, reference.labels, dataset.class_names).measurement


def test_a_measurement_holds_them_and_they_add_up(measurement: Measurement) -> None:
    right = [one for one in measurement.confusion if one.true_class == one.predicted_class]
    assert sum(one.candidate_images for one in right) == round(measurement.accuracy * 600)
    assert sum(one.reference_images for one in measurement.confusion) == 600
    assert sum(one.num_images for one in measurement.class_flips) == 100 == measurement.flips.total
    for bins in (measurement.reliability, measurement.reference_reliability):
        assert len(bins) == 15
        assert sum(one.num_images for one in bins) == 600
    error = sum(one.num_images * abs(one.accuracy - one.confidence) for one in measurement.reliability) / 600
    assert error == pytest.approx(measurement.expected_calibration_error)


def test_logits_are_as_sure_as_their_probabilities() -> None:
    labels = np.arange(600) % 3
    logits = np.full((600, 3), -20.0, np.float32)
    logits[np.arange(600), labels] = 20.0
    logits[:60] = logits[:60, ::-1]
    one = compare_scores(logits, logits + 1, labels, ("a", "b", "c")).measurement
    assert [each.num_images for each in one.reliability] == [0] * 14 + [600]
    assert one.reliability[-1].confidence == pytest.approx(1.0)
    assert one.reliability[-1].accuracy == pytest.approx(560 / 600)
    assert one.reference_reliability == one.reliability


def test_json_keeps_them(measurement: Measurement) -> None:
    values = measurement.to_dict()
    assert values["confusion"][0] == {
        "true_class": 0,
        "predicted_class": 0,
        "reference_images": measurement.confusion[0].reference_images,
        "candidate_images": measurement.confusion[0].candidate_images,
    }
    assert Measurement.from_dict(values) == measurement
    older = {name: value for name, value in values.items() if name not in ("confusion", "class_flips", "reliability")}
    assert Measurement.from_dict(older).confusion == ()
    assert isinstance(measurement.confusion[0], ConfusionCell)


def test_totals_are_in_the_report_and_come_back(measurement: Measurement) -> None:
    assert measurement.flipped_images_total == ListTotal(num_entries=100, num_images=100, is_complete=True)
    num_cells = len(measurement.confusion)
    assert measurement.confusion_total == ListTotal(num_entries=num_cells, num_images=600, is_complete=True)
    assert Measurement.from_dict(measurement.to_dict()) == measurement
    older = {name: value for name, value in measurement.to_dict().items() if not name.endswith("_total")}
    assert Measurement.from_dict(older).confusion_total is None


def test_flipped_images_beyond_the_limit_are_counted() -> None:
    dataset = fake_dataset(np.arange(600) % 3, ("a", "b", "c"))
    reference = fake_reference(dataset)
    candidate = np.roll(reference.scores, 1, axis=1)
    found = compare_scores(reference.scores, candidate, reference.labels, dataset.class_names).measurement
    assert len(found.flipped_images) == 100
    assert found.flipped_images_total == ListTotal(num_entries=600, num_images=600, is_complete=False)
