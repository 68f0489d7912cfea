"""Folds batch normalization that most converters leave: after an activation or a pooling. Keras to Keras.

At inference batch normalization is a factor and a summand per channel: `y = a * x + b`. After a convolution every
converter folds it backwards. After ReLU, LeakyReLU or a pooling (as in recipe cnn6) it stays, as a multiplication
and an addition, unless it is taken apart:

- |a| goes backwards, `|a| * leaky_relu(x) = leaky_relu(|a| * x)`, and becomes part of the kernel before, whose
  per-channel scales absorb it at no cost in int8. If there is no such kernel, all of a goes forwards.
- The sign of a goes forwards into the next kernel, and b into its bias, if that is exact. Here b never crosses the
  zeros that 'same' padding puts around an image, and a negative sign never crosses a maximum.
- A b that stays is one addition, as late as it can be.

In doubt a layer stays: layers that are called twice, tensors with several consumers, kinds that are not listed here.
Knows no format and no data; `edgekit.exporting` proves on images that the scores stay the same.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.graph_walk import Step, Walk, rebuilt
from edgekit.exporting.keras.linear_layers import Linear, activation_of, is_homogeneous, kind_of
from edgekit.foundation.grammar import counted
from edgekit.foundation.keras_setup import import_keras

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

_COMMUTE = {"Dropout", "SpatialDropout2D", "ActivityRegularization", "Identity", "GlobalAveragePooling2D"}
"""Layers through which a factor and a summand per channel go unchanged, at inference."""
_MAXIMA = {"MaxPooling2D", "GlobalMaxPooling2D"}
_OTHER_CONVOLUTIONS = {"Conv2DTranspose", "SeparableConv2D"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Folding:
    """What happened to a model.

    Attributes:
        model: The model to go on with; the given one if nothing was folded.
        removed: Names of the batch normalizations that are gone.
        shifts: Names of those of which one addition is left.
        left: Name -> why it stays.
    """

    model: "keras.Model"
    removed: tuple[str, ...] = ()
    shifts: tuple[str, ...] = ()
    left: dict[str, str] = field(default_factory=dict)

    @property
    def num_operators_saved(self) -> int:
        """Multiplications and additions saved; some converters would fold a few of them by themselves."""
        return 2 * len(self.removed) + len(self.shifts)

    @property
    def summary(self) -> str:
        """One sentence; "" if there was nothing to fold."""
        total = len(self.removed) + len(self.shifts) + len(self.left)
        if not total:
            return ""
        parts = [f"{len(self.removed)} folded into the next layer"]
        parts += [f"{len(self.shifts)} became one addition"] * bool(self.shifts)
        parts += [f"{len(self.left)} stay ({'; '.join(sorted(set(self.left.values())))})"] * bool(self.left)
        return (
            f"Of {counted(total, 'batch normalization')} after an activation or a pooling, {', '.join(parts)}: "
            f"{self.num_operators_saved} fewer multiplications and additions."
        )

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for the manifest."""
        return {
            "folded": list(self.removed),
            "became_an_addition": list(self.shifts),
            "left": dict(self.left),
            "num_operators_saved": self.num_operators_saved,
        }


def fold_batchnorm(model: "keras.Model") -> Folding:
    """`model` with fewer operators and, but for rounding, the same scores. The given model stays as it is.

    Args:
        model: Made by `edgekit.exporting.keras.classifier.as_classifier`.
    """
    walk = Walk.through(model)
    if walk is None:
        return Folding(model=model)
    plan = _Plan(walk)
    for step in reversed(walk.steps):
        plan.consider(step)
    return Folding(
        model=rebuilt(model, plan.call) if plan.removed or plan.shifts else model,
        removed=tuple(reversed(plan.removed)),
        shifts=tuple(reversed(plan.shifts)),
        left=plan.left,
    )


