"""How the scores of a model are read: softmax where they are logits, columns in the order of the data set."""

import numpy as np
import pytest

from edgekit.execution.model_interface import ModelInterface
from edgekit.foundation.errors import VerificationError


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
