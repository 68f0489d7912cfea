"""int8 ONNX files: a float graph with QuantizeLinear and DequantizeLinear around its operators (QDQ). Runs no file.

The work is done by ONNX Runtime's static quantizer; its calibrators by histogram keep every activation of every
image unless they are fed batch by batch (microsoft/onnxruntime#10503, #11020), so here they are. Its own settings of
the entropy method, 128 bins for 128 steps, leave nothing to choose from, so here there are more bins.
"""

from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.errors import CalibrationError, ExportError
from edgekit.exporters.base import cannot_write
from edgekit.exporters.classifier import INPUT_NAME
from edgekit.exporters.learned_tensors import learned_in_onnx
from edgekit.exporters.onnx_graph import is_last_softmax
from edgekit.quantization.scheme import CalibrationMethod, Granularity

if TYPE_CHECKING:
    import numpy as np
    import onnx
    from numpy.typing import NDArray

    from edgekit.exporters.options import OnnxOptions
    from edgekit.quantization.calibration import CalibrationSet
    from edgekit.quantization.scheme import QuantizationScheme

CALIBRATION_BATCH = 16
NUM_BINS = {CalibrationMethod.PERCENTILE: 2048, CalibrationMethod.ENTROPY: 512}
"""Of the histogram of an activation. The time that the entropy method takes grows with their square."""

CALIBRATION_METHODS = (CalibrationMethod.MINMAX, CalibrationMethod.PERCENTILE, CalibrationMethod.ENTROPY)
"""What ONNX Runtime has."""


def quantized(
    model: "onnx.ModelProto",
    calibration: "CalibrationSet",
    scheme: "QuantizationScheme",
    options: "OnnxOptions",
    folder: Path,
) -> "onnx.ModelProto":
    """An int8 copy of `model`.

    Args:
        model: The float32 graph.
        calibration: Images that set the ranges of activations.
        scheme: Scales of the weights, and how ranges are found.
        options: Type of the activations, range of the weights, layout of the input.
        folder: For temporary files.

    Raises:
        CalibrationError: An activation overflows on the calibration images.
        ExportError: ONNX Runtime's quantizer refuses the graph.
    """
    import onnx
    from onnxruntime import quantization

    float_path, int8_path = folder / "float32.onnx", folder / "int8.onnx"
    is_signed = options.activations == "int8"
    by_histogram = scheme.calibration in NUM_BINS
    batches = _batches(calibration, options.is_channels_first)
    try:
        onnx.save(model, float_path)
        quantization.quantize_static(
            float_path,
            int8_path,
            None if by_histogram else _reader(batches),
            calibration_cache_path=_ranges_by_histogram(float_path, batches, scheme) if by_histogram else None,
            quant_format=quantization.QuantFormat.QDQ,
            calibrate_method=_method(scheme.calibration),
            per_channel=scheme.granularity is Granularity.PER_CHANNEL,
            reduce_range=options.reduce_range,
            activation_type=quantization.QuantType.QInt8 if is_signed else quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=[node.name for node in model.graph.node if is_last_softmax(model.graph, node)],
            extra_options={
                "TensorQuantOverrides": _learned_ranges(model, calibration, is_channels_first=options.is_channels_first)
                | (_pixels_unrounded(is_signed) if by_histogram else {})
            },
        )
    except (ValueError, RuntimeError, KeyError, TypeError) as error:
        reason = str(error).strip().splitlines()[0][:300]
        raise ExportError(f"ONNX Runtime could not quantize the model: {reason}") from error
    except OSError as error:
        raise cannot_write(folder, error) from error
    result = onnx.load(int8_path)
    _keep_logits_in_float(result.graph)
    _check_scales(result.graph)
    return result


def _method(method: CalibrationMethod) -> Any:
    from onnxruntime.quantization import CalibrationMethod as Method

    return {
        CalibrationMethod.MINMAX: Method.MinMax,
        CalibrationMethod.PERCENTILE: Method.Percentile,
        CalibrationMethod.ENTROPY: Method.Entropy,
    }[method]


