"""What the user says of external models: order of classes, logits, and options that cannot be meant."""

from pathlib import Path

import numpy as np
import pytest

from edgekit.execution.model_interface import ModelInterface
from edgekit.foundation.errors import UsageError, VerificationError
from edgekit.input_range import InputEncoding
from edgekit.verification.request import ExternalModelOptions
from edgekit.verification.subjects.class_labels import (
    candidate_interface,
    column_order,
    read_labels,
    reference_interface,
)

NAMES = ("cat", "dog", "bird")


def test_columns_are_brought_into_the_order_of_the_data_set() -> None:
    order = column_order(("bird", "cat", "dog"), NAMES)
    assert order == (1, 2, 0)
    scores = np.array([[0.7, 0.2, 0.1]], np.float32)  # bird, cat, dog
    assert np.allclose(ModelInterface(order=order).read(scores).scores, [[0.2, 0.1, 0.7]])
    assert column_order(NAMES, NAMES) is None


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("cat", "dog"), "missing: 'bird'"),
        (("cat", "dog", "fish"), "not in the data set: 'fish'"),
        (("cat", "dog", "dog", "bird"), "named twice: 'dog'"),
        ((), "missing: 'cat', 'dog', 'bird'"),
    ],
)
def test_labels_that_are_no_permutation_say_what_is_wrong(names: tuple[str, ...], words: str) -> None:
    with pytest.raises(VerificationError, match=words):
        column_order(names, NAMES)


def test_labels_are_read_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes("\ufeffbird\r\n cat \r\n\r\nZaunkönig\r\n".encode())
    assert read_labels(path) == ("bird", "cat", "Zaunkönig")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="one class name a line"):
        read_labels(path)
    with pytest.raises(UsageError, match="No such file"):
        read_labels(tmp_path / "nothing.txt")


def test_the_reference_is_like_the_candidates_unless_said_otherwise() -> None:
    options = ExternalModelOptions(input_range="0..1", channel_order="bgr")
    assert reference_interface(options, NAMES).encoding == InputEncoding.parse("0..1", "bgr")
    other = ExternalModelOptions(input_range="0..1", reference_input_range="-1..1", reference_channel_order="bgr")
    assert candidate_interface(other, NAMES).encoding == InputEncoding.parse("0..1", "rgb")
    assert reference_interface(other, NAMES).encoding == InputEncoding.parse("-1..1", "bgr")
    assert other.given_for_reference == ("--reference-input-range", "--reference-channel-order")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"input_range": "0-1"}, "0..1"),
        ({"reference_input_range": "1..0"}, "must rise"),
        ({"channel_order": "rbg"}, "rgb or bgr"),
        ({"reference_channel_order": "x"}, "rgb or bgr"),
        ({"output": "scores"}, "probabilities or logits"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(options: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ExternalModelOptions(**options)
