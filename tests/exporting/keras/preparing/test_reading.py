import pytest

from edgekit.exporting.keras.preparing.reading import OutputReading
from edgekit.foundation.errors import UnknownNameError, UsageError

TWO = ("cat", "dog")


def test_without_a_word_the_second_class_is_the_positive_one() -> None:
    assert OutputReading().positive_index(TWO) == 1
    assert OutputReading(positive_class="cat").positive_index(TWO) == 0
    assert OutputReading(labels=("dog", "cat")).positive_index(TWO) == 0


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown class 'dgo'\. Did you mean 'dog'"):
        OutputReading(positive_class="dgo").positive_index(TWO)
    with pytest.raises(UsageError, match=r"is for data sets of two classes\. This one has 3 classes"):
        OutputReading(positive_class="cat").positive_index(("cat", "dog", "bird"))
    contradiction = OutputReading(positive_class="cat", labels=("cat", "dog"), labels_source="labels.txt")
    with pytest.raises(UsageError, match=r"labels\.txt and --positive-class contradict"):
        contradiction.positive_index(TWO)


def test_the_manifest_keeps_what_was_said_and_nothing_else() -> None:
    assert OutputReading().to_dict() == {}
    reading = OutputReading(output_name="head", positive_class="dog", labels=("cat", "dog"))
    again = OutputReading.of_manifest(reading.to_dict())
    assert (
        again.to_dict()
        == reading.to_dict()
        == {
            "output_name": "head",
            "positive_class": "dog",
            "labels": ["cat", "dog"],
        }
    )
    assert reading.words == "output 'head', positive class 'dog', 2 labels"
    assert OutputReading().words == "as it is"
    assert reading.says_order
    assert not OutputReading(output_name="head").says_order
