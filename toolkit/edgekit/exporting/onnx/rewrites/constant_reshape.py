"""A Reshape to a shape that is computed gets a constant one, if all of it but the batch is known.

    reshape(x, shape(...))  ->  reshape(x, [-1, d1, d2, ...])

tf2onnx computes shapes at run time, from the batch; whole subgraphs of Shape, Gather, Slice and Concat are then not
needed. The way they are computed tells inference nothing in older operator sets, so that the graph is run once.
"""

from typing import TYPE_CHECKING

from edgekit.exporting.onnx.graph import as_proto, constant_of, graph_of, sizes_of
from edgekit.exporting.onnx.rewrites.base import Rewrite, new_constant

if TYPE_CHECKING:
    import onnx_ir as ir

_PROBES = 2


class ConstantReshape(Rewrite[list[int]]):
    """Matches with the dimensions after the batch.

    Args:
        model: Its shapes are inferred; if that is not enough it is run, here.
    """

    def __init__(self, model: "ir.Model") -> None:
        outputs = [node.outputs[0] for node in model.graph if _has_computed_shape(node)]
        self._sizes = {value: sizes_of(value) for value in outputs}
        if unknown := [value for value, sizes in self._sizes.items() if 0 in (sizes[1:] or [0])]:
            self._sizes.update(_measured(model, unknown))

    def match(self, node: "ir.Node") -> list[int] | None:
        """See `Rewrite.match`."""
        sizes = self._sizes.get(node.outputs[0], [])
        return None if not sizes or 0 in sizes[1:] else sizes[1:]

    def rewrite(self, node: "ir.Node", match: list[int]) -> None:
        """See `Rewrite.rewrite`."""
        import numpy as np

        target = np.array([-1, *match], np.int64)
        node.replace_input_with(1, new_constant(graph_of(node), f"{node.outputs[0].name}/shape", target))


def _has_computed_shape(node: "ir.Node") -> bool:
    return node.op_type == "Reshape" and constant_of(node.inputs[1]) is None


def _measured(model: "ir.Model", values: "list[ir.Value]") -> "dict[ir.Value, list[int]]":
    """Shapes of tensors, seen when the graph is run on two empty images; without those that have no batch in front."""
    import numpy as np
    import onnx
    import onnxruntime

    probe = as_proto(model)
    names = [value.name for value in values]
    probe.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(probe.SerializeToString(), options, providers=["CPUExecutionProvider"])
    pixels = model.graph.inputs[0]
    images = np.zeros([_PROBES, *sizes_of(pixels)[1:]], np.float32)
    results = session.run(names, {pixels.name: images})
    return {value: list(each.shape) for value, each in zip(values, results, strict=True) if len(each) == _PROBES}
