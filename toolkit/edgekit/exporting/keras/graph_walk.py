"""Walks through a Keras model call by call, nested models included, to inspect it or to build another. Changes none.

Only models whose graph Keras knows can be walked: Functional and Sequential, and not their subclasses, which may
have a `call` of their own.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgekit.foundation.keras_setup import import_keras

if TYPE_CHECKING:
    import keras

Call = Callable[..., Any]
"""`call(layer, *arguments, **options)`: what is done in the place of `layer(*arguments, **options)`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """One call of one layer.

    Attributes:
        layer: The layer, or another operation of Keras.
        inputs: The symbolic tensors that it reads.
        outputs: Those that it makes.
    """

    layer: Any
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Walk:
    """All calls of a model, in an order in which they can be made.

    Attributes:
        steps: The calls.
        output: The tensor that the model gives.
    """

    steps: tuple[Step, ...]
    output: Any

    @classmethod
    def through(cls, model: "keras.Model") -> "Walk | None":
        """Record the calls of `model`, one input and one output; None if Keras does not know its graph."""
        if not _is_plain(model):
            return None
        tree = import_keras("edgekit export").tree
        steps: list[Step] = []

        def record(layer: Any, *arguments: Any, **options: Any) -> Any:
            result = layer(*arguments, **options)
            read, made = (tuple(filter(_is_tensor, tree.flatten(each))) for each in ((arguments, options), result))
            steps.append(Step(layer=layer, inputs=read, outputs=made))
            return result

        output = _run(model, _new_input(model), record, _can_be_opened(model))
        return cls(steps=tuple(steps), output=output)


def rebuilt(model: "keras.Model", call: Call) -> "keras.Model":
    """A flat model made by `call` in the place of every call of a layer; the layers themselves are shared.

    Args:
        model: One that `Walk.through` can walk.
        call: See `Call`.
    """
    pixels = _new_input(model)
    return import_keras("edgekit export").Model(pixels, run_again(model, pixels, call), name=model.name)


def run_again(model: "keras.Model", tensor: Any, call: Call) -> Any:
    """What `model` gives for `tensor`, by `call` in the place of every call of a layer."""
    return _run(model, tensor, call, _can_be_opened(model))


def _run(model: "keras.Model", tensor: Any, call: Call, opens: bool) -> Any:
    def step(layer: Any, *arguments: Any, **options: Any) -> Any:
        if opens and _is_plain(layer) and len(arguments) == 1:
            return _run(layer, arguments[0], call, opens)
        return call(layer, *arguments, **options)

    graph = getattr(model, "_functional", None) or model
    return graph._run_through_graph(tensor, operation_fn=lambda layer: layer, call_fn=step)


def _can_be_opened(model: "keras.Model") -> bool:
    """Whether all names are different when nested models are opened; Keras wants that of one model."""
    names = Counter(layer.name for layer in leaves(model))
    return all(count == 1 for count in names.values())


def leaves(model: "keras.Model") -> list[Any]:
    """The layers, and other operations, of a model and of those inside it; none if Keras does not know its graph."""
    if not _is_plain(model):
        return []
    graph = getattr(model, "_functional", None) or model
    found: list[Any] = []
    for layer in graph.operations:
        if _is_plain(layer):
            found.extend(leaves(layer))
        elif type(layer).__name__ != "InputLayer":
            found.append(layer)
    return found


def _is_plain(layer: Any) -> bool:
    from keras.src.models.functional import Functional

    sequential = import_keras("edgekit export").Sequential
    return type(layer) is Functional or (type(layer) is sequential and layer._functional is not None)


def _new_input(model: "keras.Model") -> Any:
    first = model.inputs[0]
    return import_keras("edgekit export").Input(batch_shape=first.shape, dtype=first.dtype, name=first.name)


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "_keras_history")
