"""What an external model says of itself, as far as it can be true: how it is fed, and what its scores are of.

Metadata of a `.tflite` and properties of an `.onnx` come from a stranger, and may have been copied from another model.
So what contradicts the tensors of the file, or the classes of the data set, is not used. Runs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.foundation.grammar import counted
from edgekit.input_range import InputRange
from edgekit.inspection.info import ModelInfo

LEEWAY = 0.1
"""How far a normalization may lead beyond what the integers of an input hold, or leave them unused: in their width."""


@dataclass(frozen=True, kw_only=True)
class OwnWords:
    """What is used of it, and what is said of that.

    Attributes:
        input_range: What `InputRange.parse` reads; None: nothing is said, raw pixels, or nothing that can be true.
        labels: The class of each score; None: nothing is said, the data set's order, or nothing that can be true.
        labels_source: Where the file says them: "labels.txt".
        remarks: Whole sentences: what is used, and what is not.
    """

    input_range: str | None = None
    labels: tuple[str, ...] | None = None
    labels_source: str = ""
    remarks: tuple[str, ...] = ()


NOTHING = OwnWords()


def own_words(
    info: ModelInfo | None,
    class_names: Sequence[str] | None,
    *,
    use_range: bool = True,
    use_labels: bool = True,
    subject: str = "It",
) -> OwnWords:
    """What is used of the description in a file.

    Args:
        info: What was read of the file; None if it cannot be read.
        class_names: Of the data set; None if there is none, so that any labels may be right.
        use_range: Whether the user says nothing of the input range.
        use_labels: Whether the user says nothing of the labels.
        subject: What the sentences begin with.
    """
    if info is None or info.self_description is None:
        return NOTHING
    said = info.self_description
    wanted = _range(info) if use_range else None
    fits = wanted is None or _can_hold(info, wanted)
    labels = said.class_names if use_labels else ()
    fault = _fault(labels, info, class_names) if labels else ""
    is_used = bool(labels) and not fault and (class_names is None or labels != tuple(class_names))
    used = [
        *([f"pixels as {wanted.text}"] if wanted and fits else []),
        *([f"classes as in its {said.labels_source}"] if is_used else []),
    ]
    remarks = [f"{subject} is fed and read as its own metadata say: {', '.join(used)}."] if used else []
    if wanted and not fits:
        remarks.append(
            f"The normalization in its metadata, pixels as {wanted.text}, does not fit the integers of its input, so "
            f"it is not used (--input-range says what is)."
        )
    if fault:
        remarks.append(f"Its own labels are not used: {said.labels_source} {fault} (--labels says what is).")
    return OwnWords(
        input_range=wanted.text if wanted and fits else None,
        labels=labels if is_used else None,
        labels_source=said.labels_source,
        remarks=tuple(remarks),
    )


def _range(info: ModelInfo) -> InputRange | None:
    """The normalization that the file says, if it changes pixels."""
    said = info.self_description
    if said is None or not said.mean or info.channels is None:
        return None
    found = InputRange.of_normalization(said.mean, said.std)
    if found is None or found.is_raw or (info.channels == 1 and not found.is_uniform):
        return None
    return found


def _can_hold(info: ModelInfo, wanted: InputRange) -> bool:
    """Whether the integers that hold the pixels stand for about the numbers that this range makes of them."""
    held = info.stored_input.held if info.stored_input else None
    if held is None:
        return True
    low = min(wanted.offset)
    high = max(255.0 * scale + offset for scale, offset in zip(wanted.scale, wanted.offset, strict=True))
    leeway = LEEWAY * (held[1] - held[0])
    return abs(low - held[0]) <= leeway and abs(high - held[1]) <= leeway


def _fault(labels: tuple[str, ...], info: ModelInfo, class_names: Sequence[str] | None) -> str:
    """Why the labels cannot be those of the scores, after their name; "" if they can."""
    width = info.outputs[0].shape[-1] if len(info.outputs) == 1 and info.outputs[0].shape else None
    is_one_of_two = width == 1 and len(labels) == 2
    if width not in (None, len(labels)) and not is_one_of_two:
        return f"has {counted(len(labels), 'name')}, and the model gives {counted(width or 0, 'score')}"
    if class_names is not None and (missing := [name for name in class_names if name not in labels]):
        return f"lacks {counted(len(missing), 'class')} of the data set, such as '{missing[0]}'"
    return ""
