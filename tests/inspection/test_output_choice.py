"""Which of several outputs holds the scores: the only one that fits, or the one that the user names."""

from pathlib import Path

import pytest

from edgekit.artifact import FileOptions, TensorSpec
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.output_choice import place_of_output

FILE = Path("mine.onnx")


def outputs(**shapes: tuple[int | None, ...]) -> list[TensorSpec]:
    return [TensorSpec(name=name, shape=shape, dtype="float32") for name, shape in shapes.items()]


def test_the_only_output_that_fits_is_used_with_a_sentence() -> None:
    several = outputs(features=(None, 64), map=(1, 10, 10), scores=(1, 1, 1, 10))
    assert place_of_output(FILE, 1, several, FileOptions(num_scores=(10,))) == (
        2,
        "Of 3 outputs ('features' (any, 64), 'map' (1, 10, 10), 'scores' (1, 1, 1, 10)), 'scores' is used, the only "
        "one that gives 10 scores.",
    )


def test_two_scores_come_before_one_and_a_name_before_both() -> None:
    several = outputs(risk=(None, 1), scores=(None, 2))
    assert place_of_output(FILE, 1, several, FileOptions(num_scores=(2, 1)))[0] == 1
    assert place_of_output(FILE, 1, several, FileOptions(num_scores=(2, 1), output_name="risk"))[0] == 0
    assert place_of_output(FILE, 1, outputs(risk=(None, 1), x=(None, 8)), FileOptions(num_scores=(2, 1)))[0] == 0


def test_one_output_is_taken_whatever_its_name() -> None:
    assert place_of_output(FILE, 1, outputs(x=(None, 3)), FileOptions(output_name="scores")) == (0, "")


@pytest.mark.parametrize(
    ("shapes", "options", "words"),
    [
        ({"a": (None, 10), "b": (None, 10)}, FileOptions(num_scores=(10,)), r"exactly one of shape \(batch, 10\)"),
        ({"a": (None, 3), "b": (None, None)}, FileOptions(num_scores=(10,)), r"as in --output-name 'a'"),
        ({"a": (None, 10), "b": (None, 3)}, FileOptions(output_name="c"), r"Unknown output 'c'.* Known: a, b"),
        ({"a": (None, 10), "b": (None, 3)}, None, r"has 1 input and 2 outputs"),
        ({}, FileOptions(), r"0 outputs"),
    ],
)
def test_what_cannot_be_told_costs_a_sentence(
    shapes: dict[str, tuple[int | None, ...]], options: FileOptions | None, words: str
) -> None:
    with pytest.raises(ArtifactError, match=words):
        place_of_output(FILE, 1, outputs(**shapes), options)
