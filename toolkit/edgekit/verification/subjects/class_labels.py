"""In which order an external model gives its classes: a file of class names, and the columns that it means."""

from collections.abc import Sequence
from pathlib import Path

from edgekit.execution.model_interface import ModelInterface
from edgekit.foundation.errors import UsageError, VerificationError
from edgekit.foundation.grammar import counted
from edgekit.input_range import RAW, InputEncoding
from edgekit.verification.request import ExternalModelOptions

MAX_NAMED = 10


def candidate_interface(options: ExternalModelOptions, class_names: Sequence[str]) -> ModelInterface:
    """How external candidates are fed and read.

    Raises:
        UsageError: The file of labels cannot be read.
        VerificationError: The labels are no permutation of `class_names`.
    """
    return ModelInterface(
        encoding=InputEncoding.parse(options.input_range or RAW.text, options.channel_order or "rgb"),
        output=options.output,
        order=_order_in(options.labels, class_names),
    )


def reference_interface(options: ExternalModelOptions, class_names: Sequence[str]) -> ModelInterface:
    """How an external reference is fed and read; raises as `candidate_interface`. Its values say what its output is."""
    range_text = options.reference_input_range or options.input_range or RAW.text
    channel_order = options.reference_channel_order or options.channel_order or "rgb"
    return ModelInterface(
        encoding=InputEncoding.parse(range_text, channel_order),
        order=_order_in(options.reference_labels or options.labels, class_names),
    )


def _order_in(labels: Path | None, class_names: Sequence[str]) -> tuple[int, ...] | None:
    return column_order(read_labels(labels), class_names, str(labels)) if labels else None


def read_labels(path: Path) -> tuple[str, ...]:
    """The class names in `path`, one per line; empty lines are left out. Raises UsageError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(f"The labels {path} cannot be read: {reason}. Expected one class name a line.") from error
    return tuple(line.strip() for line in lines if line.strip())


def column_order(
    model_names: Sequence[str], dataset_names: Sequence[str], source: str = "The labels"
) -> tuple[int, ...] | None:
    """For each class of the data set the model's column; None where both orders are the same.

    Raises:
        VerificationError: `model_names` is no permutation of `dataset_names`.
    """
    if tuple(model_names) == tuple(dataset_names):
        return None
    missing = [name for name in dataset_names if name not in model_names]
    unknown = [name for name in model_names if name not in dataset_names]
    repeated = sorted({name for name in model_names if list(model_names).count(name) > 1})
    problems = [
        f"{what} {quoted(names)}"
        for what, names in (("missing:", missing), ("not in the data set:", unknown), ("named twice:", repeated))
        if names
    ]
    if problems:
        raise VerificationError(
            f"{source} must name each of the {counted(len(dataset_names), 'class')} of the data set once, in the "
            f"model's order. Received {counted(len(model_names), 'name')}; {'; '.join(problems)}."
        )
    positions = {name: index for index, name in enumerate(model_names)}
    return tuple(positions[name] for name in dataset_names)


def quoted(names: Sequence[str]) -> str:
    """Names for a message, the first MAX_NAMED of them: "'cat', 'dog'"."""
    more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:MAX_NAMED]) + more
