"""Integers that cannot hold what a file is fed are found, and ranges that merely leave something out are not."""

import numpy as np
import pytest

from edgekit.artifact import TensorSpec
from edgekit.execution.input_fit import fit_of, input_fault
from edgekit.input_range import InputEncoding

IMAGENET = "mean=0.485/0.456/0.406,std=0.229/0.224/0.225"


def stored(low: float, high: float, dtype: str = "int8") -> TensorSpec:
    """Integers that stand for the numbers from `low` to `high`."""
    limits = np.iinfo(dtype)
    scale = (high - low) / (int(limits.max) - int(limits.min))
    return TensorSpec(
        name="pixels", shape=(1, 8, 8, 3), dtype=dtype, scale=scale, zero_point=int(limits.min - round(low / scale))
    )


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Every value of a pixel equally often in each channel."""
    values = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    return np.repeat(values, 3, axis=3)


@pytest.mark.parametrize(
    ("held", "fed"),
    [((0, 255), "0..255"), ((0, 1), "0..1"), ((-1, 1), "-1..1"), ((-1, 1), "0..1"), ((-2.12, 2.64), IMAGENET)],
)
def test_a_range_that_holds_what_it_is_fed_is_no_fault(held: tuple[float, float], fed: str, images: np.ndarray) -> None:
    assert input_fault(stored(*held), InputEncoding.parse(fed), images) is None


def test_a_scale_of_1_in_255_cuts_off_all_pixels_above_1(images: np.ndarray) -> None:
    fit = fit_of(stored(0, 1), InputEncoding(), images)
    assert fit is not None
    assert fit.is_fault
    assert (fit.held, fit.fed) == (pytest.approx((0, 1)), (0, 255))
    assert fit.outside == 254 / 256, "all values but 0 and 1"
    assert fit.held_range == "0..1"
    assert input_fault(stored(0, 1), InputEncoding(), images) == (
        "Its input holds 0 to 1 (int8, scale 0.00392, zero point -128), but it is fed 0 to 255: 99.2 % of the values "
        "are cut off. It was calibrated on images that were scaled once more than the model expects: quantize it "
        "again, with calibration images of 0..255."
    )


def test_the_other_way_round_two_steps_are_left(images: np.ndarray) -> None:
    fault = input_fault(stored(0, 255, "uint8"), InputEncoding.parse("0..1"), images, option="--input-range")
    assert fault == (
        "Its input holds 0 to 255 (uint8, scale 1, zero point 0), but it is fed 0 to 1: all 256 values of a pixel "
        "become 2 of its 256 steps. Does the model expect 0..255? Then add --input-range 0..255. Else it was "
        "calibrated on images that were scaled once less than the model expects: quantize it again, with calibration "
        "images of 0..1."
    )


def test_half_of_a_symmetric_range_that_is_missing_is_found(images: np.ndarray) -> None:
    fit = fit_of(stored(0, 1), InputEncoding.parse("-1..1"), images)
    assert fit is not None
    assert fit.is_fault
    assert fit.outside == pytest.approx(0.5, abs=0.01)


def test_a_few_bright_pixels_on_black_images_are_enough() -> None:
    images = np.zeros((4, 10, 10, 3), np.uint8)
    images[:, :2, 1] = 200
    assert input_fault(stored(0, 1), InputEncoding(), images) is not None


def test_rare_pixels_that_a_percentile_leaves_out_are_no_fault(images: np.ndarray) -> None:
    """A tenth of the values lies outside, but near; and dark images may be calibrated on what they hold."""
    assert input_fault(stored(0, 232), InputEncoding(), images) is None
    dark = (images // 4).astype(np.uint8)
    assert input_fault(stored(0, 64), InputEncoding(), dark) is None


def test_wide_integers_hold_a_small_range(images: np.ndarray) -> None:
    assert input_fault(stored(-255, 255, "int16"), InputEncoding.parse("0..1"), images) is None


def test_nothing_is_said_where_nothing_is_declared(images: np.ndarray) -> None:
    plain = TensorSpec(name="pixels", shape=(1, 8, 8, 3), dtype="uint8")
    assert fit_of(None, InputEncoding(), images) is None
    assert fit_of(plain, InputEncoding(), images) is None
    assert fit_of(stored(0, 1), InputEncoding.parse("bytes"), images) is None
