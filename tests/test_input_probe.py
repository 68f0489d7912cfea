import numpy as np
import pytest
from numpy.typing import NDArray
from support.models.external_models import COLOURS, colour_images

from edgekit.foundation.errors import ExportError
from edgekit.input_probe import (
    USUAL_RANGES,
    Trial,
    check_class_order,
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
        check_takes_raw_pixels(trials_with(counts(unit=425, centered=300)), 10)


def test_a_model_that_takes_pixels_passes() -> None:
    check_takes_raw_pixels(trials_with(counts(raw=430)), 10)


def test_a_little_better_is_not_clearly_better() -> None:
    check_takes_raw_pixels(trials_with(counts(raw=400, unit=450)), 10)
    with pytest.raises(ExportError):
        check_takes_raw_pixels(trials_with(counts(raw=400, unit=451)), 10)


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
    check_takes_raw_pixels(trials, 10)
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
    check_takes_raw_pixels(trials, len(COLOURS))
    if is_caffe:
        with pytest.raises(
            ExportError, match=r"in BGR order, minus their mean.* as given and 100\.0 % that way.*preprocess"
        ):
            check_takes_no_caffe_pixels(trials, caffe)
    else:
        check_takes_no_caffe_pixels(trials, caffe)


def measured(*figures: tuple[float, float]) -> list[Trial]:
    """Trials of the usual ranges with these accuracies and cross-entropies."""
    return [
        Trial(
            input_range=InputRange.parse(text),
            accuracy=share,
            cross_entropy=entropy,
            right=np.arange(500) < 500 * share,
        )
        for text, (share, entropy) in zip(USUAL_RANGES, figures, strict=True)
    ]


def test_nearly_constant_scores_of_a_wrong_range_are_no_reason_to_suggest_it() -> None:
    """A model of raw pixels, its classes in another order: 18.6 % in a wrong range is no sign of the right one."""
    figures = measured((0.114, 10.9), (0.092, 2.44), (0.186, 2.43), (0.176, 2.43))
    warning = str(warning_about(figures, 10))
    assert "--input-range" not in warning
    assert "Are the classes of the data set in the order in which the model was trained?" in warning
    check_takes_raw_pixels(figures, 10)
    check_takes_raw_pixels(measured((0.02, 10.9), (0.092, 2.44), (0.186, 2.43), (0.176, 2.43)), 10)


CLASSES = tuple("abcdefghij")


def trials_in_order(shift: int, *, share: float = 1.0, text: str = USUAL_RANGES[0]) -> list[Trial]:
    """A model that gives the class `shift` further on for a share of the images, in one range; constant elsewhere."""

    def scores_of(input_range: InputRange, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        if input_range.text != text:
            return np.full((len(images), 10), 0.1, np.float32)
        guesses = np.random.default_rng(0).integers(0, 10, len(images))
        answers = np.where(np.arange(len(images)) % 100 < 100 * share, (LABELS + shift) % 10, guesses)
        return np.eye(10, dtype=np.float32)[answers]

    return try_ranges(scores_of, IMAGES, LABELS)


def test_another_order_of_the_classes_is_named_with_the_command_that_says_so() -> None:
    with pytest.raises(ExportError) as raised:
        check_class_order(trials_in_order(3), CLASSES, gives_one_score=False)
    text = str(raised.value)
    assert "on 500 training images its accuracy is 0.0 % as given and 100.0 % in another order" in text
    assert "printf '%s\\n' h i j a b c d e f g > labels.txt" in text
    assert "--input-range" not in text


def test_another_order_and_another_range_are_said_together() -> None:
    with pytest.raises(ExportError, match=r"pixels of 0\.\.1 .*--labels labels\.txt --input-range 0\.\.1"):
        check_class_order(trials_in_order(3, text="0..1"), CLASSES, gives_one_score=False)


def test_a_model_in_the_right_order_or_of_no_use_is_left_alone() -> None:
    assert check_class_order(trials_in_order(0), CLASSES, gives_one_score=False) is None
    assert check_class_order(trials_with(counts(raw=430)), CLASSES, gives_one_score=False) is None
    rng = np.random.default_rng(0)
    guessing = try_ranges(lambda _, images: rng.uniform(size=(len(images), 10)).astype(np.float32), IMAGES, LABELS)
    assert check_class_order(guessing, CLASSES, gives_one_score=False) is None


def test_an_order_that_explains_less_than_half_is_a_note_and_no_error() -> None:
    note = check_class_order(trials_in_order(3, share=0.4), CLASSES, gives_one_score=False)
    assert "in another order" in str(note)


def test_one_score_of_the_other_class_is_said_by_its_own_option() -> None:
    labels = np.arange(500) % 2

    def scores_of(_: InputRange, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.eye(2, dtype=np.float32)[1 - labels[: len(images)]]

    trials = try_ranges(scores_of, IMAGES, labels)
    with pytest.raises(ExportError, match=r"seems to be of class 'hot dog'.*--positive-class 'hot dog'\."):
        check_class_order(trials, ("hot dog", "cat"), gives_one_score=True)


def test_of_many_classes_the_order_is_not_looked_for() -> None:
    labels = np.arange(500) % 250
    scores = np.eye(250, dtype=np.float32)[labels[::-1]]
    trials = try_ranges(lambda *_: scores, IMAGES, labels)
    assert trials[0].in_other_order is None
    assert check_class_order(trials, tuple(map(str, range(250))), gives_one_score=False) is None


def test_a_model_that_gives_one_class_has_no_other_order() -> None:
    """Most images are of one class: in the order that is made for it, a constant model is right on these."""
    labels = np.r_[np.zeros(400, np.int64), np.arange(100) % 10]
    scores = np.full((500, 10), 0.09, np.float32)
    scores[:, 3] = 0.19
    trials = try_ranges(lambda *_: scores, np.zeros((500, 2, 2, 3), np.uint8), labels)
    assert check_class_order(trials, tuple("abcdefghij"), gives_one_score=False) is None
