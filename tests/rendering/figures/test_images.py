import numpy as np
import pytest

from edgekit.datasets import Split
from edgekit.metrics.classification import classification_report, first_mistakes
from edgekit.rendering import figures


@pytest.mark.parametrize("num_wrong", [0, 3, 8])
def test_mistakes_are_shown_with_both_classes_and_the_probability(num_wrong, make_split, texts_of):
    split = make_split(4)
    scores = np.full((12, 4), 0.1, np.float32)
    scores[np.arange(12), split.labels] = 0.7
    for index in range(num_wrong):
        scores[index] = np.roll(scores[index], 1)
    names = ("ant", "bee", "cat", "dog")
    report = classification_report(scores, split.labels, names)
    mistakes = first_mistakes(scores, split.labels, 6)
    texts = texts_of(figures.misclassified(split.images, mistakes, names, report))
    shown = min(num_wrong, 6)
    assert sum("pred.:" in text for text in texts) == shown
    title = f"{'The first ' if num_wrong > 6 else ''}{shown} of {num_wrong} misclassified test images (of 12)"
    assert any(text.startswith(title) for text in texts)
    if num_wrong:
        assert "no. 0 (0.70)\ntrue: ant\npred.: bee" in texts


@pytest.mark.parametrize("num_classes", [2, 25, 102])
def test_sample_images_have_a_row_a_class(num_classes, make_split, texts_of):
    split = make_split(num_classes)
    figure = figures.sample_images(split, tuple(f"class {n}" for n in range(num_classes)))
    assert sum(text.startswith("class ") for text in texts_of(figure)) == min(num_classes, 100)
    canvas = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(canvas[:6, :8], split.images[0])
    np.testing.assert_array_equal(canvas[7:13, :8], split.images[1])
    np.testing.assert_array_equal(canvas[:6, 9:17], split.images[num_classes])


def test_a_class_without_training_images_has_an_empty_row(make_split, texts_of):
    figure = figures.sample_images(make_split(2), ("ant", "bee", "none of these"))
    assert "none of these" in texts_of(figure)
    assert (figure.axes[0].images[0].get_array()[14:] == 255).all()


def test_augmented_images_stand_beside_their_originals(make_split, texts_of):
    split = make_split(3)
    originals = Split(images=split.images[:3], labels=split.labels[:3])
    versions = np.stack([255 - originals.images, originals.images // 2], axis=1)
    figure = figures.augmented_images(originals, versions, ("ant", "bee", "cat"))
    assert {"ant", "bee", "cat"} <= texts_of(figure)
    canvas = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(canvas[:6, :8], originals.images[0])
    start = 9 + 2 + 1  # the original, and a wider gap
    np.testing.assert_array_equal(canvas[:6, start : start + 8], versions[0, 0])
    np.testing.assert_array_equal(canvas[:6, start + 9 : start + 17], versions[0, 1])
    assert not any("classes" in text for text in texts_of(figure))
    of_five = figures.augmented_images(originals, versions, ("ant", "bee", "cat", "dog", "eel"))
    assert any("3 of 5 classes" in text for text in texts_of(of_five))


def test_large_images_are_thinned_out(texts_of):
    images = np.zeros((2, 1000, 600, 3), np.uint8)
    figure = figures.sample_images(Split(images=images, labels=np.arange(2)), ("ant", "bee"))
    assert figure.axes[0].images[0].get_array().shape[0] < 2 * 280
    texts_of(figure)
