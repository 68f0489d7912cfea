"""Vectors of length 1, in a form that every runtime computes as Keras does. Keras to Keras; knows no format.

Keras divides by the length as `x * min(1 / sqrt(sum(x^2)), 1 / epsilon)`. For a vector of zeros, which ReLU makes,
1 / sqrt(0) has to be infinite, but XNNPACK makes NaN of it; and 1 / epsilon lies beyond float16. The same number is
`x / sqrt(max(sum(x^2), epsilon^2))`, which needs neither. Along the last axis LiteRT has one operator for that,
L2_NORMALIZATION, with an integer form; other axes are moved there.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.graph_walk import leaves, rebuilt
from edgekit.exporting.keras.linear_layers import kind_of
from edgekit.foundation.keras_setup import import_keras

if TYPE_CHECKING:
    import keras

EPSILON = 1e-6
"""Shorter vectors are divided by this, as L2_NORMALIZATION does whatever it is told; Keras' own is 1e-12, or 1e-7 in
`keras.ops.normalize`."""


def with_safe_lengths(model: "keras.Model") -> "keras.Model":
    """`model` with another layer of the same name for each UnitNormalization and `keras.ops.normalize` of order 2.

    The given model stays as it is; it is returned if it has none, or if Keras does not know its graph.
    """
    twins = {id(layer): _unit_length_class()(layer.axis, name=layer.name) for layer in leaves(model) if _divides(layer)}
    if not twins:
        return model

    def call(layer: Any, *arguments: Any, **options: Any) -> Any:
        return twins.get(id(layer), layer)(*arguments, **options)

    return rebuilt(model, call)


def _divides(layer: Any) -> bool:
    """Whether `layer` divides by the length along axes that lie inside an image."""
    is_one = kind_of(layer) == "UnitNormalization" or (kind_of(layer) == "Normalize" and layer.order == 2)
    if not is_one or layer.axis is None:
        return False
    shapes = [tensor.shape for node in layer._inbound_nodes for tensor in node.input_tensors]
    return all(None not in shape[1:] and _rising(layer.axis, len(shape))[0] > 0 for shape in shapes)


def _rising(axis: int | Sequence[int], rank: int) -> list[int]:
    return sorted({each % rank for each in ([axis] if isinstance(axis, int) else axis)})


@cache
def _unit_length_class() -> Any:
    keras = import_keras("edgekit export")
    ops = keras.ops

    @keras.saving.register_keras_serializable(package="edgekit")
    class UnitLength(keras.layers.Layer):  # type: ignore[name-defined]
        """Divides by the length along `axis`, one or several."""

        def __init__(self, axis: int | Sequence[int], **options: Any) -> None:
            super().__init__(**options)
            self._axis = axis

        def call(self, inputs: Any) -> Any:
            rank = len(inputs.shape)
            axes = _rising(self._axis, rank)
            if axes == [rank - 1]:
                return _divided(inputs)
            order = [axis for axis in range(rank) if axis not in axes] + axes
            moved = ops.transpose(inputs, order)
            kept, length = moved.shape[1 : rank - len(axes)], math.prod(moved.shape[rank - len(axes) :])
            divided = _divided(ops.reshape(moved, (-1, *kept, length)))
            restored = ops.reshape(divided, (-1, *moved.shape[1:]))
            return ops.transpose(restored, [order.index(axis) for axis in range(rank)])

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "axis": self._axis}

    def _divided(rows: Any) -> Any:
        squares = ops.sum(ops.square(rows), axis=-1, keepdims=True)
        return rows * ops.rsqrt(ops.maximum(squares, EPSILON**2))  # as LiteRT's converter knows it

    return UnitLength
