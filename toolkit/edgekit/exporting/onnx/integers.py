"""int8 ONNX files: a float graph with QuantizeLinear and DequantizeLinear around its operators (QDQ). Runs no file.

The work is done by ONNX Runtime's static quantizer. Ranges are found as for the other formats, and handed to it.
"""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.exporting.base import cannot_write
from edgekit.exporting.onnx.graph import as_model, constant_of, is_last_softmax, source_of
from edgekit.exporting.onnx.learned_tensors import learned_in_onnx
from edgekit.exporting.onnx.rewrites.float_logits import FloatLogits
from edgekit.exporting.onnx.serialization import serialized
from edgekit.foundation.errors import CalibrationError, ExportError, first_line_of
from edgekit.quantization.ranges import check_finite_ranges
from edgekit.quantization.scheme import CalibrationMethod, Granularity

if TYPE_CHECKING:
    import onnx_ir as ir

    from edgekit.exporting.options import OnnxOptions
    from edgekit.quantization.activations import Activations
    from edgekit.quantization.calibration import CalibrationSet
    from edgekit.quantization.scheme import QuantizationScheme


def quantized(
    model: "ir.Model",
    calibration: "CalibrationSet",
    activations: "Activations",
    scheme: "QuantizationScheme",
    options: "OnnxOptions",
    *,
    float_nodes: Collection[str] = (),
    folder: Path,
) -> "ir.Model":
    """An int8 copy of `model`.

    Args:
        model: The float32 graph.
        calibration: Images that set the ranges of activations.
        activations: What the model makes of them.
        scheme: Scales of the weights, and how ranges are found.
        options: Type of the activations, range of the weights, layout of the input.
        float_nodes: Names of the nodes that stay in float.
        folder: For temporary files.

    Raises:
        CalibrationError: An activation overflows on the calibration images.
        ExportError: ONNX Runtime's quantizer refuses the graph.
    """
    import onnx
    from onnxruntime import quantization

    float_path, int8_path = folder / "float32.onnx", folder / "int8.onnx"
    try:
        float_path.write_bytes(serialized(model))
        quantization.quantize_static(
            float_path,
            int8_path,
            None,
            calibration_cache_path=_stored_ranges(activations, scheme, folder),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=scheme.granularity is Granularity.PER_CHANNEL,
            reduce_range=options.reduce_range,
            activation_type=quantization.QuantType[_QUANT_TYPES[options.activations]],
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=[node.name for node in model.graph if is_last_softmax(node) or node.name in float_nodes],
            extra_options={
                "TensorQuantOverrides": _learned_ranges(model, calibration, is_channels_first=options.is_channels_first)
            },
        )
    except (ValueError, RuntimeError, KeyError, TypeError) as error:
        raise ExportError(f"ONNX Runtime could not quantize the model: {first_line_of(error)}") from error
    except OSError as error:
        raise cannot_write(folder, error) from error
    result = as_model(onnx.load(int8_path))
    FloatLogits().apply(result.graph)
    _check_scales(result.graph)
    return result


_QUANT_TYPES = {"uint8": "QUInt8", "int8": "QInt8"}


def _stored_ranges(activations: "Activations", scheme: "QuantizationScheme", folder: Path) -> Path:
    """A file with the range of every activation, as ONNX Runtime's quantizer reads it; raises CalibrationError."""
    import numpy as np
    from onnxruntime.quantization import CalibrationMethod as Method
    from onnxruntime.quantization import save_tensors_data
    from onnxruntime.quantization.calibrate import TensorData, TensorsData

    check_finite_ranges(activations.extremes)
    by_extremes = scheme.calibration is CalibrationMethod.MINMAX
    found = activations.extremes if by_extremes else activations.ranges(scheme)
    ranges = {
        name: TensorData(lowest=np.array(low, np.float32), highest=np.array(high, np.float32))
        for name, (low, high) in found.items()
    }
    path = folder / "ranges.json"
    save_tensors_data(TensorsData(Method.MinMax, ranges), path)
    return path


def _learned_ranges(
    model: "ir.Model", calibration: "CalibrationSet", *, is_channels_first: bool
) -> dict[str, list[dict[str, Any]]]:
    """What training has learned, instead of the ranges that calibration finds; nothing without such a training."""
    import numpy as np

    if calibration.learned is None:
        return {}
    found = learned_in_onnx(model, calibration.learned, is_channels_first=is_channels_first)
    return {name: [{"rmin": np.float32(low), "rmax": np.float32(high)}] for name, (low, high) in found.items()}


def _check_scales(graph: "ir.Graph") -> None:
    """Raise CalibrationError, naming the tensor, if an activation has no finite range."""
    import numpy as np

    for node in graph:
        scale = constant_of(node.inputs[1]) if node.op_type == "QuantizeLinear" else None
        if scale is not None and not np.isfinite(scale).all():
            raise CalibrationError(
                f"'{source_of(node).name}' overflows on the calibration images, so no int8 range can hold it. "
                f"Expected finite values. Check --input-range (does the model expect 0..1?), or omit int8."
            )
