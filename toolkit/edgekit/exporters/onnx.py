"""Keras to ONNX: float32, and int8 as QDQ with one scale a channel.

Files are opset 15 with IR version 8, which ONNX Runtime reads since 1.10 (December 2021). The batch is
dynamic, the layout NHWC as in Keras; input "pixels" and output "scores" are float32 in every precision.
Names and metadata are brought into one form, so that the same model gives the same bytes. Knows no
runtime of ours and no data set.
"""

import copy
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from edgekit.artifact import Format, Precision
from edgekit.errors import CalibrationError, ExportError
from edgekit.exporters.base import cannot_write
from edgekit.exporters.canonical_onnx import in_canonical_form, with_settled_metadata
from edgekit.exporters.classifier import INPUT_NAME, OUTPUT_NAME, exported_graph
from edgekit.exporters.options import ExportOptions
from edgekit.exporters.quiet import held_back
from edgekit.keras_setup import import_tensorflow
from edgekit.quantization.scheme import CalibrationMethod

if TYPE_CHECKING:
    import keras
    import onnx

    from edgekit.quantization.calibration import CalibrationSet

OPSET = 15
CALIBRATION_BATCH = 16


class OnnxExporter:
    """Makes `.onnx` files.

    Args:
        model: See `edgekit.exporters.base.Exporter`.
        options: What was chosen.
    """

    format: ClassVar[Format] = Format.ONNX
    precisions: ClassVar[tuple[Precision, ...]] = (Precision.FLOAT32, Precision.INT8)
    calibration_methods: ClassVar[tuple[CalibrationMethod, ...]] = (CalibrationMethod.MINMAX,)

    def __init__(self, model: "keras.Model", options: ExportOptions) -> None:
        self._model, self._options = model, options
        with tempfile.TemporaryDirectory(prefix="edgekit-") as folder, held_back():
            traced = in_canonical_form(_traced(exported_graph(model, options, batch=None)))
            self._float = in_canonical_form(_folded(traced, Path(folder)))

    @classmethod
    def choices(cls, precision: Precision, options: ExportOptions) -> frozenset[str]:
        """Those of `ExportOptions.words` that it honours for a file of `precision`; the others are refused."""
        del precision, options  # the same for all
        return frozenset({"--output"})

    def with_options(self, options: ExportOptions) -> Self:
        """The same model with other choices; a graph that is traced already is not traced again."""
        if options.graph != self._options.graph:
            return type(self)(self._model, options)
        twin = copy.copy(self)
        twin._options = options
        return twin

    def convert(self, precision: Precision, calibration: "CalibrationSet | None") -> bytes:
        """The bytes of one file; the same bytes for the same model, options and calibration images.

        Raises:
            CalibrationError: int8 without calibration images.
            ExportError: ONNX Runtime's quantizer refuses the graph.
        """
        if precision is Precision.FLOAT32:
            return _serialized(self._float)
        if calibration is None:
            raise CalibrationError("int8 needs calibration images. Give a data set with a training split.")
        with tempfile.TemporaryDirectory(prefix="edgekit-") as folder, held_back():
            return _serialized(with_settled_metadata(_quantized(self._float, calibration, Path(folder))))


def _traced(graph: "keras.Model") -> "onnx.ModelProto":
    """The graph as ONNX; raises ExportError, naming the operators that ONNX lacks."""
    tf = import_tensorflow("edgekit export")
    import tf2onnx
    from keras.src.export.tf2onnx_lib import patch_tf2onnx

    patch_tf2onnx()
    signature = [tf.TensorSpec(tuple(graph.inputs[0].shape), tf.float32, name=INPUT_NAME)]
    function = tf.function(lambda pixels: graph(pixels, training=False), input_signature=signature)
    try:
        model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    except (ValueError, RuntimeError, KeyError, TypeError) as error:
        reason = str(error).strip().splitlines()[0][:300]
        raise ExportError(f"tf2onnx could not convert the model to ONNX: {reason}") from error
    if foreign := sorted({node.op_type for node in model.graph.node if node.domain not in ("", "ai.onnx.ml")}):
        raise ExportError(f"ONNX has no operator for {', '.join(foreign)}. Replace the layer by common operators.")
    return model


def _folded(model: "onnx.ModelProto", folder: Path) -> "onnx.ModelProto":
    """Constants computed, batch normalization folded into convolutions, MatMul + Add made Gemm; plain ONNX operators.

    These are ONNX Runtime's basic optimizations, which do not depend on the machine.
    """
    import onnx
    from onnxruntime.quantization.shape_inference import quant_pre_process

    traced, folded = folder / "traced.onnx", folder / "folded.onnx"
    try:
        onnx.save(model, traced)
        quant_pre_process(traced, folded, skip_symbolic_shape=True)
        return onnx.load(folded)
    except OSError as error:
        raise cannot_write(folder, error) from error


def _quantized(model: "onnx.ModelProto", calibration: "CalibrationSet", folder: Path) -> "onnx.ModelProto":
    """QDQ: uint8 activations, int8 weights a channel, ranges from the smallest and largest values seen."""
    import onnx
    from onnxruntime import quantization

    float_path, int8_path = folder / "float32.onnx", folder / "int8.onnx"
    try:
        onnx.save(model, float_path)
        quantization.quantize_static(
            float_path,
            int8_path,
            _reader(calibration),
            quant_format=quantization.QuantFormat.QDQ,
            calibrate_method=quantization.CalibrationMethod.MinMax,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=[node.name for node in model.graph.node if _gives_scores(node)],
        )
    except (ValueError, RuntimeError, KeyError, TypeError) as error:
        reason = str(error).strip().splitlines()[0][:300]
        raise ExportError(f"ONNX Runtime could not quantize the model: {reason}") from error
    except OSError as error:
        raise cannot_write(folder, error) from error
    quantized = onnx.load(int8_path)
    _keep_logits_in_float(quantized.graph)
    return quantized


def _gives_scores(node: Any) -> bool:
    """Whether `node` is the softmax at the end, which stays in float: scores in steps of 1/256 would only make ties."""
    return node.op_type == "Softmax" and node.output[0] == OUTPUT_NAME


def _keep_logits_in_float(graph: "onnx.GraphProto") -> None:
    """Take away the rounding of the logits to 256 steps, which made ties: the last layer adds up in integers anyway."""
    producers = {node.output[0]: node for node in graph.node}
    softmax = producers[OUTPUT_NAME]
    dequantize = producers.get(softmax.input[0])
    quantize = producers.get(dequantize.input[0]) if dequantize and dequantize.op_type == "DequantizeLinear" else None
    if softmax.op_type != "Softmax" or quantize is None or quantize.op_type != "QuantizeLinear":
        return
    softmax.input[0] = quantize.input[0]
    for node in (quantize, dequantize):
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    for constant in [each for each in graph.initializer if each.name not in used]:
        graph.initializer.remove(constant)


def _reader(calibration: "CalibrationSet") -> Any:
    """The calibration images as ONNX Runtime's quantizer wants to be handed them."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self._batches = calibration.batches(CALIBRATION_BATCH)

        def get_next(self) -> dict[str, Any] | None:
            batch = next(self._batches, None)
            return None if batch is None else {INPUT_NAME: batch}

    return Reader()


def _serialized(model: "onnx.ModelProto") -> bytes:
    return bytes(model.SerializeToString(deterministic=True))
