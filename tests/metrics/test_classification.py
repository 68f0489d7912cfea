import tracemalloc

import numpy as np
import pytest

from edgekit.foundation.errors import VerificationError
from edgekit.metrics.classification import MAX_MATRIX_CLASSES, classification_report, confusion_cells, first_mistakes

LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTIONS = np.array([0, 0, 1, 1, 2, 2])
NAMES = ("ant", "bee", "cat")


def scores_for(predictions, num_classes=3):
    scores = np.full((len(predictions), num_classes), 0.1, np.float32)
    scores[np.arange(len(predictions)), predictions] = 0.8
    return scores


def test_confusion_matrix_by_hand():
    cells = confusion_cells(LABELS, PREDICTIONS)
    assert cells == ((0, 0, 2), (0, 1, 1), (1, 1, 1), (1, 2, 1), (2, 2, 1))
    report = classification_report(scores_for(PREDICTIONS), LABELS, NAMES)
    np.testing.assert_array_equal(report.confusion, [[2, 1, 0], [0, 1, 1], [0, 0, 1]])


def test_report_by_hand():
    report = classification_report(scores_for(PREDICTIONS), LABELS, NAMES)
    assert report.num_images == 6
    assert report.accuracy == pytest.approx(4 / 6)
    ant, bee, cat = (report.per_class[name] for name in NAMES)
    assert (ant.precision, ant.recall, ant.f1, ant.support) == pytest.approx((1, 2 / 3, 4 / 5, 3))
    assert (bee.precision, bee.recall, bee.f1, bee.support) == pytest.approx((1 / 2, 1 / 2, 1 / 2, 2))
    assert (cat.precision, cat.recall, cat.f1, cat.support) == pytest.approx((1 / 2, 1, 2 / 3, 1))
    assert report.macro_average.f1 == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)
    assert report.weighted_average.f1 == pytest.approx((3 * 4 / 5 + 2 * 1 / 2 + 2 / 3) / 6)
    assert report.confusion.tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]


def test_report_agrees_with_scikit_learn():
    from sklearn.metrics import classification_report as expected_report

    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 6, 500), rng.integers(0, 7, 500)
    names = tuple("abcdefg")  # g is predicted, and never true
    report = classification_report(scores_for(predictions, 7), labels, names)
    expected = expected_report(
        labels, predictions, labels=range(7), target_names=names, output_dict=True, zero_division=0
    )
    for name in names:
        row = report.per_class[name]
        assert [row.precision, row.recall, row.f1, row.support] == pytest.approx(list(expected[name].values()))
    for ours, theirs in ((report.macro_average, "macro avg"), (report.weighted_average, "weighted avg")):
        assert [ours.precision, ours.recall, ours.f1, ours.support] == pytest.approx(list(expected[theirs].values()))
    assert report.accuracy == pytest.approx(expected["accuracy"])


def test_report_as_json():
    document = classification_report(scores_for(PREDICTIONS), LABELS, NAMES).to_dict()
    assert [row["class"] for row in document["per_class"]] == list(NAMES)
    assert set(document["per_class"][0]) == {"class", "precision", "recall", "f1", "support"}
    assert document["confusion_matrix"] == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]


def test_the_report_on_many_classes_grows_with_the_images_alone():
    """12,000 classes took 7.3 GB, and did not finish."""
    num_classes = 12_000
    labels = np.arange(40) * 300
    scores = np.zeros((40, num_classes), np.float32)
    scores[np.arange(40), (labels + 1) % num_classes] = 1
    names = tuple(map(str, range(num_classes)))
    tracemalloc.start()
    document = classification_report(scores, labels, names).to_dict()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert num_classes > MAX_MATRIX_CLASSES
    assert "confusion_matrix" not in document
    assert document["confusion_cells"][:2] == [[0, 1, 1], [300, 301, 1]]
    assert peak < 50e6, "144 million cells would not fit into that"


@pytest.mark.parametrize(("scores", "labels"), [(np.zeros((0, 3)), LABELS[:0]), (scores_for(PREDICTIONS), LABELS[:5])])
def test_nothing_or_unequal_counts_fail(scores, labels):
    with pytest.raises(VerificationError, match="at least one image"):
        classification_report(scores, labels, NAMES)


def test_first_mistakes_in_order_with_probability():
    mistakes = first_mistakes(scores_for(PREDICTIONS), LABELS, 5)
    assert [(m.index, m.true, m.predicted) for m in mistakes] == [(2, 0, 1), (4, 1, 2)]
    assert mistakes[0].probability == pytest.approx(0.8)
    assert len(first_mistakes(scores_for(PREDICTIONS), LABELS, 1)) == 1


def test_report_text_has_four_digits():
    from edgekit.rendering.classification import report_text

    text = report_text(classification_report(scores_for(PREDICTIONS), LABELS, NAMES))
    assert "ant                  1.0000     0.6667     0.8000          3" in text
    assert "accuracy" in text
    assert "0.6667          6" in text
