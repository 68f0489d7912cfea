"""Ratios and intervals against values that were calculated by hand, and what becomes of them."""

from dataclasses import replace

import pytest

from edgekit.foundation.errors import UsageError
from edgekit.speed.comparison import compare_speed, ratio_of
from edgekit.speed.report import Latency, SpeedReport, SpeedRow, matching


def row(
    *medians: float, name: str = "model-int8.tflite", runtime: str = "litert-xnnpack", failure: str = ""
) -> SpeedRow:
    latency = Latency(
        num_threads=1, num_calls=30, p50_ms=medians[0] if medians else 0.0, p90_ms=9.0, p99_ms=9.0,
        round_medians_ms=medians,
    )  # fmt: skip
    return SpeedRow(
        artifact=name, sha256="0" * 64, size_bytes=1, format="tflite", precision="int8", runtime=runtime,
        latency=(latency,) if medians else (), failure=failure,
    )  # fmt: skip


def report(*rows: SpeedRow) -> SpeedReport:
    return SpeedReport(rows=rows, rounds=3, seconds=1.0, measured_on="2026-11-30", environment={})


def test_the_ratio_is_that_of_geometric_means_with_welchs_interval() -> None:
    # Logarithms base 2 of old: 0, 1, 2 (mean 1, variance 1); of new: 1, 2, 3. Their difference is 1, its standard
    # error sqrt(1/3 + 1/3) = 0.8165, with 4 degrees of freedom; t(0.975, 4) = 2.776445. So log2 is 1 +- 2.26696.
    ratio = ratio_of([1, 2, 4], [2, 4, 8])
    assert ratio.value == pytest.approx(2)
    assert ratio.low == pytest.approx(2 ** (1 - 2.26696), rel=1e-4)
    assert ratio.high == pytest.approx(2 ** (1 + 2.26696), rel=1e-4)
    assert not ratio.is_beyond_noise


def test_rounds_that_agree_to_the_last_digit_have_an_interval_of_one_point() -> None:
    ratio = ratio_of([2, 2, 2], [3, 3, 3])
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((1.5, 1.5, 1.5))
    assert ratio.is_beyond_noise


def test_two_rounds_are_too_few() -> None:
    with pytest.raises(UsageError, match=r"needs 3 rounds on each side\. Received 2 and 3: edgekit bench --rounds 3"):
        ratio_of([1, 2], [1, 2, 3])


@pytest.mark.parametrize(
    ("new", "limit", "status"),
    [
        ((1.20, 1.21, 1.19), 0.05, 3),  # 20 % slower, beyond noise
        ((1.20, 1.21, 1.19), 0.25, 0),  # allowed
        ((1.03, 1.031, 1.029), 0.05, 0),  # beyond noise, within the limit
        ((1.0, 2.0, 0.9), 0.05, 0),  # 22 % slower, but noise
        ((0.5, 0.5, 0.5), 0.0, 0),  # faster
    ],
)
def test_a_file_is_too_slow_beyond_the_limit_and_beyond_noise(
    new: tuple[float, ...], limit: float, status: int
) -> None:
    compared = compare_speed(report(row(1.0, 1.01, 0.99)), report(row(*new)), max_slowdown=limit, in_turn=True)
    assert compared.exit_status == status
    assert [change.is_too_slow for change in compared.changes] == [status == 3]


def test_a_file_that_no_longer_runs_is_too_slow_and_one_that_never_ran_is_not() -> None:
    stopped = row(failure="It crashed.")
    assert compare_speed(report(row(1, 1, 1)), report(stopped), max_slowdown=9, in_turn=True).exit_status == 3
    compared = compare_speed(report(stopped), report(stopped), max_slowdown=0, in_turn=True)
    assert compared.exit_status == 0
    assert compared.changes[0].latency is None


def test_rows_are_matched_by_kind_and_then_by_name() -> None:
    a, b, c = row(1, 1, 1, name="a"), row(1, 1, 1, name="b"), row(1, 1, 1, runtime="onnxruntime")
    renamed = replace(a, artifact="d")
    assert matching([a, b, c], [b, a]) == [(a, a), (b, b)]
    assert matching([a], [renamed]) == [(a, renamed)]
    compared = compare_speed(report(a, c), report(renamed, b), max_slowdown=0, in_turn=False)
    assert (compared.only_old, compared.only_new) == (("model-int8.tflite in onnxruntime",), ("b in litert-xnnpack",))


def test_what_has_no_partner_is_said() -> None:
    with pytest.raises(UsageError, match=r"same format, precision and runtime\. OLD has .*xnnpack; NEW has .*builtin"):
        compare_speed(
            report(row(1, 1, 1)), report(row(1, 1, 1, runtime="litert-builtin")), max_slowdown=0, in_turn=True
        )
