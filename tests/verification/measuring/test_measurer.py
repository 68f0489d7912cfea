"""Every candidate beside the same reference, on the images that it was run on."""

import numpy as np
import pytest

from edgekit.tolerance import Tolerance
from edgekit.verification.measuring.class_results import class_results
from edgekit.verification.measuring.measurer import Measurer
from edgekit.verification.measuring.prediction_counts import PredictionCounts
from edgekit.verification.measuring.score_comparison import compare_scores

NAMES = ("ant", "bee", "cat")
LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2])
BEFORE = np.array([0, 0, 1, 1, 1, 2, 2, 0])
AFTER = np.array([0, 1, 1, 0, 1, 2, 0, 2])


def scores_of(classes: "np.typing.NDArray[np.int64]") -> "np.typing.NDArray[np.float32]":
    return np.eye(3, dtype=np.float32)[classes] * 0.7 + 0.1


MEASURER = Measurer(scores=scores_of(BEFORE), labels=LABELS, class_names=NAMES)


def test_the_reference_alone() -> None:
    assert MEASURER.reference_accuracy == 6 / 8
    ant, bee, cat = MEASURER.reference_classes
    assert (ant.precision, ant.recall, ant.support) == (2 / 3, 2 / 3, 3)
    assert (bee.precision, bee.recall) == (2 / 3, 1.0)
    assert (cat.precision, cat.recall) == (1.0, 2 / 3)
    assert all(one.f1_delta == one.recall_delta == one.new_errors == one.mended_errors == 0 for one in (ant, bee, cat))


def test_all_images_and_some_of_them() -> None:
    whole = MEASURER.measure(scores_of(AFTER), None, None)
    assert whole.comparison is not None
    assert (whole.comparison.measurement.accuracy, whole.comparison.measurement.reference_accuracy) == (4 / 8, 6 / 8)
    assert whole.top_classes is None
    assert whole.failure is None
    places = np.array([0, 1, 7])
    part = MEASURER.measure(scores_of(AFTER[places]), places, 1e-5)
    assert part.comparison is not None
    found = part.comparison.measurement
    assert (found.num_images, found.accuracy, found.reference_accuracy) == (3, 2 / 3, 2 / 3)
    assert [one.index for one in found.flipped_images] == [1, 7]
    assert part.comparison.num_flips_beyond_margin == 2


def test_what_cannot_be_compared_is_a_failure_with_its_reason() -> None:
    broken = scores_of(AFTER)
    broken[3, 1] = np.nan
    found = MEASURER.measure(broken, None, None)
    assert found.comparison is None
    assert found.failure is not None
    assert "image 3" in found.failure


def test_top_classes_are_kept_where_asked_for() -> None:
    measurer = Measurer(scores=scores_of(BEFORE), labels=LABELS, class_names=NAMES, keeps_top_classes=True)
    places = np.array([1, 2])
    kept = measurer.measure(scores_of(AFTER[places]), places, None).top_classes
    assert kept is not None
    assert (kept.classes.tolist(), kept.indices is places) == ([1, 1], True)


def test_a_sequential_test_knows_the_reference() -> None:
    order = np.arange(8)
    test = MEASURER.sequential_test(order, Tolerance(max_accuracy_drop=1.0), 0.9, knows_differences=False)
    assert test.result is None


def test_classes_by_hand() -> None:
    """Ant: image 1 is missed now, 3 and 6 are taken for it, and 7 no more; bee: 1 is taken for it, 3 missed."""
    ant, bee, cat = class_results(PredictionCounts.of(LABELS, BEFORE, AFTER), NAMES)
    assert (ant.new_errors, ant.mended_errors) == (3, 1)
    assert (bee.new_errors, bee.mended_errors) == (2, 0)
    assert (cat.new_errors, cat.mended_errors) == (1, 1)
    assert (ant.recall, ant.recall_delta) == (1 / 3, pytest.approx(-1 / 3))
    assert (bee.recall, bee.recall_delta) == (1 / 2, -1 / 2)
    assert (cat.recall, cat.recall_delta) == (2 / 3, 0.0)
    assert (ant.precision, bee.precision, cat.precision) == (1 / 3, 1 / 3, 1.0)
    assert ant.f1 == pytest.approx(1 / 3)
    assert ant.f1_delta == pytest.approx(1 / 3 - 2 / 3)
    assert [one.recall_mcnemar_p for one in (ant, bee, cat)] == [1.0, 1.0, 1.0]
    assert [one.error_mcnemar_p_holm for one in (ant, bee, cat)] == [1.0, 1.0, 1.0]


def test_chance_is_corrected_for_the_classes_that_have_images() -> None:
    """Ten ants are lost, 2 / 2^10; Holm makes it twice that, for two classes, and the third has no images."""
    labels = np.r_[np.zeros(10, np.int64), np.ones(10, np.int64)]
    after = np.r_[np.ones(10, np.int64), np.ones(10, np.int64)]
    ant, bee, cat = class_results(PredictionCounts.of(labels, labels, after), NAMES)
    assert ant.recall_mcnemar_p == 2 / 2**10
    assert ant.recall_mcnemar_p_holm == 2 * 2 / 2**10
    assert (bee.recall_mcnemar_p, bee.recall_mcnemar_p_holm) == (1.0, 1.0)
    assert (cat.recall_mcnemar_p, cat.recall_mcnemar_p_holm, cat.support) == (1.0, 1.0, 0)
    assert [one.error_mcnemar_p_holm for one in (ant, bee, cat)] == pytest.approx([3 * 2 / 2**10] * 2 + [1.0])


def test_a_whole_and_its_pieces_count_alike() -> None:
    whole = PredictionCounts.of(LABELS, BEFORE, AFTER)
    parts = [PredictionCounts.of(LABELS[at : at + 3], BEFORE[at : at + 3], AFTER[at : at + 3]) for at in (0, 3, 6)]
    together = PredictionCounts.together(parts)
    for name in ("labels", "before", "after", "counts"):
        assert getattr(together, name).tolist() == getattr(whole, name).tolist()
    assert whole.num_images == 8
    assert whole.counts.sum() == 8
    assert len(whole.counts) == 8, "every combination is another one"
    doubled = PredictionCounts.together([whole, whole])
    assert doubled.counts.tolist() == [2] * 8
    assert compare_scores(scores_of(BEFORE), scores_of(AFTER), LABELS, NAMES).measurement.num_images == 8
