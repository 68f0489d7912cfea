"""What the user says of external models: order of classes, logits, and options that cannot be meant."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.input_range import InputEncoding
from edgekit.metrics.two_classes import TwoClasses
from edgekit.verification.request import ExternalModelOptions
from edgekit.verification.subjects.class_labels import (
    candidate_interface,
    decision,
    reference_interface,
)

NAMES = ("cat", "dog", "bird")


def written(path: Path, *names: str) -> Path:
    path.write_text("\n".join(names))
    return path


def test_columns_are_brought_into_the_order_of_the_data_set(tmp_path: Path) -> None:
    labels = written(tmp_path / "labels.txt", "bird", "cat", "dog")
    interface = candidate_interface(ExternalModelOptions(labels=labels), NAMES)
    assert interface.order == (1, 2, 0)
    scores = np.array([[0.7, 0.2, 0.1]], np.float32)  # bird, cat, dog
    assert np.allclose(interface.read(scores).scores, [[0.2, 0.1, 0.7]])
    same = candidate_interface(ExternalModelOptions(labels=written(tmp_path / "same.txt", *NAMES)), NAMES)
    assert (same.order, same.columns) == (None, None)


def test_labels_may_name_classes_that_the_data_set_lacks_and_one_class_twice(tmp_path: Path) -> None:
    labels = written(tmp_path / "labels.txt", "background", "cat", "dog", "dog", "bird")
    interface = candidate_interface(ExternalModelOptions(labels=labels), NAMES)
    assert interface.columns is not None
    assert interface.columns.classes == (3, 0, 1, 1, 2)
    assert interface.knows_others
    assert interface.widths(3) == (5,)
    assert interface.file_options is not None
    assert interface.file_options.num_scores == (5,)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("cat", "dog"), "missing: 'bird'"),
        (("cat", "dog", "fish"), "missing: 'bird'. Not in the data set: 'fish'"),
    ],
)
def test_labels_without_a_class_of_the_data_set_are_refused(names: tuple[str, ...], words: str, tmp_path: Path) -> None:
    labels = written(tmp_path / "labels.txt", *names)
    with pytest.raises(UsageError, match=words):
        candidate_interface(ExternalModelOptions(labels=labels), NAMES)


def test_labels_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(b"\xff\xfe\x00")
    for bad in (path, tmp_path / "nothing.txt"):
        with pytest.raises(UsageError, match=r"cannot be read.*one class name per line"):
            candidate_interface(ExternalModelOptions(labels=bad), NAMES)


def test_of_two_classes_the_last_label_is_the_positive_one(tmp_path: Path) -> None:
    pair = ("cat", "dog")
    assert candidate_interface(ExternalModelOptions(), pair).two_classes == TwoClasses(positive=1)
    turned = ExternalModelOptions(labels=written(tmp_path / "labels.txt", "dog", "cat"))
    assert candidate_interface(turned, pair).two_classes == TwoClasses(positive=0)
    assert candidate_interface(ExternalModelOptions(positive_class="cat"), pair).two_classes == TwoClasses(positive=0)
    with pytest.raises(UnknownNameError, match="Unknown class 'cow'"):
        candidate_interface(ExternalModelOptions(positive_class="cow"), pair)
    both = ExternalModelOptions(labels=turned.labels, positive_class="dog")
    with pytest.raises(UsageError, match="contradict each other"):
        candidate_interface(both, pair)


def test_the_threshold_is_one_decision_for_all_models(tmp_path: Path) -> None:
    pair, labels = ("cat", "dog"), written(tmp_path / "labels.txt", "dog", "cat")
    options = ExternalModelOptions(threshold=0.25, reference_labels=labels)
    assert decision(options, pair, None) == TwoClasses(positive=1, threshold=0.25)
    assert candidate_interface(options, pair).two_classes == TwoClasses(positive=1, threshold=0.25)
    assert reference_interface(options, pair).two_classes == TwoClasses(positive=0, threshold=0.75)
    assert decision(ExternalModelOptions(), pair, None) is None


@pytest.mark.parametrize("options", [{"threshold": 0.3}, {"positive_class": "cat"}])
def test_what_is_said_of_two_classes_is_refused_for_three(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"is for data sets of two classes\. This one has 3 classes"):
        candidate_interface(ExternalModelOptions(**options), NAMES)


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
        ({"threshold": 1.0}, "between 0 and 1"),
        ({"threshold": float("nan")}, "between 0 and 1"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ExternalModelOptions(**options)
