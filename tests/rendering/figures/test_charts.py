import numpy as np
import pytest

from edgekit.rendering import figures


def make_history(epochs, rate=lambda _: 0.1):
    return [
        {
            "epoch": n + 1,
            "loss": 1 / (n + 1),
            "val_loss": 2 / (n + 1),
            "accuracy": 0.5,
            "val_accuracy": 0.25,
            "learning_rate": rate(n),
        }
        for n in range(epochs)
    ]


@pytest.mark.parametrize("epochs", [1, 30])
def test_learning_curves_show_training_validation_and_the_gap(epochs, texts_of):
    figure = figures.learning_curves(make_history(epochs))
    texts = texts_of(figure)
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert set(lines) == {"training", "validation", "best epoch: 1 (25.00 %)"}
    assert len(lines["training"].get_xdata()) == epochs
    assert "Accuracy (over-fitting gap at the end: +25.0 points)" in texts
    assert f"Loss (validation at the end: {2 / epochs:.4f})" in texts


@pytest.mark.parametrize(
    ("saved", "labels"),
    [
        (1, {"best epoch, saved: 1 (25.00 %)"}),
        (3, {"best epoch: 1 (25.00 %)", "saved: 3 (25.00 %)"}),
        (None, {"best epoch: 1 (25.00 %)"}),
    ],
)
def test_learning_curves_mark_the_epoch_that_was_saved(saved, labels):
    lines = figures.learning_curves(make_history(4), saved).axes[0].get_lines()
    assert {line.get_label() for line in lines} == {"training", "validation", *labels}


@pytest.mark.parametrize(("rate", "scale"), [(lambda n: 0.1 * 0.5**n, "log"), (lambda n: 0.1, "linear"),
                                             (lambda n: 0.1 * (9 - n), "linear")])  # fmt: skip
def test_the_learning_rate_is_shown_so_that_it_can_be_seen(rate, scale, texts_of):
    figure = figures.learning_rate(make_history(10, rate))
    assert not any("mathdefault" in text for text in texts_of(figure))
    assert figure.axes[0].get_yscale() == scale
    assert bool(figure.axes[0].get_ylim()[0] == 0) is (scale == "linear")  # a rate that stays is no line in mid-air


def test_no_line_runs_through_a_legend():
    figure = figures.learning_curves(make_history(6))
    figure.draw_without_rendering()
    for axes in figure.axes:
        assert axes.get_legend().get_window_extent().y1 <= axes.xaxis.get_tightbbox().y0


@pytest.mark.parametrize(("names", "angle"), [(("0", "1"), 0), (("cat", "dog"), 0), (("cat", "horse"), 45)])
def test_short_names_stand_upright_under_the_columns(names, angle):
    axes, bar = figures.confusion_matrix(((1, 0), (0, 1)), names).axes
    assert {label.get_rotation() for label in axes.get_xticklabels()} == {angle}
    bar.figure.draw_without_rendering()
    assert bar.get_yticklabels()[-1].get_text() == "100"  # percent, as in the cells


TRUTH = "Confusion matrix, % of the images of each true class\n(the diagonal is recall; 14 test images)"
PREDICTION = "Confusion matrix, % of the predictions of each class\n(the diagonal is precision; 14 test images)"


@pytest.mark.parametrize(
    ("by", "cells", "title"),
    [("truth", {"77.8", "22.2", "100.0"}, TRUTH), ("prediction", {"28.6", "71.4", "100.0"}, PREDICTION)],
)
def test_confusion_matrix_in_percent_of_truth_or_prediction(by, cells, title, texts_of):
    texts = texts_of(figures.confusion_matrix(((7, 2), (0, 5)), ("cat", "a very long name of a dog"), by))
    assert {"cat", "true class", "predicted class", title, *cells} <= texts


def test_classes_without_images_or_predictions_are_empty(texts_of):
    for by in ("truth", "prediction"):
        texts = texts_of(figures.confusion_matrix(((3, 0, 1), (0, 0, 0), (0, 0, 2)), ("a", "b", "c"), by))
        assert not any("nan" in text for text in texts)


@pytest.mark.parametrize(("num_classes", "named"), [(100, True), (150, False)])
def test_a_big_confusion_matrix_is_colours_with_names_as_long_as_they_can_be_read(num_classes, named, texts_of):
    names = [f"name {n}" for n in range(num_classes)]
    texts = texts_of(figures.confusion_matrix(np.eye(num_classes, dtype=int).tolist(), names))
    assert ("name 99" in texts) is named


def test_the_table_of_classes_counts_every_split(texts_of):
    texts = texts_of(figures.class_table(("ant", "bee"), {"train": [1200, 30], "test": [5, 6]}))
    assert {"0", "1", "ant", "bee", "1,200", "30", "all classes", "1,230", "11", "2 classes"} <= texts


def test_a_very_long_table_of_classes_is_cut(texts_of):
    texts = texts_of(figures.class_table([f"n{i}" for i in range(300)], {"train": [1] * 300}))
    assert "n199" in texts
    assert "n200" not in texts
    assert {"300", "300 classes, the first 200"} <= texts
