import numpy as np

from edgekit.metrics.class_order import best_order, can_be_told, right_in_other_order, says_something


def test_an_order_fitted_to_noise_explains_nothing() -> None:
    labels = np.arange(200) % 50
    predicted = np.random.default_rng(0).integers(0, 50, 200)
    fitted = np.array(best_order(predicted, labels, 50))
    assert (fitted[labels] == predicted).mean() > 0.2
    assert right_in_other_order(predicted, labels, 50).mean() < 0.1


def test_exchanged_classes_are_found() -> None:
    labels = np.arange(60) % 3
    predicted = np.array([2, 0, 1])[labels]
    assert best_order(predicted, labels, 3) == (2, 0, 1)
    assert right_in_other_order(predicted, labels, 3).all()


def test_the_best_order_moves_no_class_without_need() -> None:
    labels = np.array([0, 0, 1, 1])
    assert best_order(np.array([1, 1, 0, 0]), labels, 5) == (1, 0, 2, 3, 4)
    assert best_order(np.array([-1, -1, -1, -1]), labels, 5) == (0, 1, 2, 3, 4)


def test_a_few_images_of_many_classes_tell_nothing() -> None:
    assert can_be_told(500, 100)
    assert not can_be_told(500, 101)


def test_one_class_for_every_image_says_nothing_in_any_order() -> None:
    """It is right on 70 % of these images in the order that is made for it."""
    labels = np.r_[np.zeros(70, np.int64), np.arange(30) % 10]
    assert not says_something(np.full(100, 3), labels, (3, 1, 2, 0, 4, 5, 6, 7, 8, 9))
    assert says_something((labels + 1) % 10, labels, (1, 2, 3, 4, 5, 6, 7, 8, 9, 0))


def test_agreement_beyond_chance_is_cohens_kappa() -> None:
    """Two classes, half of the images each: (0.62 - 0.5) / (1 - 0.5) = 0.24, and 0.16 for 58 of 100."""
    labels = np.arange(100) % 2
    for num_agreeing, says in ((62, True), (58, False)):
        predicted = labels.copy()
        predicted[num_agreeing:] = 1 - labels[num_agreeing:]
        assert says_something(predicted, labels, (0, 1)) is says


def test_one_image_outweighs_all_classes_that_would_stay() -> None:
    assert best_order(np.array([1]), np.array([0]), 2) == (1, 0)
    assert best_order(np.array([0, 0]), np.array([1, 1]), 2) == (1, 0)
    assert best_order(np.array([1, 2, 0, 0, 1]), np.array([0, 1, 2, 0, 1]), 3) == (1, 2, 0)


def test_each_half_is_judged_by_the_order_of_the_other() -> None:
    """By hand: the classes are exchanged, the images of both halves come in another order, and one is wrong."""
    labels = np.array([0, 1, 1, 0, 0, 0, 1, 1, 0, 1])
    predicted = 1 - labels
    predicted[0] = 0
    assert right_in_other_order(predicted, labels, 2).tolist() == [False] + [True] * 9


def test_more_images_than_needed_tell_too() -> None:
    assert can_be_told(1000, 100)


def test_a_single_class_and_missing_answers_say_nothing() -> None:
    zeros = np.zeros(10, np.int64)
    assert not says_something(zeros, zeros, (0,))
    labels = np.arange(100) % 2
    silent = np.where(np.arange(100) < 60, labels, -1)
    assert says_something(silent, labels, (0, 1)), "(0.6 - 0.3) / (1 - 0.3)"
    assert not says_something(np.full(100, -1), labels, (0, 1))
