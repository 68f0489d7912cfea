"""A model that guesses, or never predicts a class, is named as such."""

import numpy as np

from edgekit.metrics.weaknesses import weaknesses

NAMES = ("ant", "bee", "cat", "dog")


def scores(tops: "list[int] | np.ndarray") -> "np.ndarray":
    return np.eye(4, dtype=np.float32)[tops]


def test_a_good_model_has_none() -> None:
    labels = np.arange(40) % 4
    assert weaknesses(scores(labels), labels, NAMES) == ()


def test_a_model_that_answers_always_the_same() -> None:
    labels = np.arange(40) % 4
    guess, never = weaknesses(scores(np.zeros(40, np.int64)), labels, NAMES)
    assert guess == (
        "The model is hardly better than guessing: it is right on 25.0% of 40 test images, and guessing among "
        "4 classes is right on 25.0%."
    )
    assert never == "The model never predicts 'bee', 'cat' and 'dog', which 30 test images show."


def test_a_class_without_images_need_not_be_predicted() -> None:
    labels = np.arange(40) % 3
    assert weaknesses(scores(labels), labels, NAMES) == ()
    blind = np.where(labels == 2, 1, labels)
    assert weaknesses(scores(blind), labels, NAMES) == ("The model never predicts 'cat', which 13 test images show.",)
