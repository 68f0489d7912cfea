"""Which images are golden, and the images that are made by a formula."""

import hashlib

import numpy as np
import pytest

from edgekit.bundle.golden.choice import MAX_IMAGES, Reason, choose
from edgekit.datasets.images.synthetic import synthetic_images


def scored(num_classes: int, num_images: int) -> tuple["np.ndarray", "np.ndarray"]:
    random = np.random.RandomState(0)
    labels = np.arange(num_images) % num_classes
    scores = random.dirichlet(np.ones(num_classes), num_images).astype("f4")
    return labels.astype("i8"), scores


@pytest.mark.parametrize(
    ("num_classes", "num_images"), [(2, 32), (10, 32), (20, 32), (32, 32), (33, 49), (40, 56), (84, 100)]
)
def test_every_class_has_an_image_and_none_is_taken_twice(num_classes: int, num_images: int) -> None:
    labels, scores = scored(num_classes, 1000)
    chosen = choose(labels, scores, list(range(0, 50, 5)))
    assert len(chosen) == len({each.index for each in chosen}) == num_images
    assert {int(labels[each.index]) for each in chosen} == set(range(num_classes))
    assert choose(labels, scores, list(range(0, 50, 5))) == chosen


def test_hardest_easiest_and_most_often_flipped_come_first() -> None:
    labels, scores = scored(10, 1000)
    chosen = choose(labels, scores, [5, 7, 7, 9, 9, 9, 2000, -1])
    assert [each.index for each in chosen if each.reason is Reason.FLIPPED] == [9, 7, 5]
    certainty = scores[np.arange(1000), labels]
    hardest = [each.index for each in chosen if each.reason is Reason.HARDEST]
    assert hardest == [each for each in np.argsort(certainty, kind="stable") if each not in (5, 7, 9)][:8]
    easiest = [each.index for each in chosen if each.reason is Reason.EASIEST]
    assert int(certainty.argmax()) in easiest
    assert len({int(labels[each]) for each in easiest[:10]}) == 10


@pytest.mark.parametrize("num_classes", [85, 100, 500, 1000])
def test_of_too_many_classes_some_have_an_image_spread_evenly(num_classes: int) -> None:
    labels, scores = scored(num_classes, 3000)
    chosen = choose(labels, scores, list(range(0, 50, 5)))
    reasons = [each.reason for each in chosen]
    assert [reasons.count(each) for each in (Reason.FLIPPED, Reason.HARDEST)] == [8, 8]
    assert len({each.index for each in chosen}) == len(chosen) == MAX_IMAGES
    shown = sorted({int(labels[each.index]) for each in chosen})
    assert len(shown) >= 84
    assert np.diff([-1, *shown, num_classes]).max() <= num_classes / 84 + 2
    assert choose(labels, scores, list(range(0, 50, 5))) == chosen


def test_few_images_unknown_scores_and_more_classes_than_images() -> None:
    labels, scores = scored(3, 5)
    assert len(choose(labels, scores, [])) == 5
    assert {each.reason for each in choose(labels, None, [])} == {Reason.CLASS, Reason.EASIEST}
    labels, scores = scored(500, 1000)
    assert len(choose(labels, scores, [])) == MAX_IMAGES
    scores[:, 0] = np.nan
    assert len(choose(labels, scores, [])) == MAX_IMAGES


def test_synthetic_images_are_the_same_everywhere_and_have_no_symmetry() -> None:
    images = synthetic_images(32, (32, 32), 3, vary=False)
    digest = hashlib.sha256(b"".join(each.tobytes() for each in images)).hexdigest()
    assert digest == "f6f49d5adc1855c2469ed9e72289b7a96ef0ca8b6df7a52930d46f73a7d083e1"
    assert {each.shape for each in images} == {(32, 32, 3)}
    for each in images:
        assert int(each.max()) - int(each.min()) > 100
        for other in (each[::-1], each[:, ::-1], each.transpose(1, 0, 2), each[..., ::-1]):
            assert np.abs(each.astype(int) - other.astype(int)).max() > 50
    varied = synthetic_images(3, (32, 24), 1, vary=True)
    assert [each.shape for each in varied] == [(65, 72, 1), (64, 48, 1), (96, 49, 1)]
