"""Small queries about Transpose nodes. Rewrites nothing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx_ir as ir

TO_LAST = (0, 2, 3, 1)
"""Transposes (N, C, H, W) to (N, H, W, C)."""


def permutation_of(transpose: "ir.Node") -> tuple[int, ...]:
    """Where each axis of the output is in the input; empty if the node leaves it out, and reverses them all."""
    return tuple(transpose.attributes.get_ints("perm", ()))


def inverse(permutation: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes it."""
    return tuple(permutation.index(axis) for axis in range(len(permutation)))
