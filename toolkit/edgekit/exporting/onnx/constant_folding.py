"""Constants computed, batch normalization folded into convolutions, MatMul + Add made Gemm; plain ONNX operators.

These are ONNX Runtime's basic optimizations, which do not depend on the machine.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.exporting.base import cannot_write
from edgekit.exporting.onnx.graph import as_model, as_proto
from edgekit.exporting.onnx.kernels_apart import kernels_apart, with_kernels
from edgekit.foundation.errors import ExportError, first_line_of

if TYPE_CHECKING:
    import onnx_ir as ir


def folded(model: "ir.Model", folder: Path) -> "ir.Model":
    """`model` after these optimizations; temporary files are in `folder`.

    Raises:
        ExportError: ONNX Runtime does not take the graph, or the folder cannot be written.
    """
    import onnx
    import onnxruntime

    before, after = folder / "traced.onnx", folder / "folded.onnx"
    apart = kernels_apart(model, to_fold=True)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(after)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    try:
        onnx.save(as_proto(apart.model), before)
        onnxruntime.InferenceSession(before, options, providers=["CPUExecutionProvider"])
        return with_kernels(as_model(onnx.load(after)), apart.kernels)
    except OSError as error:
        raise cannot_write(folder, error) from error
    except Exception as error:  # ONNX Runtime has classes of its own for what may go wrong
        raise ExportError(f"ONNX Runtime could not optimize the graph: {first_line_of(error)}") from error
