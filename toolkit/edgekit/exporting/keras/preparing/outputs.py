"""A model of one input and one output of scores, made from models with several outputs and subclassed models.

The layers are shared with the given model, which stays as it is.
"""

from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import ExportError, UnknownNameError, first_line_of
from edgekit.foundation.grammar import counted
from edgekit.foundation.keras_setup import import_keras

if TYPE_CHECKING:
    import keras

    Shape = tuple[int, int, int]


def as_functional(model: "keras.Model", image_shape: "Shape") -> "keras.Model":
    """`model` as a graph from an input of `image_shape`, (height, width, channels), if it is a subclassed model.

    Its layers become those of the graph if its `call` can be followed; else it is one layer.

    Raises:
        ExportError: It cannot be called with images of that shape.
    """
    if getattr(model, "inputs", None) or not model.weights:
        return model
    keras = import_keras("edgekit export")
    if followed := _followed(model, keras.Input(image_shape)):
        return followed
    pixels = keras.Input(image_shape)
    try:
        return keras.Model(pixels, model(pixels, training=False), name=model.name)
    except Exception as error:  # what a class of its own does when it is called is anybody's guess
        raise ExportError(
            f"The model '{model.name}' ({type(model).__name__}) cannot be called with images of "
            f"{' x '.join(map(str, image_shape))}: {first_line_of(error)}. Give the data set that it was trained on, "
            f"or save it as a functional model: inputs = keras.Input((height, width, channels)); "
            f"keras.Model(inputs, model.call(inputs)).save('model.keras')."
        ) from error


def _followed(model: "keras.Model", pixels: Any) -> "keras.Model | None":
    """The graph of the layers that `model.call` calls; None if it does more than call layers."""
    import numpy as np

    keras = import_keras("edgekit export")
    try:
        graph = keras.Model(pixels, model.call(pixels), name=model.name)
        noise = np.random.default_rng(0).uniform(0, 1, (2, *pixels.shape[1:])).astype(np.float32)
        answers = (each(noise, training=False) for each in (graph, model))
        expected, given = (np.concatenate([np.asarray(o).ravel() for o in keras.tree.flatten(a)]) for a in answers)
    except Exception:  # noqa: BLE001 - the same: then it is called as one layer
        return None
    has_all = {id(weight) for weight in graph.weights} == {id(weight) for weight in model.weights}
    return graph if has_all and np.allclose(expected, given, atol=1e-5, equal_nan=True) else None


def with_one_output(
    model: "keras.Model", *, name: str | None, num_scores: int, may_be_one: bool
) -> tuple["keras.Model", str]:
    """`model` with the one output that holds the scores, and a sentence that says which it is, or "".

    Args:
        model: One whose graph Keras knows.
        name: As the user says; None: the only one of shape (batch, `num_scores`).
        num_scores: How many scores it has to give.
        may_be_one: Whether one score is enough if no output gives `num_scores`.

    Raises:
        UnknownNameError: It has no output called `name`.
        ExportError: Several outputs, or none, could be meant.
    """
    outputs = list(getattr(model, "outputs", None) or [])
    names = output_names(model)
    if name is not None and name not in names:
        raise UnknownNameError("output", name, names)
    if len(outputs) == 1 and isinstance(getattr(model, "output", None), dict | list | tuple):
        return _only(model, outputs[0]), ""
    if len(outputs) < 2:
        return model, ""
    if name is not None:
        return _only(model, outputs[names.index(name)]), ""
    fitting = _fitting(outputs, num_scores) or (_fitting(outputs, 1) if may_be_one else [])
    shown = ", ".join(f"'{each}' {tuple(tensor.shape)}" for each, tensor in zip(names, outputs, strict=True))
    if len(fitting) != 1:
        raise ExportError(
            f"The model has {counted(len(outputs), 'output')}: {shown}. Expected exactly one of shape (batch, "
            f"{num_scores}). Name the one that holds the scores, as in --output-name {names[(fitting or [0])[0]]}."
        )
    chosen = fitting[0]
    sentence = (
        f"Of {counted(len(outputs), 'output')} ({shown}), '{names[chosen]}' is exported, the only one that gives "
        f"{counted(tuple(outputs[chosen].shape)[1], 'score')}."
    )
    return _only(model, outputs[chosen]), sentence


def output_names(model: "keras.Model") -> list[str]:
    """The names of the outputs: the keys of a dict, else the layers'; equal ones are numbered, "head:1"."""
    tree = import_keras("edgekit export").tree
    outputs = list(getattr(model, "outputs", None) or [])
    structure = getattr(model, "output", None)
    paths = [path for path, _ in tree.flatten_with_path(structure)] if structure is not None else []
    found: list[str] = []
    for index, tensor in enumerate(outputs):
        key = paths[index][-1] if len(paths) == len(outputs) and paths[index] else None
        name = key if isinstance(key, str) else str(tensor._keras_history.operation.name)
        found.append(f"{name}:{found.count(name)}" if name in found else name)
    return found


def _fitting(outputs: list[Any], num_scores: int) -> list[int]:
    return [index for index, each in enumerate(outputs) if len(each.shape) == 2 and each.shape[1] == num_scores]


def _only(model: "keras.Model", output: Any) -> "keras.Model":
    keras = import_keras("edgekit export")
    inputs = model.inputs[0] if len(model.inputs) == 1 else model.inputs
    return keras.Model(inputs, output, name=model.name)
