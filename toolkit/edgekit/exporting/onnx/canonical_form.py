"""One form for an ONNX graph, so that the same model gives the same bytes. Changes no arithmetic.

tf2onnx numbers the names it invents through the life of the process. When it merges equal nodes and constants,
the surviving name depends on Python's hash seed. ONNX Runtime's tools leave marks of their own.
"""

from typing import TYPE_CHECKING

from edgekit.exporting.keras.classifier import OUTPUT_NAME
from edgekit.exporting.onnx.graph import infer_shapes
from edgekit.exporting.onnx.rewrites.constant_reshape import ConstantReshape
from edgekit.exporting.onnx.rewrites.node_order import order_from_output
from edgekit.exporting.onnx.rewrites.settled_names import settle_names
from edgekit.exporting.onnx.targets import IR_VERSION
from edgekit.foundation.errors import ExportError

if TYPE_CHECKING:
    import onnx_ir as ir

BATCH_NAME = "batch"


def in_canonical_form(model: "ir.Model", *, output_name: str = OUTPUT_NAME, ir_version: int = IR_VERSION) -> "ir.Model":
    """A copy of `model` (one input, one output, no subgraphs) with settled names, order and metadata.

    Raises:
        ExportError: It has subgraphs (control flow), or another number of inputs or outputs.
    """
    from onnx_ir.passes.common import CheckerPass

    _check_plain(model.graph)
    result = model.clone()
    infer_shapes(result)
    ConstantReshape(result).apply(result.graph)
    order_from_output(result.graph)
    for value in (result.graph.inputs[0], result.graph.outputs[0]):
        value.shape = _with_free_batch(value)
    settle_metadata(result, ir_version=ir_version)
    CheckerPass()(result)
    settle_names(
        result.graph, output_name
    )  # the last step: the checker of onnx-ir leaves the constants in another order
    return result


def settle_metadata(model: "ir.Model", *, ir_version: int = IR_VERSION) -> None:
    """Take the traces of the tools and the day out of `model`: versions, producer, comments, unused operator sets."""
    from edgekit import __version__

    graph = model.graph
    model.ir_version = ir_version
    model.producer_name, model.producer_version = "edgekit", __version__
    model.metadata_props.clear()
    graph.name = "edgekit"
    used = {node.domain for node in graph} | {""}
    versions = sorted((domain, version) for domain, version in model.opset_imports.items() if domain in used)
    model.opset_imports.clear()
    model.opset_imports.update(versions)


def _check_plain(graph: "ir.Graph") -> None:
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ExportError(
            f"The ONNX graph has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs. Expected one."
        )
    if any(graph.subgraphs()):
        raise ExportError(
            "The model holds control flow (If, Loop, Scan), which is not supported. Expected a plain graph."
        )


def _with_free_batch(value: "ir.Value") -> "ir.Shape":
    import onnx_ir as ir

    return ir.Shape([BATCH_NAME, *(value.shape or ())[1:]])
