"""The names of the input and output options, as the user typed them. Reads no file."""

from dataclasses import dataclass

from edgekit.verification.request import ExternalModelOptions


@dataclass(frozen=True, kw_only=True)
class OptionNames:
    """The options that a suggestion may name.

    Attributes:
        input_range: What values the model wants.
        channel_order: RGB or BGR.
        labels: The order of its classes.
    """

    input_range: str = "--input-range"
    channel_order: str = "--channel-order"
    labels: str = "--labels"


OF_CANDIDATES = OptionNames()


def of_reference(given: ExternalModelOptions, *, is_candidate_too: bool) -> OptionNames:
    """The options of the reference.

    What is said of the candidates holds for the reference as well. If the reference is a candidate too, this is what
    must be said: an option for the reference alone would feed one file in two ways, and let it drift from itself.

    Args:
        given: What the user has said; what was said of the reference alone can only be changed there.
        is_candidate_too: Whether the same file is compared with it.
    """
    own = {"input_range": given.reference_input_range, "channel_order": given.reference_channel_order}
    named = {name: value is not None for name, value in {**own, "labels": given.reference_labels}.items()}
    names = {name: f"--{'reference-' if said or not is_candidate_too else ''}{name}" for name, said in named.items()}
    return OptionNames(**{name: option.replace("_", "-") for name, option in names.items()})
