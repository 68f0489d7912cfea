import numpy as np
import pytest

from edgekit.metrics.calibration import Reliability, reliability


def test_ece_by_hand_with_two_bins() -> None:
    # confidences 0.4 (bin 1) and 0.6, 0.8, 1.0 (bin 2); right: yes, yes, no, yes
    probabilities = np.array([[0.4, 0.3, 0.3], [0.6, 0.4, 0.0], [0.8, 0.1, 0.1], [0.0, 1.0, 0.0]], np.float32)
    labels = np.array([0, 0, 2, 1])
    found = reliability(probabilities, labels, num_bins=2)
    assert found.counts.tolist() == [1, 3]
    assert found.confidence.tolist() == pytest.approx([0.4, 0.8])
    assert found.accuracy.tolist() == pytest.approx([1.0, 2 / 3])
    expected = (1 * abs(1 - 0.4) + 3 * abs(2 / 3 - 0.8)) / 4
    assert found.expected_calibration_error == pytest.approx(expected)


def test_a_bin_holds_its_upper_end_and_not_its_lower_one() -> None:
    found = reliability(np.array([[0.5, 0.5], [0.500001, 0.499999], [1.0, 0.0]]), np.array([0, 0, 0]), 2)
    assert found.counts.tolist() == [1, 2]


def test_parts_together_are_the_whole() -> None:
    rng = np.random.default_rng(0)
    probabilities, labels = rng.dirichlet(np.ones(3), 100), rng.integers(0, 3, 100)
    parts = [reliability(probabilities[at : at + 30], labels[at : at + 30]) for at in range(0, 100, 30)]
    together, whole = Reliability.together(parts), reliability(probabilities, labels)
    assert together.counts.tolist() == whole.counts.tolist()
    assert together.confidence == pytest.approx(whole.confidence)
    assert together.accuracy == pytest.approx(whole.accuracy)
    assert together.expected_calibration_error == pytest.approx(whole.expected_calibration_error)


def test_perfect_and_worst_calibration() -> None:
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert reliability(sure, np.array([0, 1])).expected_calibration_error == 0.0
    assert reliability(sure, np.array([1, 0])).expected_calibration_error == 1.0


def test_a_quantization_step_beyond_1_is_1() -> None:
    assert reliability(np.array([[1.004, 0.0]]), np.array([0])).expected_calibration_error == 0.0


def test_a_step_below_0_is_0_and_falls_into_the_first_of_fifteen_bins() -> None:
    found = reliability(np.array([[-0.004, -0.01], [0.0, -0.01]]), np.array([0, 1]))
    assert found.counts.tolist() == [2] + [0] * 14
    assert found.confidence[0] == 0.0
    assert found.accuracy[0] == 0.5