@dataclass(kw_only=True, eq=False)
class _Way:
    """What lies between a batch normalization and the next kernel.

    Attributes:
        target: The next kernel that takes a factor; None if something else comes first.
        wall: The first step that pads with zeros, which a summand cannot pass.
        wall_repeats: How often the channels stand side by side at the wall, because of a Flatten.
        has_maximum: A maximum lies between.
        repeats: As `wall_repeats`, at the target.
    """

    target: Linear | None = None
    wall: Step | None = None
    wall_repeats: int = 1
    has_maximum: bool = False
    repeats: int = 1

    def stop_summands(self, step: Step) -> None:
        """Let `step` be the wall, unless an earlier one is."""
        if self.wall is None:
            self.wall, self.wall_repeats = step, self.repeats


class _Plan:
    """What happens to each layer; the last batch normalization is considered first."""

    def __init__(self, walk: Walk) -> None:
        self.removed: list[str] = []
        self.shifts: list[str] = []
        self.left: dict[str, str] = {}
        self._uses = Counter(id(step.layer) for step in walk.steps)
        self._makers = {id(tensor): step for step in walk.steps for tensor in step.outputs}
        self._readers: dict[int, list[Step | None]] = {id(walk.output): [None]}
        for step in walk.steps:
            for tensor in step.inputs:
                self._readers.setdefault(id(tensor), []).append(step)
        self._linears: dict[int, Linear | None] = {}
        self._gone: set[int] = set()
        self._shift_instead: dict[int, Vector] = {}
        self._shift_before: dict[int, Vector] = {}

    def consider(self, step: Step) -> None:
        """Decide on the layer of `step`, if it is a batch normalization that no converter folds."""
        import numpy as np

        layer = step.layer
        if not _is_batchnorm(layer) or self._is_for_converters(step):
            return
        if self._uses[id(layer)] > 1:
            self.left[layer.name] = "it is called more than once"
            return
        scale, shift = _scale_and_shift(layer)
        source, way = self._source(step), self._way(step)
        rest = np.where(scale < 0, -1.0, 1.0) if source else scale
        if reason := _obstacle(source, way, rest):
            self.left[layer.name] = reason
            return
        if source:
            source.scale_outputs(np.abs(scale))
        self._shift(layer, way, shift, rest)
        if way.target:
            way.target.scale_inputs(np.tile(rest, way.repeats))

    def _shift(self, layer: Any, way: _Way, shift: "Vector", rest: "Vector") -> None:
        """Move the summand into the next bias, or keep it as an addition."""
        import numpy as np

        if way.target and way.wall is None:
            way.target.shift_inputs(np.tile(shift, way.repeats))
            self.removed.append(layer.name)
            self._gone.add(id(layer))
            return
        self.shifts.append(layer.name)
        wall = way.wall.layer if way.wall else None
        if way.target and self._uses[id(wall)] == 1:
            self._shift_before[id(wall)] = np.tile(shift / rest, way.wall_repeats)
            self._gone.add(id(layer))
        else:
            self._shift_instead[id(layer)] = shift / rest

    def call(self, layer: Any, *arguments: Any, **options: Any) -> Any:
        """What comes in the place of a call of `layer`."""
        key = id(layer)
        if key in self._gone:
            return arguments[0]
        if key in self._shift_instead:
            return _shift_layer(layer.name, self._shift_instead[key])(arguments[0])
        if key in self._shift_before:
            shifted = _shift_layer(f"{layer.name}_shift", self._shift_before[key])(arguments[0])
            arguments = (shifted, *arguments[1:])
        linear = self._linears.get(key)
        return (linear.as_layer() if linear else layer)(*arguments, **options)

    def _is_for_converters(self, step: Step) -> bool:
        """Whether the layer follows a kernel without an activation, where every converter folds it."""
        maker = self._maker(step)
        while maker is not None and kind_of(maker.layer) in ("Dropout", "Identity"):
            maker = self._maker(maker)
        if maker is None or activation_of(maker.layer) != "linear":
            return False
        return kind_of(maker.layer) in _OTHER_CONVOLUTIONS or Linear.of(maker.layer) is not None

    def _source(self, step: Step) -> Linear | None:
        """The kernel before, that a factor of at least 0 can go back to."""
        while True:
            maker = self._maker(step)
            if maker is None or len(self._readers[id(step.inputs[0])]) > 1:
                return None
            if _commutes(maker.layer) or kind_of(maker.layer) in _MAXIMA or is_homogeneous(maker.layer):
                step = maker
                continue
            linear = self._linear(maker.layer)
            return linear if linear and linear.can_scale_outputs else None

    def _way(self, step: Step) -> _Way:
        """The way forwards, to the next kernel."""
        way = _Way()
        while True:
            readers = self._readers.get(id(step.outputs[0]), [])
            if len(readers) != 1 or readers[0] is None or len(readers[0].inputs) != 1:
                return way
            step = readers[0]
            if id(step.layer) in self._shift_before:
                return way
            if kind_of(step.layer) == "Flatten" and (places := _num_places(step)):
                way.repeats *= places
            elif kind_of(step.layer) == "ZeroPadding2D":
                way.stop_summands(step)
            elif kind_of(step.layer) in _MAXIMA:
                way.has_maximum = True
            elif not (_commutes(step.layer) or id(step.layer) in self._gone):
                way.target = self._target(step, way)
                return way

    def _target(self, step: Step, way: _Way) -> Linear | None:
        linear = self._linear(step.layer)
        if linear is None or not linear.can_scale_inputs:
            return None
        if not linear.can_shift_inputs:
            way.stop_summands(step)
        return linear

    def _linear(self, layer: Any) -> Linear | None:
        """The one copy of the weights of `layer` that is edited; None if it is not a kernel or called twice."""
        if self._uses[id(layer)] > 1:
            return None
        if id(layer) not in self._linears:
            self._linears[id(layer)] = Linear.of(layer)
        return self._linears[id(layer)]

    def _maker(self, step: Step) -> Step | None:
        return self._makers.get(id(step.inputs[0])) if len(step.inputs) == 1 else None


