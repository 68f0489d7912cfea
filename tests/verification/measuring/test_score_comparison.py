"""What is measured, against the same computed the long way round, image by image."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.foundation import mapped_arrays as mapped
from edgekit.verification.measuring.measurement import Measurement
from edgekit.verification.measuring.score_comparison import MAX_FLIPPED_IMAGES, NEAR_TIE, compare_scores

NAMES = ("cat", "dog", "bird", "frog", "empty")
COUNT = 3000

Scores = NDArray[np.float32]


def make(seed: int = 0) -> tuple[Scores, Scores, NDArray[np.int64]]:
    """Reference, an int8-like candidate with many exact ties, and labels of which one class never occurs."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(4, COUNT, p=[0.4, 0.3, 0.2, 0.1])
    logits = rng.normal(0, 1.2, (COUNT, 5)) + 1.5 * np.eye(5)[labels]
    reference = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    noisy = np.exp(logits + rng.normal(0, 0.15, logits.shape))
    candidate = np.round(noisy / noisy.sum(axis=1, keepdims=True) * 64) / 64
    return reference.astype(np.float32), candidate.astype(np.float32), labels


@pytest.fixture(scope="module")
def case() -> tuple[Scores, Scores, NDArray[np.int64]]:
    return make()


@pytest.fixture(scope="module")
def found(case) -> Measurement:
    return compare_scores(*case, NAMES).measurement


def first_highest(row: NDArray[np.float32]) -> int:
    return max(range(len(row)), key=lambda index: (row[index], -index))


def by_image(case) -> list[tuple[int, int, int, bool, float]]:
    """(true, before, after, is the flip a tie, margin of the reference) of every image."""
    rows = []
    for p, q, label in zip(*case, strict=True):
        before, after = first_highest(p), first_highest(q)
        highest, second = sorted(p.tolist(), reverse=True)[:2]
        rows.append((int(label), before, after, before != after and q[before] == q.max(), highest - second))
    return rows


def test_accuracy_agreement_and_flips(case, found: Measurement) -> None:
    rows = by_image(case)
    assert found.num_images == COUNT
    assert found.accuracy == sum(after == true for true, _, after, _, _ in rows) / COUNT
    assert found.reference_accuracy == sum(before == true for true, before, _, _, _ in rows) / COUNT
    assert found.accuracy_delta == pytest.approx(found.accuracy - found.reference_accuracy, abs=0)
    assert found.agreement == pytest.approx(sum(before == after for _, before, after, _, _ in rows) / COUNT)
    for flips, chosen in (
        (found.flips, [row for row in rows if not row[3]]),
        (found.tie_flips, [row for row in rows if row[3]]),
        (found.near_tie_flips, [row for row in rows if not row[3] and row[4] < NEAR_TIE]),
    ):
        assert flips is not None
        changed = [row for row in chosen if row[1] != row[2]]
        assert flips.right_to_wrong == sum(true == before for true, before, _, _, _ in changed)
        assert flips.wrong_to_right == sum(true == after for true, _, after, _, _ in changed)
        assert flips.wrong_to_wrong == sum(true not in (before, after) for true, before, after, _, _ in changed)
    assert found.tie_flips.total > 0
    assert found.near_tie_flips.total > 0
    assert found.ties == sum(list(q).count(q.max()) > 1 for q in case[1])


def test_the_first_flipped_images_with_both_answers(case, found: Measurement) -> None:
    rows = by_image(case)
    flipped = [index for index, row in enumerate(rows) if row[1] != row[2]][:MAX_FLIPPED_IMAGES]
    assert [image.index for image in found.flipped_images] == flipped
    for image in found.flipped_images:
        true, before, after, is_tie, _ = rows[image.index]
        assert (image.true_class, image.reference_class, image.candidate_class) == (true, before, after)
        assert image.reference_probability == pytest.approx(float(case[0][image.index, before]))
        assert image.candidate_probability == pytest.approx(float(case[1][image.index, after]))
        assert image.is_tie == is_tie


def exact_sign_test(lost: int, gained: int) -> float:
    """scipy's binomial test, which is exact."""
    from scipy.stats import binomtest

    return float(binomtest(lost, lost + gained, 0.5).pvalue) if lost + gained else 1.0


