"""TensorFlow's own quantizers: MLIR's for int8, from ranges that we note; the older one for int16x8, which it lacks.

The older one calibrates by itself and can neither be given ranges nor keep a layer in float.
"""

from typing import Any, ClassVar

from edgekit.artifact import Precision
from edgekit.exporting.tflite.graph import Graph
from edgekit.exporting.tflite.quantizers.base import QuantizeRequest
from edgekit.foundation.errors import CalibrationError
from edgekit.foundation.keras_setup import import_tensorflow
from edgekit.quantization.ranges import check_finite_ranges
from edgekit.quantization.scheme import Granularity


class TensorFlowQuantizer:
    """See `edgekit.exporting.tflite.quantizers.base.TFLiteQuantizer`."""

    choices: ClassVar[dict[Precision, frozenset[str]]] = {
        Precision.DYNAMIC: frozenset({"--per-tensor"}),
        Precision.INT8: frozenset({"--per-tensor", "--float-head", "--float-layers"}),
        Precision.INT16X8: frozenset({"--per-tensor"}),
    }
    keeps_islands: ClassVar[bool] = True

    def quantize(self, request: QuantizeRequest) -> bytes:
        """The bytes of the integer file; raises CalibrationError, or whatever TensorFlow raises."""
        if request.activations is None:
            raise CalibrationError(f"{request.precision} needs calibration images.")
        check_finite_ranges(request.activations.extremes)
        return _to_int8(request) if request.precision is Precision.INT8 else _to_int16x8(request)


def _to_int8(request: QuantizeRequest) -> bytes:
    from tensorflow.lite.python.convert import mlir_quantize

    tf, scheme = import_tensorflow("edgekit export"), request.options.scheme
    ranges, graph = request.activations.ranges(scheme) if request.activations else {}, Graph(request.content)
    return bytes(
        mlir_quantize(
            graph.with_ranges(graph.uncut(ranges)),
            disable_per_channel=scheme.granularity is Granularity.PER_TENSOR,
            input_data_type=getattr(tf, request.input_type),
            output_data_type=getattr(tf, request.output_type),
            denylisted_nodes=sorted(request.float_outputs) or None,
        )
    )


def _to_int16x8(request: QuantizeRequest) -> bytes:
    from tensorflow.lite.python.optimize import calibrator

    tf, images = import_tensorflow("edgekit export"), request.calibration
    if images is None:
        raise CalibrationError(f"{request.precision} needs calibration images.")

    def batches() -> Any:
        return ([batch] for batch in images.batches(request.options.tflite.batch or 1))

    content = Graph(request.content).with_own_biases() or request.content
    return bytes(
        calibrator.Calibrator(calibrator.add_intermediate_tensors(content)).calibrate_and_quantize(
            batches,
            tf.float32,
            tf.float32,
            allow_float=False,
            activations_type=tf.int16,
            bias_type=tf.int32 if _may_have_short_biases(request.content) else tf.int64,
            disable_per_channel=request.options.scheme.granularity is Granularity.PER_TENSOR,
        )
    )


def _may_have_short_biases(content: bytes) -> bool:
    """Whether every kernel takes int32 biases, with which LiteRT is many times faster; depthwise ones want int64."""
    return not {operator.name for operator in Graph(content).operators} & {"DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"}