def _obstacle(source: Linear | None, way: _Way, rest: "Vector") -> str:
    """Why the factors `rest` and the summands cannot go where they would have to; "" if they can."""
    if way.target is None:
        return "" if source and (rest == 1).all() else "no kernel before and after it can take its scale"
    if way.has_maximum and (rest < 0).any():
        return "a maximum after it would reverse its negative scale"
    if way.wall and not source:
        return "'same' padding after it adds zeros, and no kernel before it can take its scale"
    return ""


def _is_batchnorm(layer: Any) -> bool:
    return kind_of(layer) == "BatchNormalization" and layer.axis in (-1, len(layer.input.shape) - 1)


def _scale_and_shift(layer: Any) -> tuple["Vector", "Vector"]:
    """The factor a = gamma / sqrt(variance + epsilon) and the summand b = beta - mean * a, float64 (channels,)."""
    import numpy as np

    mean, variance = np.asarray(layer.moving_mean, np.float64), np.asarray(layer.moving_variance, np.float64)
    scale = (np.asarray(layer.gamma, np.float64) if layer.scale else 1.0) / np.sqrt(variance + layer.epsilon)
    return scale, (np.asarray(layer.beta, np.float64) if layer.center else 0.0) - mean * scale


def _commutes(layer: Any) -> bool:
    kind = kind_of(layer)
    if kind == "AveragePooling2D":
        return bool(layer.padding == "valid" and layer.data_format == "channels_last")
    return kind in _COMMUTE or (kind == "Activation" and activation_of(layer) == "linear")


def _num_places(flatten: Step) -> int:
    """How many places of an image a Flatten puts side by side; 0 if that is not known."""
    shape = flatten.inputs[0].shape[1:]
    if flatten.layer.data_format != "channels_last" or not shape or None in shape:
        return 0
    return math.prod(int(size) for size in shape[:-1])


@cache
def _shift_class() -> Any:
    keras = import_keras("edgekit export")

    @keras.saving.register_keras_serializable(package="edgekit")
    class Shift(keras.layers.Layer):  # type: ignore[name-defined]
        """Adds a constant to each channel."""

        def __init__(self, summands: list[float], **options: Any) -> None:
            super().__init__(**options)
            self._summands = summands

        def call(self, inputs: Any) -> Any:
            return inputs + keras.ops.convert_to_tensor(self._summands, inputs.dtype)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "summands": self._summands}

    return Shift


def _shift_layer(name: str, summands: "Vector") -> Any:
    return _shift_class()(summands.tolist(), name=name)
