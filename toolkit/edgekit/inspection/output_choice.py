"""Which of several outputs of a model holds the scores of the classes. Loads no model."""

from collections.abc import Sequence
from pathlib import Path

from edgekit.artifact import FileOptions, TensorSpec
from edgekit.foundation.errors import ArtifactError, UnknownNameError
from edgekit.foundation.grammar import counted
from edgekit.inspection.load_errors import expect_one_each


def place_of_output(
    path: Path, num_inputs: int, outputs: Sequence[TensorSpec], options: FileOptions | None
) -> tuple[int, str]:
    """The place of the output that holds the scores, and a sentence that says which it is; "" if there is only one.

    Args:
        path: The file, for messages.
        num_inputs: Its inputs.
        outputs: All outputs, in the file's order.
        options: What is known of the file; None: it must have one output.

    Raises:
        ArtifactError: There is not one input, no output of the name that the user gives, or not exactly one that fits.
    """
    if num_inputs != 1 or len(outputs) <= 1 or options is None:
        expect_one_each(path, num_inputs, len(outputs))
        return 0, ""
    return _of_several(path, outputs, options.output_name, options.num_scores)


def _of_several(
    path: Path, outputs: Sequence[TensorSpec], name: str | None, num_scores: Sequence[int]
) -> tuple[int, str]:
    shown = ", ".join(f"'{each.name}' {_shape(each)}" for each in outputs)
    if name is not None:
        return _named(path, outputs, name), f"Of {counted(len(outputs), 'output')} ({shown}), '{name}' is used."
    for wanted in num_scores:
        fitting = [place for place, each in enumerate(outputs) if _width(each) == wanted]
        if len(fitting) == 1:
            chosen = outputs[fitting[0]].name
            return fitting[0], (
                f"Of {counted(len(outputs), 'output')} ({shown}), '{chosen}' is used, the only one that gives "
                f"{counted(wanted, 'score')}."
            )
        if fitting:
            break
    expected = " or ".join(f"(batch, {wanted})" for wanted in num_scores)
    raise ArtifactError(
        f"{path} has {counted(len(outputs), 'output')}: {shown}. Expected exactly one of shape {expected}. Say which "
        f"one holds the scores, as in --output-name '{outputs[0].name}'."
    )


def _named(path: Path, outputs: Sequence[TensorSpec], name: str) -> int:
    names = [each.name for each in outputs]
    if name not in names:
        raise ArtifactError(f"{path}: {UnknownNameError('output', name, names)}")
    return names.index(name)


def _width(output: TensorSpec) -> int | None:
    """C of an output (batch, C), or (batch, 1, …, C); None if it is something else, or leaves C open."""
    sizes = output.shape[1:]
    wide = [size for size in sizes if size != 1]
    if not sizes or len(wide) > 1:
        return None
    return wide[0] if wide else 1


def _shape(output: TensorSpec) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in output.shape)})"
