import numpy as np
import pytest

from edgekit.foundation.errors import CalibrationError
from edgekit.quantization.ranges import (
    NUM_BINS,
    Histogram,
    check_finite_ranges,
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


def test_each_method_gives_its_own_range() -> None:
    values = np.concatenate([np.random.default_rng(0).normal(0, 1, 20_000), [40.0, -30.0]])
    made = histogram(values)
    found = {method: range_of(made, QuantizationScheme(calibration=method)) for method in CalibrationMethod}
    assert found == {
        CalibrationMethod.MINMAX: (made.low, made.high),
        CalibrationMethod.PERCENTILE: range_by_percentile(made, QuantizationScheme().percentile),
        CalibrationMethod.MSE: range_by_mse(made),
        CalibrationMethod.ENTROPY: range_by_entropy(made),
    }
    assert len(set(found.values())) == 4


def test_entropy_leaves_at_least_256_of_4096_bins() -> None:
    values = np.concatenate([np.abs(np.random.default_rng(0).normal(0, 0.5, 100_000)), [100.0]])
    assert range_by_entropy(histogram(values)) == pytest.approx((0.0, 100 * 256 / 4096), rel=1e-6)


@pytest.mark.parametrize("limits", [(-1.0, 1.0), (0.0, 0.0), (2.0, 2.0), (-9.9e29, 9.9e29)])
def test_finite_ranges_pass(limits: tuple[float, float]) -> None:
    check_finite_ranges({"relu": limits})


@pytest.mark.parametrize(
    "limits",
    [
        (0.0, 1e30), (-1e30, 0.0), (0.0, 2e30), (-2e30, 0.0), (0.0, np.inf), (-np.inf, 0.0), (np.nan, 1.0),
        (0.0, np.nan), (1.0, 0.0),
    ],
)  # fmt: skip
def test_an_activation_that_overflowed_is_named(limits: tuple[float, float]) -> None:
    with pytest.raises(CalibrationError, match="'swish' reaches values from"):
        check_finite_ranges({"relu": (0.0, 1.0), "swish": limits})


def test_the_range_by_mse_by_hand() -> None:
    """N values near 0, one at 10: (10 - h)^2 + N (h / 255)^2 / 12 is least at h = 10 / (1 + N / (12 * 255^2))."""
    made = Histogram(low=0.0, high=10.0)
    made.counts[5], made.counts[-1] = 12 * 255**2, 1
    assert range_by_mse(made) == pytest.approx((0.0, 5.0), rel=1e-9)
    made.counts[5] = 10**12
    assert range_by_mse(made) == pytest.approx((0.0, 10 / 128), rel=1e-9), "the smallest of 128 shares"
    made.counts[5] = 1
    assert range_by_mse(made) == (0.0, 10.0)
    mirrored = Histogram(low=-10.0, high=0.0)
    mirrored.counts[-6], mirrored.counts[0] = 12 * 255**2, 1
    assert range_by_mse(mirrored) == pytest.approx((-5.0, 0.0), rel=1e-9)


@pytest.mark.parametrize(("each_side", "cut"), [(2000, 20), (1995, 19), (2010, 20)])
def test_a_percentile_cuts_whole_bins_by_hand(each_side: int, cut: int) -> None:
    """One value a bin: 0.5 % of 4,000 are 20 bins; of 3,990 19.95, and of 4,020 20.1."""
    made = Histogram(low=-1.0, high=1.0)
    made.counts[:each_side] = made.counts[-each_side:] = 1
    end = 1 - 2 * cut / NUM_BINS
    assert range_by_percentile(made, 99) == pytest.approx((-end, end), rel=1e-12)


def test_values_beyond_the_limits_are_counted_at_the_ends() -> None:
    made = Histogram(low=0.0, high=1.0)
    made.add(np.array([-0.5, 1.0, 2.0], np.float32))
    assert (made.counts[0], made.counts[-1], made.counts.sum()) == (1, 2, 3)


def test_the_divergence_of_both_sides_is_that_of_the_definition() -> None:
    from edgekit.quantization.ranges import _divergence

    made = Histogram(low=-1.0, high=1.0)
    made.counts[:] = np.random.default_rng(0).integers(0, 9, NUM_BINS)
    made.counts[:1000] += 5
    for bins in (128, 300, 2000):
        first, last = NUM_BINS // 2 - bins, NUM_BINS // 2 + bins
        expected = kl_divergence_by_loops(made.counts, first, last)
        assert _divergence(made, (bins - 0.5) * 2 / NUM_BINS) == pytest.approx(expected, rel=1e-6)
