"""A Transpose before a Flatten vanishes: the rows of the dense layer after it change places instead.

    f(flatten(T(x)), c) · W = f(flatten(x), P c) · P W        where flatten(T(x)) · W = flatten(x) · P W

x is (N, C, H, W), T(x) is (N, H, W, C). P takes the row of (h, w, c), number (h * W + w) * C + c, to the place of
(c, h, w). The function f is what treats every number alike between them, with a constant c of one number for each
place, or one for all.
"""

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

from edgekit.exporting.onnx.graph import constant_of, is_set, sizes_of, source_of
from edgekit.exporting.onnx.rewrites.base import Rewrite, bypass
from edgekit.exporting.onnx.rewrites.cancel_transposes import turned
from edgekit.exporting.onnx.rewrites.elementwise import NewConstant, follow
from edgekit.exporting.onnx.rewrites.transposes import TO_LAST, inverse, permutation_of

if TYPE_CHECKING:
    import onnx_ir as ir
    from numpy.typing import NDArray


class TransposeIntoDense(Rewrite[tuple[NewConstant, ...]]):
    """Begins at T; matches with all constants in their new order, the dense layer's weights last."""

    def match(self, node: "ir.Node") -> tuple[NewConstant, ...] | None:
        """See `Rewrite.match`."""
        if node.op_type != "Transpose" or permutation_of(node) != TO_LAST:
            return None
        before = follow(node.outputs[0], partial(turned, back=inverse(TO_LAST)))
        if before is None or (places := _flattened(before.end)) is None:
            return None
        behind = follow(before.end.outputs[0], partial(_of_vector, places=places))
        weights = None if behind is None else _weights(behind.end, behind.source, places)
        if behind is None or weights is None:
            return None
        return (*before.constants, *behind.constants, weights)

    def rewrite(self, node: "ir.Node", match: tuple[NewConstant, ...]) -> None:
        """See `Rewrite.rewrite`."""
        for constant in match:
            constant.put()
        bypass(node)


def channels_first(values: "NDArray[Any]", places: list[int], axis: int) -> "NDArray[Any]":
    """Put the numbers along `axis`, one for each of (H, W, C), into the order of (C, H, W)."""
    import numpy as np

    order = np.arange(prod(places)).reshape(places).transpose(2, 0, 1).reshape(-1)
    return np.take(values, order, axis=axis)


def _flattened(node: "ir.Node") -> list[int] | None:
    """(H, W, C) of what a Flatten makes one vector of; None for another operator.

    A dense layer at every place of an image is reshaped too, to (N * H * W, C): that is no Flatten.
    """
    if node.op_type != "Reshape":
        return None
    places = sizes_of(source_of(node))[1:]
    is_whole = len(places) == 3 and 0 not in places and sizes_of(node.outputs[0])[1:] == [prod(places)]
    return places if is_whole else None


def _of_vector(values: "NDArray[Any]", *, places: list[int]) -> "NDArray[Any] | None":
    if values.size == 1:
        return values
    is_one_each = values.size == values.shape[-1] == prod(places)
    return channels_first(values.reshape(-1), places, axis=0) if is_one_each else None


def _weights(node: "ir.Node", source: "ir.Value", places: list[int]) -> NewConstant | None:
    """The weights that `source` is multiplied by, reordered; None if `node` is not a dense layer."""
    if node.op_type not in {"Gemm", "MatMul"} or source_of(node) is not source or is_set(node, "transA"):
        return None
    weights = constant_of(node.inputs[1])
    if weights is None or weights.ndim != 2:
        return None
    axis = 1 if is_set(node, "transB") else 0
    return NewConstant(node=node, index=1, values=channels_first(weights, places, axis))
