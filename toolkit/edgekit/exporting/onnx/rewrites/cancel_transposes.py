"""Two Transpose nodes that undo each other vanish, whatever treats every number alike between them.

    T'(f(T(x), c)) = f(x, T'(c))        where T' is the inverse of T

f is one operator or several, and c a constant of one of them. It has the shape that it takes against T(x), filled up
with ones in front, and is turned back as T(x) is.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from edgekit.exporting.onnx.rewrites.base import Rewrite, bypass
from edgekit.exporting.onnx.rewrites.elementwise import Chain, follow
from edgekit.exporting.onnx.rewrites.transposes import inverse, permutation_of

if TYPE_CHECKING:
    import onnx_ir as ir
    from numpy.typing import NDArray


class CancelTransposes(Rewrite[Chain]):
    """Begins at T; the chain ends at T'."""

    def match(self, node: "ir.Node") -> Chain | None:
        """See `Rewrite.match`."""
        if node.op_type != "Transpose":
            return None
        back = inverse(permutation_of(node))
        chain = follow(node.outputs[0], partial(turned, back=back))
        if chain is None or chain.end.op_type != "Transpose" or chain.end.outputs[0].is_graph_output():
            return None
        return chain if permutation_of(chain.end) == back else None

    def rewrite(self, node: "ir.Node", match: Chain) -> None:
        """See `Rewrite.rewrite`."""
        for constant in match.constants:
            constant.put()
        bypass(match.end)
        bypass(node)


def turned(values: "NDArray[Any]", *, back: tuple[int, ...]) -> "NDArray[Any] | None":
    """A constant as it is before the Transpose that `back` undoes; None if it has more axes than the tensor."""
    missing = len(back) - values.ndim
    return None if missing < 0 else values.reshape([1] * missing + list(values.shape)).transpose(back)
