"""Metrics of quantization noise against numbers computed by hand."""

from math import inf, sqrt

import numpy as np
import pytest

from edgekit.metrics.quantization import (
    IDEAL_RMSE,
    NoiseSums,
    as_stored,
    cosine,
    infinite_share,
    noise_share,
    rmse_in_steps,
    saturated_share,
    sqnr_db,
)

REFERENCE = np.array([[3.0, 0.0], [4.0, 2.0]])
CANDIDATE = np.array([[3.0, 1.0], [4.0, 2.0]])


def test_the_whole_tensor_by_hand() -> None:
    sums = NoiseSums.of(REFERENCE, CANDIDATE)
    assert sums.signal.tolist() == [25, 4]
    assert sums.noise.tolist() == [0, 1]
    assert sqnr_db(sums) == pytest.approx(10 * np.log10(29))
    assert cosine(sums) == pytest.approx(29 / sqrt(29 * 30))
    assert rmse_in_steps(sums, 0.25) == pytest.approx(sqrt(1 / 4) / 0.25)


def test_the_share_of_noise_is_the_whole_tensors_or_the_median_channels() -> None:
    assert noise_share(NoiseSums.of(REFERENCE, CANDIDATE)) == pytest.approx((0 + 1 / 4) / 2)
    reference, candidate = np.array([[1000.0, 1, 1, 1]]), np.array([[1000.0, 0.5, 0.5, 1]])
    assert noise_share(NoiseSums.of(reference, candidate)) == pytest.approx(0.25 / 2), "a large channel hides nothing"
    assert sqnr_db(NoiseSums.of(reference, candidate)) > 60
    reference, candidate = np.array([[10.0, 10, 10, 10, 0.01]]), np.array([[10.0, 10, 10, 11, 0]])
    assert noise_share(NoiseSums.of(reference, candidate)) == pytest.approx(1 / 400, rel=1e-3), "nor a small one"


def test_what_a_range_holds_of_exact_values_by_hand() -> None:
    values = np.array([[-1.0, 0.1], [0.4, 5.0]], np.float32)
    assert as_stored(values, 0.25, (-0.625, 1.125)).tolist() == [[-0.5, 0.0], [0.5, 1.0]]


def test_noise_beyond_the_signal_is_nothing_but_noise_and_empty_channels_are_left_out() -> None:
    assert noise_share(NoiseSums.of(np.array([[1.0, 0.0]]), np.array([[9.0, 0.0]]))) == 1
    assert noise_share(NoiseSums.of(np.array([[1.0, 0.0, 0.0]]), np.array([[1.1, 0.0, 0.0]]))) == pytest.approx(0.01)
    assert noise_share(NoiseSums.of(np.zeros((1, 2)), np.ones((1, 2)))) == 1
    assert noise_share(NoiseSums.of(np.zeros((1, 2)), np.zeros((1, 2)))) == 0


def test_equality_and_nothing() -> None:
    same = NoiseSums.of(REFERENCE, REFERENCE)
    assert sqnr_db(same) == inf
    assert cosine(same) == pytest.approx(1)
    assert sqnr_db(NoiseSums.of(np.zeros((1, 2)), np.ones((1, 2)))) == -inf
    assert cosine(NoiseSums.of(np.zeros((1, 2)), np.ones((1, 2)))) == 0
    assert cosine(NoiseSums.of(np.zeros((1, 2)), np.zeros((1, 2)))) == 1


def test_rounding_gives_the_ideal_error_and_six_decibels_a_bit() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, (100_000, 1))
    ratios = []
    for bits in (8, 9):
        scale = 2 / 2**bits
        sums = NoiseSums.of(values, np.round(values / scale) * scale)
        assert rmse_in_steps(sums, scale) == pytest.approx(IDEAL_RMSE, rel=0.01)
        ratios.append(sqnr_db(sums))
    assert ratios[1] - ratios[0] == pytest.approx(6.02, abs=0.1)


def test_values_outside_the_range_are_counted() -> None:
    sums = NoiseSums.of(np.array([[-1.0, 0.0], [1.0, 3.0]]), np.zeros((2, 2)), limits=(-0.5, 1.0))
    assert saturated_share(sums) == 0.5
    assert saturated_share(NoiseSums.of(REFERENCE, CANDIDATE)) == 0


def test_sums_of_parts_are_the_sums_of_the_whole() -> None:
    parts = NoiseSums.of(REFERENCE[:1], CANDIDATE[:1]) + NoiseSums.of(REFERENCE[1:], CANDIDATE[1:])
    whole = NoiseSums.of(REFERENCE, CANDIDATE)
    assert (sqnr_db(parts), noise_share(parts), parts.num_values) == (sqnr_db(whole), noise_share(whole), 4)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 2\) and \(1, 2\)"):
        NoiseSums.of(REFERENCE, CANDIDATE[:1])


def test_what_is_infinite_is_counted_and_part_of_no_sum() -> None:
    """Two of six values of the candidate are, one of them where the reference is, too; LiteRT ends at the largest."""
    reference = np.array([[1.0, 2.0], [np.inf, 2.0], [3.0, 2.0]])
    candidate = np.array([[np.finfo(np.float32).max, 2.0], [np.nan, 3.0], [3.0, 2.0]])
    sums = NoiseSums.of(reference, candidate)
    assert (sums.num_infinite, sums.num_reference_infinite) == (1, 1)
    assert infinite_share(sums) == 1 / 6
    assert sums.signal.tolist() == [9.0, 12.0]
    assert sums.noise.tolist() == [0.0, 1.0]
    both = sums + sums
    assert (both.num_infinite, both.num_reference_infinite) == (2, 2)
    assert np.isfinite(sqnr_db(sums))
