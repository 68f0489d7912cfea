import numpy as np

from edgekit.metrics.class_order import best_order, can_be_told, right_in_other_order


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
