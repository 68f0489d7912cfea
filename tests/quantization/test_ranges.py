import numpy as np
import pytest

from edgekit.quantization.ranges import (
    NUM_BINS,
    Histogram,
    range_by_entropy,
    range_by_mse,
    range_by_percentile,
    range_of,
)
from edgekit.quantization.scheme import CalibrationMethod, QuantizationScheme


def histogram(values: "np.typing.ArrayLike") -> Histogram:
    array = np.asarray(values, np.float32)
    made = Histogram(low=min(float(array.min()), 0.0), high=max(float(array.max()), 0.0))
    for part in np.array_split(array, 3):
        made.add(part)
    return made


def squared_error(values: "np.typing.NDArray[np.float32]", low: float, high: float) -> float:
    """What rounding to 256 steps between `low` and `high` costs, computed without a histogram."""
    step = (high - low) / 255
    rounded = np.clip(np.round((values - low) / step), 0, 255) * step + low
    return float(((rounded - values) ** 2).mean())


def test_every_value_is_counted_once_and_zeros_apart() -> None:
    made = histogram([0, 0, -1, 3, 3, 1.5])
    assert (made.low, made.high, made.num_zeros) == (-1, 3, 2)
    assert made.counts.sum() == 4
    assert (made.counts[0], made.counts[-1]) == (1, 2)


def test_a_hundredth_at_both_ends_is_cut_by_the_98th_percentile() -> None:
    values = np.linspace(-1, 1, 100_001)
    low, high = range_by_percentile(histogram(values), 98)
    assert (low, high) == pytest.approx((-0.98, 0.98), abs=3 / NUM_BINS)


def test_one_outlier_does_not_set_the_range_by_percentile() -> None:
    values = np.concatenate([np.linspace(0.001, 1, 20_000), [50.0]])
    low, high = range_by_percentile(histogram(values), 99.9)
    assert low == 0
    assert 0.95 < high < 1.05
    assert range_by_percentile(histogram(values), 100) == pytest.approx((0, 50), abs=50 / NUM_BINS)


def test_zeros_count_among_all_values_of_a_percentile() -> None:
    values = np.concatenate([np.zeros(99_000), np.linspace(0.01, 1, 1_000)])
    assert range_by_percentile(histogram(values), 99)[1] == pytest.approx(0.5, abs=0.01)


def test_the_range_by_mse_costs_less_than_the_whole_one() -> None:
    generator = np.random.default_rng(0)
    values = np.concatenate([generator.normal(0, 1, 50_000), [40.0, -30.0]]).astype(np.float32)
    low, high = range_by_mse(histogram(values))
    assert -30 < low < -3
    assert 3 < high < 40
    found = squared_error(values, low, high)
    assert found < 0.95 * squared_error(values, -30, 40)
    others = [squared_error(values, -30 * a, 40 * b) for a in (0.2, 0.5, 0.8) for b in (0.2, 0.5, 0.8)]
    assert found < 1.02 * min(others)


def test_without_outliers_nearly_all_is_kept() -> None:
    values = np.linspace(-2, 5, 50_000)
    assert range_by_mse(histogram(values)) == pytest.approx((-2, 5), abs=0.1)


@pytest.mark.parametrize("method", [each.value for each in CalibrationMethod])
@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [-3.0, -2.0, -1.0], [5.0]])
def test_every_range_holds_zero_and_has_a_width(method: str, values: list[float]) -> None:
    low, high = range_of(histogram(values), QuantizationScheme(calibration=CalibrationMethod(method)))
    assert low <= 0 <= high
    assert high > low


def kl_divergence_by_loops(counts: "np.typing.NDArray[np.int64]", first: int, last: int) -> float:
    """The definition, bin by bin, for bins first to last - 1, at least 256 of them."""
    inside = [float(count) for count in counts[first:last]]
    spread = [0.0] * len(inside)
    for level in range(256):
        bins = [at for at in range(len(inside)) if at * 256 // len(inside) == level]
        filled = [at for at in bins if inside[at] > 0]
        for at in filled:
            spread[at] = sum(inside[b] for b in bins) / len(filled)
    inside[0] += float(counts[:first].sum())
    inside[-1] += float(counts[last:].sum())
    p, q = np.array(inside) + 1e-4, np.array(spread) + 1e-4
    p, q = p / p.sum(), q / q.sum()
    return float(sum(x * np.log(x / y) for x, y in zip(p, q, strict=True)))


def test_the_divergence_is_that_of_the_definition() -> None:
    from edgekit.quantization.ranges import _divergence

    made = histogram(np.random.default_rng(0).exponential(1, 3_000))
    width = made.high / NUM_BINS
    for last in (300, 1_000, NUM_BINS):
        assert _divergence(made, last * width) == pytest.approx(kl_divergence_by_loops(made.counts, 0, last), rel=1e-6)


def test_entropy_cuts_a_far_outlier_and_keeps_what_is_dense() -> None:
    generator = np.random.default_rng(0)
    values = np.concatenate([np.abs(generator.normal(0, 1, 100_000)), [30.0]]).astype(np.float32)
    low, high = range_by_entropy(histogram(values))
    assert low == 0
    assert 2 < high < 10
    low, high = range_by_entropy(histogram(generator.normal(0, 1, 100_000)))
    assert -5 < low < -2
    assert 2 < high < 5
    assert range_by_entropy(histogram(np.linspace(-2, 5, 100_000))) == pytest.approx((-2, 5), abs=0.1)


def test_entropy_cuts_the_long_tail_alone() -> None:
    """Both ends are cut at the same distance from 0; the short one is nearer than that, and stays."""
    values = np.concatenate([np.random.default_rng(0).exponential(0.5, 100_000), [-0.2, 40.0]])
    low, high = range_by_entropy(histogram(values))
    assert low == pytest.approx(-0.2)
    assert 2 < high < 20
