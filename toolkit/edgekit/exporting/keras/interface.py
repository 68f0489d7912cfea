"""Checks that a Keras model is an image classifier for the data set. Changes no model."""

from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import ExportError
from edgekit.foundation.grammar import counted

if TYPE_CHECKING:
    import keras


_COLORS = {1: "gray", 3: "RGB"}


def check_interface(model: "keras.Model", image_shape: tuple[int, int, int], num_classes: int) -> None:
    """Raise ExportError unless one input takes images of `image_shape` and one output gives `num_classes` scores."""
    inputs, outputs = getattr(model, "inputs", None) or [], getattr(model, "outputs", None) or []
    if not inputs and not outputs and model.weights:
        raise ExportError(
            f"The model '{model.name}' ({type(model).__name__}) is a subclass of keras.Model whose layers edgekit "
            f"cannot read. Make a functional model of it and save that: inputs = keras.Input((height, width, 3)); "
            f"keras.Model(inputs, model.call(inputs)).save('model.keras')."
        )
    if not inputs and not outputs:
        raise ExportError(
            f"The model '{model.name}' was saved before it was built: it has no shapes and no weights. Start it with "
            f"keras.Input((height, width, 3)), train it, and save it again."
        )
    if len(inputs) != 1 or len(outputs) != 1:
        raise ExportError(
            f"The model has {counted(len(inputs), 'input')} and {counted(len(outputs), 'output')}: "
            f"{_interface(inputs, outputs)}. Expected an image classifier: one input (batch, height, width, 3) and one "
            f"output (batch, classes)."
        )
    wanted, given = tuple(inputs[0].shape), tuple(outputs[0].shape)
    if len(wanted) != 4 or wanted[3] not in (1, 3) or not _is_numeric(inputs[0].dtype):
        raise ExportError(
            f"The model takes {inputs[0].dtype} of shape {wanted}. This is not supported: edgekit exports models that "
            f"take RGB images, (batch, height, width, 3), or gray ones, (batch, height, width, 1) or (batch, height, "
            f"width)."
        )
    if wanted[3] != image_shape[2]:
        raise ExportError(
            f"The model takes {_COLORS[wanted[3]]} images; the data set's are {_COLORS[image_shape[2]]}. Give the data "
            f"set by its name, as in --data folder:PATH: then its images are converted."
        )
    if any(size not in (None, actual) for size, actual in zip(wanted[1:], image_shape, strict=True)):
        raise ExportError(
            f"The model takes images of {wanted[1]} x {wanted[2]}; the data set's are "
            f"{image_shape[0]} x {image_shape[1]}. Give the data set that the model was trained on."
        )
    if len(given) != 2:
        raise ExportError(
            f"The model gives an output of shape {given}. This is not supported: edgekit exports classifiers, (batch, "
            f"classes)."
        )
    if given[1] != num_classes:
        raise ExportError(
            f"The model gives {counted(given[1], 'score')}; the data set has {counted(num_classes, 'class')}. "
            f"{_advice(given[1], num_classes)}"
        )


def _advice(num_scores: int, num_classes: int) -> str:
    """What to do about a model of another number of scores."""
    if num_scores == 1:
        return "One score is for two classes: give a data set of two classes, or end the model in one score per class."
    if num_scores > num_classes:
        return (
            "If it knows classes that the data set lacks, name all of its classes, one per line, in the order of its "
            "scores: --labels FILE."
        )
    return "Give the data set that the model was trained on."


def _is_numeric(dtype: Any) -> bool:
    return str(dtype).startswith(("float", "bfloat", "int", "uint"))


def _interface(inputs: list[Any], outputs: list[Any]) -> str:
    def words(tensors: list[Any]) -> str:
        return " and ".join(f"{tensor.dtype} {tuple(tensor.shape)}" for tensor in tensors) or "nothing"

    return f"{words(inputs)} in, {words(outputs)} out"
