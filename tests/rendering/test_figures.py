"""Figures are drawn to the end: what they show is checked where numbers can tell."""

import io

import numpy as np
import pytest

from edgekit.datasets import Split
from edgekit.metrics.classification import classification_report, first_mistakes
from edgekit.rendering import figures

RNG = np.random.default_rng(0)


def texts_of(figure):
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def assert_draws(figure):
    file = io.BytesIO()
    figure.savefig(file, dpi=40)
    assert file.getvalue().startswith(b"\x89PNG")


def make_split(num_classes: int, side: int = 6) -> Split:
    labels = np.arange(num_classes * 3, dtype=np.int64) % num_classes
    return Split(images=RNG.integers(0, 256, (len(labels), side, side + 2, 3), dtype=np.uint8), labels=labels)


@pytest.mark.parametrize("epochs", [1, 30])
def test_learning_curves_show_training_and_validation(epochs):
    history = [
        {
            "epoch": n + 1,
            "loss": 1 / (n + 1),
            "val_loss": 2 / (n + 1),
            "accuracy": 0.5,
            "val_accuracy": 0.25,
            "learning_rate": 0.1,
        }
        for n in range(epochs)
    ]
    figure = figures.learning_curves(history)
    assert_draws(figure)
    loss = figure.axes[0].get_lines()
    assert [line.get_label() for line in loss] == ["training", "validation"]
    assert len(loss[0].get_xdata()) == epochs
    assert "Accuracy (validation at the end: 0.2500)" in texts_of(figure)


def test_confusion_matrix_writes_counts_and_names():
    figure = figures.confusion_matrix(((7, 2), (0, 5)), ("cat", "a very long name of a dog"))
    assert_draws(figure)
    texts = texts_of(figure)
    assert {"7", "2", "5", "cat", "true class", "predicted class", "Confusion matrix, 14 test images"} <= set(texts)


def test_a_big_confusion_matrix_is_colours_only():
    figure = figures.confusion_matrix(np.eye(100, dtype=int).tolist(), [f"class {n}" for n in range(100)])
    assert_draws(figure)
    assert not any(text.startswith("class ") for text in texts_of(figure))


@pytest.mark.parametrize("num_wrong", [0, 3, 8])
def test_mistakes_are_shown_with_both_classes_and_the_probability(num_wrong):
    split = make_split(4)
    scores = np.full((12, 4), 0.1, np.float32)
    scores[np.arange(12), split.labels] = 0.7
    for index in range(num_wrong):
        scores[index] = np.roll(scores[index], 1)
    names = ("ant", "bee", "cat", "dog")
    report = classification_report(scores, split.labels, names)
    figure = figures.misclassified(split.images, first_mistakes(scores, split.labels, 6), names, report)
    assert_draws(figure)
    texts = texts_of(figure)
    shown = min(num_wrong, 6)
    assert sum("predicted" in text for text in texts) == shown
    assert (
        f"{'The first ' if num_wrong > 6 else ''}{shown} of {num_wrong} misclassified images (of 12 test images)"
        in texts
    )
    if num_wrong:
        assert "no. 0\ntrue: ant\npredicted: bee (0.70)" in texts


@pytest.mark.parametrize("num_classes", [2, 25])
def test_sample_images_have_a_row_a_class(num_classes):
    split = make_split(num_classes)
    figure = figures.sample_images(split, tuple(f"class {n}" for n in range(num_classes)))
    assert_draws(figure)
    assert sum(text.startswith("class ") for text in texts_of(figure)) == min(num_classes, 20)
    canvas = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(canvas[:6, :8], split.images[0])


def test_large_images_are_thinned_out():
    images = np.zeros((2, 1000, 600, 3), np.uint8)
    figure = figures.sample_images(Split(images=images, labels=np.arange(2)), ("ant", "bee"))
    assert figure.axes[0].images[0].get_array().shape[0] < 2 * 256
    assert_draws(figure)
