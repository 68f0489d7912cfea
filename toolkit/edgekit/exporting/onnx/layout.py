"""Removes Transpose nodes: ONNX convolves (N, C, H, W), Keras (N, H, W, C). Changes no arithmetic.

A plain network needs one Transpose, after the pixels, or none if it takes (N, 3, H, W). Also, tf2onnx leaves another
one before every Flatten; here the rows of the dense layer after it change places instead.
"""

from typing import TYPE_CHECKING

from edgekit.exporting.onnx.graph import infer_shapes
from edgekit.exporting.onnx.rewrites.cancel_transposes import CancelTransposes
from edgekit.exporting.onnx.rewrites.channels_first_input import take_channels_first
from edgekit.exporting.onnx.rewrites.transpose_into_dense import TransposeIntoDense

if TYPE_CHECKING:
    import onnx_ir as ir


def without_needless_transposes(model: "ir.Model") -> "ir.Model":
    """A copy of `model` in which Transpose nodes cancel each other, or vanish into the dense layer after a Flatten.

    Args:
        model: In the form of `edgekit.exporting.onnx.canonical_form.in_canonical_form`.
    """
    result = model.clone()
    infer_shapes(result)
    CancelTransposes().apply(result.graph)
    TransposeIntoDense().apply(result.graph)
    return result


def with_channels_first(model: "ir.Model") -> "ir.Model":
    """A copy of `model` whose input is (N, 3, H, W) instead of (N, H, W, 3), with no Transpose if that can be."""
    result = model.clone()
    take_channels_first(result.graph)
    return without_needless_transposes(result)
