import numpy as np
import pytest

from edgekit.foundation.errors import UsageError
from edgekit.metrics.class_columns import OTHER_CLASS, ClassColumns, listed

NAMES = ("cat", "dog", "bird")


def columns(*names: str) -> ClassColumns:
    return ClassColumns.named(names, NAMES, "labels.txt")


def test_a_permutation_is_an_order_and_nothing_is_lost() -> None:
    made = columns("bird", "cat", "dog")
    assert made.order == (1, 2, 0)
    assert not made.has_other
    assert made.class_names(NAMES) == NAMES
    assert np.array_equal(made.gather(np.array([[0.7, 0.2, 0.1]], np.float32)), np.array([[0.2, 0.1, 0.7]], np.float32))


def test_the_same_order_is_the_identity() -> None:
    assert columns(*NAMES).is_identity
    assert not columns("dog", "cat", "bird").is_identity
    assert not columns(*NAMES, "fish").is_identity


def test_what_the_data_set_lacks_is_one_more_class_and_its_highest_score_counts() -> None:
    made = columns("background", "cat", "fish", "bird", "dog")
    scores = np.array([[0.30, 0.40, 0.10, 0.15, 0.05], [0.50, 0.10, 0.20, 0.10, 0.10]], np.float32)
    gathered = made.gather(scores)
    assert made.order is None
    assert made.class_names(NAMES) == (*NAMES, OTHER_CLASS)
    assert np.array_equal(gathered, np.array([[0.40, 0.05, 0.15, 0.30], [0.10, 0.10, 0.10, 0.50]], np.float32))
    assert gathered.argmax(axis=1).tolist() == [0, 3]  # the sum of the others, 0.4 and more, would decide otherwise


def test_of_two_columns_of_one_class_the_higher_counts() -> None:
    made = columns("cat", "dog", "cat", "bird")
    assert made.order is None
    assert not made.has_other
    given = np.array([[0.1, 0.3, 0.4, 0.2]], np.float32)
    assert np.array_equal(made.gather(given), np.array([[0.4, 0.3, 0.2]], np.float32))


def test_a_class_without_a_column_is_named_with_what_is_not_known() -> None:
    with pytest.raises(UsageError, match=r"labels\.txt must name .* 2 names; missing: 'dog', 'bird'.*set: 'fish'\."):
        columns("cat", "fish")


def test_twelve_thousand_columns_cost_no_table_of_classes_by_classes() -> None:
    names = tuple(map(str, range(12_000)))
    made = ClassColumns.named(("background", *names), names, "labels.txt")
    scores = np.zeros((3, 12_001), np.float32)
    scores[[0, 1, 2], [0, 1, 12_000]] = 1
    assert made.gather(scores).argmax(axis=1).tolist() == [12_000, 0, 11_999]


def test_a_class_named_twice_is_no_identity() -> None:
    assert not columns("cat", "cat", "dog", "bird").is_identity
    assert not columns("cat", "dog", "dog", "bird").is_identity


def test_of_many_names_ten_are_shown() -> None:
    assert listed(["a", "b"]) == "'a', 'b'"
    assert listed([str(each) for each in range(10)]) == ", ".join(f"'{each}'" for each in range(10))
    assert listed([str(each) for each in range(1012)]).endswith("'8', '9' and 1,002 more")
