import numpy as np
import pytest
from numpy.typing import NDArray
from support.external_models import COLOURS, colour_images

from edgekit.foundation.errors import ExportError
from edgekit.input_probe import (
    USUAL_RANGES,
    check_takes_no_caffe_pixels,
    check_takes_raw_pixels,
    try_caffe,
    try_ranges,
    warning_about,
)
from edgekit.input_range import InputRange

IMAGES = np.zeros((500, 2, 2, 3), np.uint8)
LABELS = np.arange(500) % 10


def trials_with(num_right: dict[str, int]) -> list:  # type: ignore[type-arg]
    """A model that is right on the first so many images, by range."""

    def scores_of(input_range: InputRange, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        answers = (LABELS + (np.arange(len(images)) >= num_right[input_range.text])) % 10
        return np.eye(10, dtype=np.float32)[answers]

    return try_ranges(scores_of, IMAGES, LABELS)


def counts(**changed: int) -> dict[str, int]:
    names = dict(zip(("raw", "unit", "centered", "imagenet"), USUAL_RANGES, strict=True))
    return {text: changed.get(name, 50) for name, text in names.items()}


def test_a_clearly_better_range_is_named_with_both_accuracies() -> None:
    with pytest.raises(ExportError, match=r"10\.0 % as given and 85\.0 % with 0\.\.1: use --input-range 0\.\.1"):
        check_takes_raw_pixels(trials_with(counts(unit=425, centered=300)))


def test_a_model_that_takes_pixels_passes() -> None:
    check_takes_raw_pixels(trials_with(counts(raw=430)))


def test_a_little_better_is_not_clearly_better() -> None:
    check_takes_raw_pixels(trials_with(counts(raw=400, unit=450)))
    with pytest.raises(ExportError):
        check_takes_raw_pixels(trials_with(counts(raw=400, unit=451)))


def test_a_model_that_only_guesses_is_warned_about() -> None:
    assert "10.0 %" in str(warning_about(trials_with(counts()), 10))
    assert warning_about(trials_with(counts(raw=430)), 10) is None


@pytest.mark.parametrize("num_classes", [2, 3])
def test_a_model_that_is_right_on_every_image_of_few_classes_does_not_guess(num_classes: int) -> None:
    labels = np.arange(500) % num_classes

    def scores_of(_: InputRange, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.eye(num_classes, dtype=np.float32)[labels[: len(images)]]

    trials = try_ranges(scores_of, IMAGES, labels)
    assert warning_about(trials, num_classes) is None


def test_scores_that_fit_far_better_in_another_range_are_pointed_out() -> None:
    def scores_of(input_range: InputRange, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Right on 80 % of the images in every range, but far too sure of itself except from 0 to 1."""
        sure = 0.8 if input_range.text == "0..1" else 1.0
        answers = (LABELS + (np.arange(len(images)) >= 400)) % 10
        return np.where(np.eye(10)[answers] == 1, sure, (1 - sure) / 9).astype(np.float32)

    trials = try_ranges(scores_of, IMAGES, LABELS)
    check_takes_raw_pixels(trials)
    assert trials[0].cross_entropy == pytest.approx(0.2 * -np.log(1e-7))
    assert "--input-range 0..1" in str(warning_about(trials, 10))


@pytest.mark.parametrize("is_caffe", [True, False])
def test_a_network_of_caffe_is_told_apart_from_one_that_takes_pixels(is_caffe: bool) -> None:
    images, labels = colour_images(200, 0)
    wanted = COLOURS[:, ::-1] - [103.939, 116.779, 123.68] if is_caffe else COLOURS

    def scores_of(input_range: InputRange, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Of the class whose colour is nearest."""
        colours = (images * np.array(input_range.scale) + input_range.offset).mean(axis=(1, 2))
        nearest = np.square(colours[:, None] - wanted).sum(axis=2).argmin(axis=1)
        return np.eye(len(wanted), dtype=np.float32)[nearest]

    trials, caffe = try_ranges(scores_of, images, labels), try_caffe(scores_of, images, labels)
    check_takes_raw_pixels(trials)
    if is_caffe:
        with pytest.raises(ExportError, match=r"blue first and less their mean.* as given and 100\.0 % so.*preprocess"):
            check_takes_no_caffe_pixels(trials, caffe)
    else:
        check_takes_no_caffe_pixels(trials, caffe)
