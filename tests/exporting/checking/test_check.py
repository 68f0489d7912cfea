import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.artifact import Precision
from edgekit.exporting.checking.check import MORE_IMAGES, CheckImages, CheckResult, judge
from edgekit.foundation.errors import ExportError

Scores = NDArray[np.float32]


def confident(num_images: int = 20, num_classes: int = 4) -> Scores:
    """Scores of 0.91 for one class in turn, 0.03 for the others."""
    return (np.eye(num_classes)[np.arange(num_images) % num_classes] * 0.88 + 0.03).astype(np.float32)


def checked(reference: Scores, candidate: Scores, precision: Precision = Precision.INT8) -> CheckResult:
    return judge(reference, candidate, title="The file", precision=precision, runtime="made-up").kept()


def test_equal_scores_pass() -> None:
    result = checked(confident(), confident(), Precision.FLOAT32)
    assert (result.num_images, result.num_decided, result.agreement) == (20, 20, 1.0)
    assert result.max_abs_score_difference == 0


def test_float32_may_differ_by_a_thousandth_and_no_more() -> None:
    assert checked(confident(), confident() + np.float32(0.0009), Precision.FLOAT32)
    with pytest.raises(ExportError, match=r"differs by 0\.0011, at most 0\.001"):
        checked(confident(), confident() + np.float32(0.0011), Precision.FLOAT32)
    assert checked(confident(), confident() + np.float32(0.0011), Precision.FLOAT16)


def test_four_of_five_decided_images_must_agree() -> None:
    candidate = confident()
    candidate[:4] = candidate[[1, 2, 3, 0]]
    assert checked(confident(), candidate).agreement == 0.8
    candidate[4] = candidate[5]
    with pytest.raises(ExportError, match="of 20 images on which Keras is sure, it agrees on 15") as lossy:
        checked(confident(), candidate)
    assert "edgekit tune" in str(lossy.value)
    with pytest.raises(ExportError) as wrong:
        checked(confident(), candidate, Precision.FLOAT16)
    assert "int8" not in str(wrong.value)


def test_nearly_tied_images_do_not_count() -> None:
    reference, candidate = confident(), confident()
    reference[:8] = [0.26, 0.25, 0.25, 0.24]
    candidate[:8] = [0.25, 0.26, 0.25, 0.24]
    result = checked(reference, candidate)
    assert (result.num_decided, result.agreement) == (12, 1.0)


def test_where_all_are_nearly_tied_the_scores_themselves_count() -> None:
    flat = np.full((20, 4), 0.25, np.float32)
    assert checked(flat, flat).agreement is None
    with pytest.raises(ExportError, match="differs by"):
        checked(flat, confident())


def test_lost_weights_and_nan_are_found() -> None:
    with pytest.raises(ExportError, match="same scores for every image"):
        checked(confident(), np.full((20, 4), 0.25, np.float32), Precision.FLOAT16)
    with pytest.raises(ExportError, match=r"same scores for every image.*--float-layers"):
        checked(confident(), np.full((20, 4), 0.25, np.float32), Precision.INT8)
    broken = confident()
    broken[3, 1] = np.nan
    with pytest.raises(ExportError, match="NaN"):
        checked(confident(), broken)
    with pytest.raises(ExportError, match=r"\(20, 3\)"):
        checked(confident(), confident()[:, :3])


def test_check_images_come_from_the_training_split() -> None:
    from support.keras_models import digits

    chosen = CheckImages(digits(), digits().image_shape)
    images = chosen.first(32)
    assert images.shape == (32, 32, 32, 3)
    train = {image.tobytes() for image in digits().train.images}
    assert all(image.tobytes() in train for image in images)
    more = {image.tobytes() for image in chosen.first(MORE_IMAGES[0])}
    assert all(image.tobytes() in more for image in images), "more images hold the fewer"
    assert CheckImages(None, (8, 8, 3)).first(32).shape == (32, 8, 8, 3)


def wrong_on(share: float, num_images: int) -> Scores:
    candidate = confident(num_images)
    first = round(share * num_images)
    candidate[:first] = np.roll(candidate[:first], 1, axis=1)
    return candidate


@pytest.mark.parametrize(
    ("share", "num_images", "is_sure"),
    [
        (0.25, 32, False),  # 24 of 32: between 50 % and 91 % of all images, at 99 %
        (0.25, 512, True),  # between 70 % and 80 %
        (0.7, 32, True),
        (0.1, 32, True),
    ],
)
def test_few_images_leave_open_what_many_decide(share: float, num_images: int, is_sure: bool) -> None:
    judgement = judge(
        confident(num_images),
        wrong_on(share, num_images),
        title="The file",
        precision=Precision.INT8,
        runtime="made-up",
    )
    assert judgement.is_sure is is_sure
    assert bool(judgement.reason) is (share > 0.2)


def test_a_float32_file_may_differ_by_what_the_network_differs_from_itself() -> None:
    """EfficientNetB0's scores differ by 0.0023 between batches of 32 and 1."""

    def judged(difference: float) -> str:
        candidate = confident() + np.float32(difference)
        return judge(
            confident(),
            candidate,
            title="The file",
            precision=Precision.FLOAT32,
            runtime="made-up",
            own_noise=0.0023,
        ).reason

    assert judged(0.0065) == ""
    assert "differs by 0.0075, at most 0.0069 is expected; the network differs from itself by 0.0023" in judged(0.0075)
