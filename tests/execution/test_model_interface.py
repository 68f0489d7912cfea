"""How the scores of a model are read: softmax where they are logits, columns in the order of the data set."""

import numpy as np
import pytest

from edgekit.artifact import FileOptions
from edgekit.execution.model_interface import ModelInterface
from edgekit.foundation.errors import VerificationError
from edgekit.metrics.class_columns import ClassColumns
from edgekit.metrics.two_classes import TwoClasses


def test_logits_are_found_by_their_values_or_announced() -> None:
    logits = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]], np.float32)
    found = ModelInterface().read(logits).scores
    assert np.allclose(found.sum(axis=1), 1)
    assert found.argmax(axis=1).tolist() == [0, 1]
    probabilities = np.array([[0.9, 0.1, 0.0]], np.float32)
    assert np.array_equal(ModelInterface().read(probabilities).scores, probabilities)
    assert not np.array_equal(ModelInterface(output="logits").read(probabilities).scores, probabilities)
    with pytest.raises(VerificationError, match="announced as probabilities"):
        ModelInterface(output="probabilities").read(logits)


def test_nan_and_another_number_of_classes_are_left_to_the_comparison() -> None:
    broken = np.array([[np.nan, 1, 2]], np.float32)
    assert np.isnan(ModelInterface().read(broken).scores).any()
    four = np.array([[0.1, 0.2, 0.3, 0.4]], np.float32)
    assert ModelInterface(order=(1, 2, 0)).read(four).scores is four


def test_one_score_for_two_classes_is_a_probability_or_a_logit() -> None:
    interface = ModelInterface(two_classes=TwoClasses())
    probabilities = interface.read(np.array([[0.2], [0.9]], np.float32))
    assert np.allclose(probabilities.scores, [[0.8, 0.2], [0.1, 0.9]])
    assert (probabilities.was_one_score, probabilities.were_logits) == (True, False)
    logits = interface.read(np.array([[0.0], [-30.0]], np.float32))
    assert np.allclose(logits.scores, [[0.5, 0.5], [1, 0]])
    assert logits.were_logits
    announced = ModelInterface(two_classes=TwoClasses(positive=0), output="logits")
    assert np.allclose(announced.read(np.array([[np.log(3)]], np.float32)).scores, [[0.75, 0.25]])
    broken = interface.read(np.array([[np.nan], [0.5]], np.float32)).scores
    assert np.isnan(broken[0]).all()


def test_the_threshold_decides_for_one_score_and_for_two() -> None:
    interface = ModelInterface(two_classes=TwoClasses(threshold=0.7))
    one = interface.read(np.array([[0.69], [0.71]], np.float32)).scores
    two = interface.read(np.array([[0.31, 0.69], [0.29, 0.71]], np.float32)).scores
    assert one.argmax(axis=1).tolist() == two.argmax(axis=1).tolist() == [0, 1]
    assert np.allclose(one, two, atol=1e-6)


def test_classes_that_the_data_set_lacks_are_one_column_and_everybody_else_gets_it_too() -> None:
    columns = ClassColumns.named(("background", "dog", "cat", "dog"), ("cat", "dog"), "labels.txt")
    read = ModelInterface().with_columns(columns).read(np.array([[0.1, 0.2, 0.3, 0.4]], np.float32)).scores
    assert np.allclose(read, [[0.3, 0.4, 0.1]])
    logits = ModelInterface(columns=columns).read(np.array([[0, 9, 0, 0]], np.float32))
    assert logits.were_logits
    assert logits.scores.argmax(axis=1).tolist() == [1]
    plain = ModelInterface(num_padded=2).read(np.array([[0.6, 0.4]], np.float32)).scores
    assert np.allclose(plain, [[0.6, 0.4, 0]])
    with pytest.raises(VerificationError, match=r"The labels name 4 classes; the model gives 3 scores per image"):
        ModelInterface(columns=columns).read(np.array([[0.1, 0.2, 0.7]], np.float32))


def test_what_one_score_is_shows_only_when_all_are_there() -> None:
    two = TwoClasses()
    unknown = ModelInterface(two_classes=two, file_options=FileOptions())
    assert unknown.needs_all_scores
    assert not ModelInterface(two_classes=two, file_options=FileOptions(), output="logits").needs_all_scores
    assert not ModelInterface(file_options=FileOptions()).needs_all_scores
    assert unknown.widths(2) == (2, 1)
    assert ModelInterface().widths(7) == (7,)
