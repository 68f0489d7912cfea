"""A suggestion names the option that helps in the command that was typed."""

from pathlib import Path

from edgekit.verification.request import ExternalModelOptions
from edgekit.verification.subjects.option_names import OptionNames, of_reference


def test_a_reference_of_its_own_has_options_of_its_own() -> None:
    assert of_reference(ExternalModelOptions(), is_candidate_too=False) == OptionNames(
        input_range="--reference-input-range", channel_order="--reference-channel-order", labels="--reference-labels"
    )


def test_a_reference_that_is_a_candidate_too_is_fed_as_the_candidate() -> None:
    assert of_reference(ExternalModelOptions(), is_candidate_too=True) == OptionNames()


def test_what_was_said_of_the_reference_alone_is_changed_there() -> None:
    given = ExternalModelOptions(reference_input_range="0..1", reference_labels=Path("labels.txt"))
    assert of_reference(given, is_candidate_too=True) == OptionNames(
        input_range="--reference-input-range", channel_order="--channel-order", labels="--reference-labels"
    )