def _ranges_by_histogram(
    model_path: Path, batches: Iterator["NDArray[np.float32]"], scheme: "QuantizationScheme"
) -> Path:
    """A file with the ranges of all activations, in the folder of the model."""
    from onnxruntime import quantization

    calibrator = quantization.create_calibrator(
        model_path,
        augmented_model_path=str(model_path.with_name("augmented.onnx")),
        calibrate_method=_method(scheme.calibration),
        extra_options={
            "num_bins": NUM_BINS[scheme.calibration],
            "percentile": scheme.percentile,
            "symmetric": False,
        },
    )
    path = model_path.with_name("ranges.json")
    with redirect_stdout(StringIO()):  # the calibrators print
        for batch in batches:
            calibrator.collect_data(_reader(iter([batch])))
        quantization.save_tensors_data(calibrator.compute_data(), path)
    return path


def _pixels_unrounded(is_signed: bool) -> dict[str, list[dict[str, Any]]]:
    """The input's scale is 1 whatever a histogram says, so that no pixel is rounded, however rare white is."""
    import numpy as np
    from onnxruntime.quantization import QuantType

    whole = {
        "quant_type": QuantType.QInt8 if is_signed else QuantType.QUInt8,
        "scale": np.array(1, np.float32),
        "zero_point": np.array(-128, np.int8) if is_signed else np.array(0, np.uint8),
    }
    return {INPUT_NAME: [whole]}


def _learned_ranges(
    model: "onnx.ModelProto", calibration: "CalibrationSet", *, is_channels_first: bool
) -> dict[str, list[dict[str, Any]]]:
    """What training has learned, in place of the ranges that calibration finds; nothing without such a training."""
    import numpy as np

    if calibration.learned is None:
        return {}
    found = learned_in_onnx(model, calibration.learned, is_channels_first=is_channels_first)
    return {name: [{"rmin": np.float32(low), "rmax": np.float32(high)}] for name, (low, high) in found.items()}


def _keep_logits_in_float(graph: "onnx.GraphProto") -> None:
    """Take away the rounding of the logits to 256 steps, which made ties: the last layer adds up in integers anyway."""
    producers = {node.output[0]: node for node in graph.node}
    last = producers[graph.output[0].name]
    dequantize = producers.get(last.input[0]) if last.op_type == "Softmax" else last
    quantize = producers.get(dequantize.input[0]) if dequantize and dequantize.op_type == "DequantizeLinear" else None
    if dequantize is None or quantize is None or quantize.op_type != "QuantizeLinear":
        return
    if last.op_type == "Softmax":
        last.input[0] = quantize.input[0]
    else:
        maker = producers[quantize.input[0]]
        maker.output[0] = graph.output[0].name
    for node in (quantize, dequantize):
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    for constant in [each for each in graph.initializer if each.name not in used]:
        graph.initializer.remove(constant)


def _check_scales(graph: "onnx.GraphProto") -> None:
    """Raise CalibrationError, naming the tensor, where an activation has no finite range."""
    import numpy as np
    import onnx

    constants = {each.name: each for each in graph.initializer}
    for node in graph.node:
        scale = constants.get(node.input[1]) if node.op_type == "QuantizeLinear" else None
        if scale is not None and not np.isfinite(onnx.numpy_helper.to_array(scale)).all():
            raise CalibrationError(
                f"'{node.input[0]}' overflows on the calibration images, so no int8 range can hold it. Expected finite "
                f"values. Check --input-range (does the model want 0..1?), or leave int8 out."
            )


def _reader(batches: Iterator["NDArray[np.float32]"]) -> Any:
    """Batches of images as ONNX Runtime's quantizer wants to be handed them."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def get_next(self) -> dict[str, Any] | None:
            batch = next(batches, None)
            return None if batch is None else {INPUT_NAME: batch}

    return Reader()


def _batches(calibration: "CalibrationSet", is_channels_first: bool) -> Iterator["NDArray[np.float32]"]:
    import numpy as np

    for batch in calibration.batches(CALIBRATION_BATCH):
        yield np.ascontiguousarray(batch.transpose(0, 3, 1, 2)) if is_channels_first else batch
