"""Keras to TFLite: float32, float16 weights, dynamic range, and full-integer int8.

The graph is traced and frozen once, as a SavedModel, for all precisions. An int8 file is int8 from end
to end or is refused; its quantization is read back from the file. Knows no runtime and no data set.
"""

import copy
import re
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from edgekit.artifact import Format, Precision
from edgekit.errors import CalibrationError, ExportError
from edgekit.exporters.base import cannot_write
from edgekit.exporters.classifier import INPUT_NAME, exported_graph
from edgekit.exporters.integer_check import check_finite_ranges, check_integer
from edgekit.exporters.options import ExportOptions
from edgekit.exporters.quiet import held_back
from edgekit.keras_setup import import_keras, import_tensorflow
from edgekit.quantization.scheme import CalibrationMethod

if TYPE_CHECKING:
    import keras

    from edgekit.quantization.calibration import CalibrationSet

_OPERATORS = re.compile(r"^(TF Select|Flex|Custom) ops: (.+)$", re.MULTILINE)
_LOCATION = re.compile(r'fused\["(\w+):", "([^"@]+)')


class TFLiteExporter:
    """Makes `.tflite` files: input "pixels" (batch, H, W, 3), output "scores" (or "logits") (batch, C), one signature.

    Args:
        model: See `edgekit.exporters.base.Exporter`.
        options: `io` applies to int8 alone: every other precision has float32 input and output.
    """

    format: ClassVar[Format] = Format.TFLITE
    precisions: ClassVar[tuple[Precision, ...]] = (
        Precision.FLOAT32,
        Precision.FLOAT16,
        Precision.DYNAMIC,
        Precision.INT8,
    )
    choices: ClassVar[frozenset[str]] = frozenset({"--output"})
    calibration_methods: ClassVar[tuple[CalibrationMethod, ...]] = (CalibrationMethod.MINMAX,)

    def __init__(self, model: "keras.Model", options: ExportOptions) -> None:
        self._model, self._options = model, options
        self._layer_names = {layer.name for layer in model._flatten_layers()}
        self._folder = tempfile.TemporaryDirectory(prefix="edgekit-")
        self._saved_model = Path(self._folder.name) / "saved_model"
        graph = exported_graph(model, options, options.tflite.batch)
        tf = import_tensorflow("edgekit export")
        try:
            with held_back():
                _write_saved_model(graph, self._saved_model, options.output_name)
        except (OSError, tf.errors.OpError) as error:
            raise cannot_write(Path(self._folder.name), error) from error

    def with_options(self, options: ExportOptions) -> Self:
        """The same model with other choices; a graph that is traced already is not traced again."""
        if (options.graph, options.tflite.batch) != (self._options.graph, self._options.tflite.batch):
            return type(self)(self._model, options)
        twin = copy.copy(self)
        twin._options = options
        return twin

    def convert(self, precision: Precision, calibration: "CalibrationSet | None") -> bytes:
        """The bytes of one file; the same bytes for the same model, options and calibration images.

        Raises:
            CalibrationError: int8 without calibration images, or with images that do not fit its job.
            ExportError: An operator is missing in LiteRT, or has no integer form.
        """
        if precision is Precision.INT8:
            if calibration is None:
                raise CalibrationError("int8 needs calibration images. Give a data set with a training split.")
            return self._convert_int8(calibration)
        converter = self._converter()
        tf = import_tensorflow("edgekit export")
        if precision is not Precision.FLOAT32:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision is Precision.FLOAT16:
            converter.target_spec.supported_types = [tf.float16]
        converter.target_spec.supported_ops = self._operator_sets(tf.lite.OpsSet.TFLITE_BUILTINS)
        return self._converted(converter.convert, precision)

    def _convert_int8(self, calibration: "CalibrationSet") -> bytes:
        """Calibrate, look at the ranges, quantize: TensorFlow's own two steps, with a check between them."""
        from tensorflow.lite.python.convert import mlir_quantize

        tf = import_tensorflow("edgekit export")
        converter = self._converter()
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = self._representative(calibration)
        converter.target_spec.supported_ops = self._operator_sets(tf.lite.OpsSet.TFLITE_BUILTINS_INT8)
        converter._experimental_calibrate_only = True
        calibrated = self._converted(converter.convert, Precision.INT8)
        check_finite_ranges(calibrated)
        io = getattr(tf, self._options.tflite.io)
        quantize = partial(mlir_quantize, calibrated, input_data_type=io, output_data_type=io)
        content = self._converted(quantize, Precision.INT8)
        check_integer(content, self._options.tflite)
        return content

    def _representative(self, calibration: "CalibrationSet") -> Callable[[], Iterator[list[Any]]]:
        return lambda: ([batch] for batch in calibration.batches(self._options.tflite.batch or 1))

    def _converter(self) -> Any:
        tf = import_tensorflow("edgekit export")
        with held_back():
            return tf.lite.TFLiteConverter.from_saved_model(str(self._saved_model))

    def _operator_sets(self, builtins: Any) -> list[Any]:
        tf = import_tensorflow("edgekit export")
        return [builtins, tf.lite.OpsSet.SELECT_TF_OPS] if self._options.tflite.allow_flex else [builtins]

    def _converted(self, convert: Callable[[], bytes], precision: Precision) -> bytes:
        from tensorflow.lite.python.convert_phase import ConverterError

        try:
            with held_back():
                return bytes(convert())
        except (ConverterError, RuntimeError, ValueError) as error:
            raise ExportError(self._reason(precision, str(error))) from error

    def _reason(self, precision: Precision, text: str) -> str:
        found = _OPERATORS.findall(text)
        if not found:
            return f"TensorFlow could not convert the model to TFLite {precision}: {text.strip().splitlines()[0][:300]}"
        operators = sorted({name.removeprefix("Flex") for _, names in found for name in names.strip().split(", ")})
        layers = sorted({layer for _, path in _LOCATION.findall(text) if (layer := self._layer_in(path))})
        where = f" (layer {', '.join(layers)})" if layers else ""
        advice = (
            "No runtime on a device has it. Replace the layer by one made of common operators."
            if any(kind == "Custom" for kind, _ in found)
            else "It would need TensorFlow's Flex operators, which make an app some 180 MB larger. Replace the layer, "
            "or ask for it with --allow-flex."
        )
        return f"LiteRT has no operator for {', '.join(operators)}{where}. {advice}"

    def _layer_in(self, path: str) -> str | None:
        """The deepest part of an operator's path that names a layer: "resizing" for "model_1/resizing_1/x"."""
        for part in reversed(path.split("/")):
            for name in (part, re.sub(r"_\d+$", "", part)):
                if name in self._layer_names:
                    return name
        return None


def _write_saved_model(graph: "keras.Model", folder: Path, output_name: str) -> None:
    keras, tf = import_keras("edgekit export"), import_tensorflow("edgekit export")

    def serve(pixels: Any) -> dict[str, Any]:
        return {output_name: graph(pixels, training=False)}

    archive = keras.export.ExportArchive()
    archive.track(graph)
    spec = tf.TensorSpec(tuple(graph.inputs[0].shape), tf.float32, name=INPUT_NAME)
    archive.add_endpoint("serve", serve, [spec])
    archive.write_out(str(folder), verbose=False)