def holm(p_values: list[float]) -> list[float]:
    """Step down, as in the paper: the i-th smallest times (m - i), never below the one before."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def test_significance_against_scipy(case, found: Measurement) -> None:
    rows = by_image(case)

    def changes(chosen: list[tuple[int, int, int, bool, float]]) -> tuple[int, int]:
        lost = sum(before == true != after for true, before, after, _, _ in chosen)
        return lost, sum(after == true != before for true, before, after, _, _ in chosen)

    assert found.mcnemar_p == pytest.approx(exact_sign_test(*changes(rows)))
    p_values = [exact_sign_test(*changes([row for row in rows if row[0] == index])) for index in range(4)]
    assert [one.recall_mcnemar_p for one in found.per_class[:4]] == pytest.approx(p_values)
    assert [one.recall_mcnemar_p_holm for one in found.per_class[:4]] == pytest.approx(holm(p_values))
    assert found.per_class[4].recall_mcnemar_p_holm == 1.0
    expected = tuple(name for name, p in zip(NAMES, holm(p_values), strict=False) if p < 0.05)
    assert found.significant_classes == expected


def test_one_class_that_loses_is_the_one_that_is_significant(case) -> None:
    reference, _, labels = case
    ruined = reference.copy()
    birds = np.flatnonzero(labels == 2)[:40]
    ruined[birds, 2] = 0
    assert compare_scores(reference, ruined, labels, NAMES).measurement.significant_classes == ("bird",)


def test_the_interval_against_a_real_paired_bootstrap(case, found: Measurement) -> None:
    rows = by_image(case)
    change = np.array([(after == true) - (before == true) for true, before, after, _, _ in rows], float)
    rng = np.random.default_rng(1)
    resampled = [change[rng.integers(0, COUNT, COUNT)].mean() for _ in range(3000)]
    assert found.accuracy_delta_interval == pytest.approx(np.quantile(resampled, [0.025, 0.975]), abs=4 / COUNT)


def test_precision_recall_and_f1_against_scikit_learn(case, found: Measurement) -> None:
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    rows = by_image(case)
    labels, before, after = ([row[place] for row in rows] for place in range(3))
    was, now = (
        precision_recall_fscore_support(labels, top, labels=range(5), zero_division=0) for top in (before, after)
    )
    for index, one in enumerate(found.per_class):
        assert (one.precision, one.recall, one.f1) == pytest.approx(tuple(values[index] for values in now[:3]))
        assert one.support == now[3][index]
        assert one.f1_delta == pytest.approx(now[2][index] - was[2][index])
        assert one.recall_delta == pytest.approx(now[1][index] - was[1][index])
    tables = [confusion_matrix(labels, top, labels=range(5)) for top in (before, after)]
    for cell in found.confusion:
        place = cell.true_class, cell.predicted_class
        assert (cell.reference_images, cell.candidate_images) == (tables[0][place], tables[1][place])
    assert sum(cell.candidate_images for cell in found.confusion) == COUNT
    flips = Counter((row[1], row[2]) for row in rows if row[1] != row[2])
    assert {(one.reference_class, one.candidate_class): one.num_images for one in found.class_flips} == flips


def test_calibration_and_divergence(case, found: Measurement) -> None:
    reference, candidate, labels = (array.astype(float).tolist() for array in case)

    def calibration_error(scores: list[list[float]]) -> float:
        bins: dict[int, list[tuple[float, bool]]] = {}
        for row, label in zip(scores, labels, strict=True):
            confidence = max(row)
            number = max(1, math.ceil(confidence * 15))
            bins.setdefault(number, []).append((confidence, row.index(confidence) == label))
        return sum(abs(sum(right for _, right in one) - sum(sure for sure, _ in one)) for one in bins.values()) / COUNT

    assert found.expected_calibration_error == pytest.approx(calibration_error(candidate))
    assert found.expected_calibration_error_delta == pytest.approx(
        calibration_error(candidate) - calibration_error(reference)
    )
    divergence = 0.0
    for p_row, q_row in zip(reference, candidate, strict=True):
        p, q = ([max(value, 1e-7) for value in row] for row in (p_row, q_row))
        p, q = [value / sum(p) for value in p], [value / sum(q) for value in q]
        divergence += sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)) / COUNT
    assert found.mean_kl_divergence == pytest.approx(divergence)
    assert found.mean_confidence_drift == pytest.approx(
        sum(abs(q[p.index(max(p))] - max(p)) for p, q in zip(reference, candidate, strict=True)) / COUNT
    )


def test_score_differences(case, found: Measurement) -> None:
    differences = [abs(float(q) - float(p)) for rows in zip(*case[:2], strict=True) for p, q in zip(*rows, strict=True)]
    assert found.max_abs_score_difference == pytest.approx(max(differences))
    assert found.mean_abs_score_difference == pytest.approx(sum(differences) / len(differences))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_in_pieces_it_is_the_same(case, monkeypatch: pytest.MonkeyPatch, size: int, found: Measurement) -> None:
    plain = mapped.pieces

    def in_small_pieces(num_rows: int, *arrays: NDArray[np.float32]):
        return plain(num_rows, *arrays, size=size)

    for module in ("edgekit.verification.measuring.score_comparison", "edgekit.metrics.drift"):
        monkeypatch.setattr(f"{module}.pieces", in_small_pieces)
    reference, candidate, labels = case
    pieced = compare_scores(reference, candidate, labels, NAMES).measurement
    assert pieced.flipped_images == found.flipped_images
    assert pieced.confusion == found.confusion
    assert pieced.class_flips == found.class_flips
    assert pieced.per_class == found.per_class
    assert (pieced.flips, pieced.tie_flips, pieced.near_tie_flips) == (
        found.flips,
        found.tie_flips,
        found.near_tie_flips,
    )
    numbers = [name for name, value in vars(found).items() if isinstance(value, float)]
    assert len(numbers) >= 11
    for name in numbers:
        assert getattr(pieced, name) == pytest.approx(getattr(found, name), rel=1e-9, abs=1e-15), name


def test_logits_are_compared_as_probabilities_but_differ_as_they_are() -> None:
    reference, _, labels = make()
    logits = np.log(reference)
    found = compare_scores(logits, logits + np.float32(0.5), labels, NAMES).measurement
    assert found.max_abs_score_difference == pytest.approx(0.5, abs=1e-6)
    assert found.mean_kl_divergence == pytest.approx(0, abs=1e-9)
    assert found.agreement == 1.0
    assert all(first.index < second.index for first, second in pairwise(found.flipped_images))
