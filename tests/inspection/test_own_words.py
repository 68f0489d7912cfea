"""What a file says of itself is used where it can be true, and named where it cannot."""

from dataclasses import replace
from typing import Any

import pytest

from edgekit.artifact import Format, TensorSpec
from edgekit.inspection.info import ModelInfo, Quantization
from edgekit.inspection.own_words import NOTHING, own_words
from edgekit.inspection.self_description import SelfDescription

NAMES = ("cat", "dog", "ship")


def info(dtype: str = "float32", scale: float | None = None, zero_point: int | None = None, **said: Any) -> ModelInfo:
    """A file for images of 8 x 8 pixels and three classes that says `said`."""
    pixels = TensorSpec(name="in", shape=(1, 8, 8, 3), dtype=dtype, scale=scale, zero_point=zero_point)
    return ModelInfo(
        file="a.tflite",
        format=Format.TFLITE,
        size_bytes=1,
        sha256="",
        inputs=(pixels,),
        outputs=(TensorSpec(name="out", shape=(1, 3), dtype="float32"),),
        operators=(),
        quantization=Quantization(
            verdict="float32",
            explanation="",
            num_computing=0,
            num_integer=0,
            float_operators={},
            integer_weight_share=0.0,
            num_per_channel=0,
            num_quantize=0,
            num_dequantize=0,
            num_transpose=0,
            num_sparse=0,
        ),
        num_weights=0,
        weights_by_dtype={},
        multiply_adds=None,
        metadata={},
        stored_input=pixels if scale else None,
        self_description=SelfDescription(labels_source="labels.txt", **said) if said else None,
    )


def test_a_file_that_says_nothing_or_the_usual_changes_nothing() -> None:
    assert own_words(None, NAMES) is NOTHING
    assert own_words(info(), NAMES) is NOTHING
    usual = own_words(info(class_names=NAMES, mean=(0.0,), std=(1.0,)), NAMES)
    assert (usual.input_range, usual.labels, usual.remarks) == (None, None, ())


def test_normalization_and_order_are_used_and_said() -> None:
    found = own_words(info(class_names=("ship", "cat", "dog"), mean=(127.5,), std=(127.5,)), NAMES)
    assert (found.input_range, found.labels) == ("-1..1", ("ship", "cat", "dog"))
    assert found.remarks == (
        "It is fed and read as its own metadata say: pixels as -1..1, classes as in its labels.txt.",
    )


def test_what_the_user_says_counts() -> None:
    said = info(class_names=("ship", "cat", "dog"), mean=(127.5,), std=(127.5,))
    assert own_words(said, NAMES, use_range=False, use_labels=False).remarks == ()
    assert own_words(said, NAMES, use_range=False).input_range is None
    assert own_words(said, NAMES, use_labels=False).labels is None


@pytest.mark.parametrize(
    ("class_names", "words"),
    [
        (("cat", "dog"), "labels.txt has 2 names, and the model gives 3 scores"),
        (("cat", "dog", "bird"), "labels.txt lacks 1 class of the data set, such as 'ship'"),
    ],
)
def test_labels_that_cannot_be_right_are_named(class_names: tuple[str, ...], words: str) -> None:
    found = own_words(info(class_names=class_names), NAMES)
    assert found.labels is None
    assert found.remarks == (f"Its own labels are not used: {words} (--labels says what is).",)


def test_without_a_data_set_any_labels_may_be_right() -> None:
    assert own_words(info(class_names=("x", "y", "z")), None).labels == ("x", "y", "z")


def test_two_labels_may_be_those_of_one_score() -> None:
    one = replace(info(class_names=("no", "yes")), outputs=(TensorSpec(name="out", shape=(1, 1), dtype="float32"),))
    assert own_words(one, ("yes", "no")).labels == ("no", "yes")


def test_a_normalization_that_the_integers_of_the_input_do_not_hold_is_not_used() -> None:
    normalization: dict[str, Any] = {"mean": (127.5,), "std": (127.5,)}
    assert own_words(info("uint8", 1 / 127.5, 128, **normalization), NAMES).input_range == "-1..1"
    found = own_words(info("uint8", 1.0, 0, **normalization), NAMES)
    assert found.input_range is None
    assert "does not fit the integers of its input" in found.remarks[0]
