import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.artifact import Precision
from edgekit.exporting.check import CheckResult, check_images, compare
from edgekit.foundation.errors import ExportError

Scores = NDArray[np.float32]


def confident(num_images: int = 20, num_classes: int = 4) -> Scores:
    """Scores of 0.91 for one class in turn, 0.03 for the others."""
    return (np.eye(num_classes)[np.arange(num_images) % num_classes] * 0.88 + 0.03).astype(np.float32)


def checked(reference: Scores, candidate: Scores, precision: Precision = Precision.INT8) -> CheckResult:
    return compare(reference, candidate, title="The file", precision=precision, runtime="made-up")


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
    with pytest.raises(ExportError, match="of 20 images on which Keras is decided, it agrees on 15") as lossy:
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
    with pytest.raises(ExportError, match="same for every image"):
        checked(confident(), np.full((20, 4), 0.25, np.float32), Precision.FLOAT16)
    with pytest.raises(ExportError, match=r"same for every image.*--float-layers"):
        checked(confident(), np.full((20, 4), 0.25, np.float32), Precision.INT8)
    broken = confident()
    broken[3, 1] = np.nan
    with pytest.raises(ExportError, match="NaN"):
        checked(confident(), broken)
    with pytest.raises(ExportError, match=r"\(20, 3\)"):
        checked(confident(), confident()[:, :3])


def test_check_images_come_from_the_training_split() -> None:
    from support.keras_models import digits

    images = check_images(digits(), digits().image_shape)
    assert images.shape == (32, 32, 32, 3)
    train = {image.tobytes() for image in digits().train.images}
    assert all(image.tobytes() in train for image in images)
    assert check_images(None, (8, 8, 3)).shape == (32, 8, 8, 3)
