"""Keras to TFLite: float32, float16 weights, dynamic range, int8, and int8 weights with int16 activations.

The graph is traced and frozen once, as a SavedModel, and converted to a float file once; integer files are made
of that one. They are integer from end to end, but for what loses its meaning in 256 steps (`float_by_default`), what a
user keeps in float, and what has no integer form. All of it is read back from the file. Knows no runtime and no data
set.
"""

import copy
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from edgekit.artifact import Format, Precision
from edgekit.exporting.base import cannot_write
from edgekit.exporting.keras.classifier import INPUT_NAME, exported_graph
from edgekit.exporting.keras.layer_names import LayerNames, all_operators
from edgekit.exporting.keras.unit_normalization import with_safe_lengths
from edgekit.exporting.options import ExportOptions
from edgekit.exporting.tflite.activations import TFLiteActivations
from edgekit.exporting.tflite.conversion_errors import reason_of
from edgekit.exporting.tflite.float_by_default import outputs_in_float, outputs_lost_in_16_bits, outputs_that_lose
from edgekit.exporting.tflite.float_islands import (
    find_islands,
    find_loops,
    islands_at,
    outputs_of_head,
    outputs_of_layers,
)
from edgekit.exporting.tflite.graph import Graph
from edgekit.exporting.tflite.integer_check import (
    check_16_bits,
    check_islands,
    check_no_loops,
    check_pixel_input,
    check_strict,
)
from edgekit.exporting.tflite.kept_float import keep, kept
from edgekit.exporting.tflite.packing import tensorflow_packs_so
from edgekit.exporting.tflite.quantizers import TFLITE_QUANTIZERS, QuantizeRequest, TFLiteQuantizer
from edgekit.foundation.errors import CalibrationError, EdgekitError, ExportError, first_line_of
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.keras_setup import import_keras, import_tensorflow
from edgekit.foundation.quiet import held_back
from edgekit.quantization.scheme import CALIBRATED, Granularity

if TYPE_CHECKING:
    import keras

    from edgekit.quantization.calibration import CalibrationSet


class TFLiteExporter:
    """Makes `.tflite` files: input "pixels" (batch, H, W, 3), output "scores" (or "logits") (batch, C), one signature.

    Args:
        model: See `edgekit.exporting.base.Exporter`.
        options: `io` applies to int8 alone: every other precision has float32 input and output.
    """

    format: ClassVar[Format] = Format.TFLITE
    precisions: ClassVar[tuple[Precision, ...]] = tuple(Precision)

    @classmethod
    def choices(cls, precision: Precision, options: ExportOptions) -> frozenset[str]:
        """The options of `ExportOptions.words` that it supports for a file of `precision`; others are rejected."""
        common = frozenset({"--no-fold", "--output", "--calibration", "--percentile"})
        own = TFLITE_QUANTIZERS.load(options.tflite.quantizer).choices.get(precision)
        return common if own is None else common | {"--quantizer"} | own

    def __init__(self, model: "keras.Model", options: ExportOptions) -> None:
        self._model, self._options = model, options
        self._names = LayerNames(model)
        self._floats: dict[bool, bytes] = {}
        self._seen: dict[tuple[bool, str], TFLiteActivations] = {}
        self._folder = TemporaryFolder()
        self._saved_model = self._folder.path / "saved_model"
        if kept(self._choices) is None:
            self._trace()

    def _trace(self) -> None:
        """Write the graph as a SavedModel, from which all is converted."""
        tf, options = import_tensorflow("edgekit export"), self._options
        graph = exported_graph(with_safe_lengths(self._model), options, options.tflite.batch)
        try:
            with held_back():
                _write_saved_model(graph, self._saved_model, options.output_name)
        except (OSError, tf.errors.OpError) as error:
            raise cannot_write(self._folder.path, error) from error

    @property
    def _choices(self) -> tuple[object, ...]:
        """All that a float file depends on, beside the model."""
        return self._options.fold, self._options.graph, self._options.tflite.batch, self._options.tflite.allow_flex

    def with_options(self, options: ExportOptions) -> Self:
        """The same model with other choices; what was traced, converted and seen already is shared."""
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
            UnknownNameError: There is no such layer to keep in float.
        """
        if precision is Precision.FLOAT32:
            return self._float_content()
        if precision is Precision.FLOAT16 or self._is_converters_own(precision):
            return self._converted_smaller(precision)
        if precision not in CALIBRATED:
            return self._quantized(
                QuantizeRequest(content=self._float_content(), precision=precision, options=self._options)
            )
        if calibration is None:
            raise CalibrationError(f"{precision} needs calibration images. Give a data set with a training split.")
        content = self._quantized(self._request(precision, calibration))
        if precision is Precision.INT8 and self._options.tflite.io != "float32":
            check_pixel_input(content, self._options.tflite.io)
        return content

    def _is_converters_own(self, precision: Precision) -> bool:
        return precision is Precision.DYNAMIC and self._options.tflite.quantizer == "tensorflow"

    def _float_content(self) -> bytes:
        """The float32 file, converted once."""
        key = self._options.tflite.allow_flex
        if key not in self._floats:
            content = kept(self._choices)
            if content is None:
                content = self._converted(self._converter().convert, Precision.FLOAT32)
                keep(self._choices, content)
            self._floats[key] = content
        return self._floats[key]

    def _converted_smaller(self, precision: Precision) -> bytes:
        """float16 weights or dynamic range, both of which the converter makes only of the traced graph."""
        tf = import_tensorflow("edgekit export")
        converter = self._converter()
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision is Precision.FLOAT16:
            converter.target_spec.supported_types = [tf.float16]
        elif self._options.scheme.granularity is Granularity.PER_TENSOR:
            converter._experimental_disable_per_channel = True
        return self._converted(converter.convert, precision)

    def _request(self, precision: Precision, calibration: "CalibrationSet") -> QuantizeRequest:
        content, tflite = self._float_content(), self._options.tflite
        graph, activations = Graph(content), self._activations(content, calibration)
        check_no_loops(find_loops(content, self._names), precision.value)
        head = outputs_of_head(graph) if tflite.float_head else frozenset()
        with self._translated(precision):
            seen = activations.extremes if self._can_keep(precision) else None
        default = frozenset() if seen is None else outputs_in_float(graph, self._names, seen)
        if tflite.strict_int8 and seen is not None:
            losing = outputs_that_lose(graph, self._names, seen)
            check_strict(islands_at(losing, content, self._names), precision.value)
        if precision is Precision.INT16X8 and seen is None:
            with self._translated(precision):
                lost = outputs_lost_in_16_bits(graph, self._names, activations.extremes)
            check_16_bits(islands_at(lost, content, self._names))
        return QuantizeRequest(
            content=content,
            precision=precision,
            options=self._options,
            calibration=calibration,
            activations=activations,
            float_outputs=self._outputs_in_float(content) | head | default,
            default_outputs=default,
            gives_float=tflite.float_head,
        )

    def _can_keep(self, precision: Precision) -> bool:
        """Whether the quantizer keeps single operators in float in files of this precision."""
        return "--float-layers" in TFLITE_QUANTIZERS.load(self._options.tflite.quantizer).choices.get(precision, ())

    def _activations(self, content: bytes, calibration: "CalibrationSet") -> TFLiteActivations:
        """What was seen of this graph on these images: shared by all files."""
        key = (self._options.tflite.allow_flex, calibration.sha256)
        return self._seen.setdefault(key, TFLiteActivations(content, calibration, self._options.tflite.batch or 1))

    def _outputs_in_float(self, content: bytes) -> frozenset[str]:
        """The output tensors of the layers that stay in float; raises for a layer that is not there."""
        layers = self._options.scheme.float_layers
        self._names.check(layers)
        return all_operators(outputs_of_layers(Graph(content), layers, self._names))

    def _quantized(self, request: QuantizeRequest) -> bytes:
        """Quantize, and read back what is in float."""
        name = self._options.tflite.quantizer
        quantizer = TFLITE_QUANTIZERS.load(name)
        if request.precision in CALIBRATED:
            check_no_loops(find_loops(request.content, self._names), request.precision.value)
        content = self._converted(lambda: _integers(name, quantizer, request), request.precision)
        if request.precision not in CALIBRATED:
            return content
        islands = find_islands(content, self._names)
        unasked = [each for each in islands if not _is_one_of(each.output, request.float_outputs)]
        if self._options.tflite.allow_flex:
            unasked = [each for each in unasked if not each.operator.startswith("Flex")]
        if self._options.tflite.strict_int8:
            check_strict(islands, request.precision.value)
        if not quantizer.keeps_islands:
            check_islands(unasked, request.precision.value)
        _check_kept(request, content)
        return content

    def _converter(self) -> Any:
        tf = import_tensorflow("edgekit export")
        if not self._saved_model.exists():
            self._trace()
        with held_back():
            converter = tf.lite.TFLiteConverter.from_saved_model(str(self._saved_model))
        more = [tf.lite.OpsSet.SELECT_TF_OPS] if self._options.tflite.allow_flex else []
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, *more]
        return converter

    def _converted(self, convert: Callable[[], bytes], precision: Precision) -> bytes:
        with self._translated(precision), held_back(), tensorflow_packs_so():
            return bytes(convert())

    @contextmanager
    def _translated(self, precision: Precision) -> Iterator[None]:
        """Raise ExportError instead of what a library raises."""
        try:
            yield
        except EdgekitError:
            raise
        except Exception as error:  # each library has its own, TensorFlow's among them is none of Python's
            raise ExportError(reason_of(error, precision, self._names)) from error


def _integers(name: str, quantizer: type[TFLiteQuantizer], request: QuantizeRequest) -> bytes:
    """What the quantizer gives; one of another package must give a `.tflite`, or ExportError is raised."""
    origin = TFLITE_QUANTIZERS[name].origin
    try:
        content: Any = quantizer().quantize(request)
    except EdgekitError:
        raise
    except (Exception, SystemExit) as error:
        if origin is None:
            raise
        raise ExportError(
            f"The quantizer '{name}' of the package {origin} failed: {type(error).__name__}: {first_line_of(error)}. "
            f"Report this to the authors of the package."
        ) from error
    if origin:
        start = f"The quantizer '{name}' of the package {origin} must give the bytes of a .tflite file. Received"
        if not isinstance(content, bytes | bytearray):
            raise ExportError(f"{start} {type(content).__name__}.")
        try:
            Graph(bytes(content))
        except Exception as error:  # what flatbuffers raises for other bytes depends on the bytes
            raise ExportError(f"{start} {len(content):,} bytes that are none ({type(error).__name__}).") from error
    return bytes(content)


def _is_one_of(output: str, names: AbstractSet[str]) -> bool:
    """Whether an operator's output is one of `names`; a quantizer may have numbered it: "scores" is "scores1" now."""
    return any(output.removeprefix(name).isdecimal() or output == name for name in names if output.startswith(name))


def _check_kept(request: QuantizeRequest, content: bytes) -> None:
    """Raise ExportError if an operator that was to stay in float computes in integers."""
    operators = Graph(content).operators
    in_float = [operator.output for operator in operators if operator.gives_float]
    in_integers = [operator.output for operator in operators if not operator.gives_float]
    missing = sorted(
        name
        for name in request.float_outputs
        if not any(_is_one_of(each, {name}) for each in in_float)
        and (name not in request.default_outputs or any(_is_one_of(each, {name}) for each in in_integers))
    )
    if missing:  # a comparison, as SELU makes one, gives truth values in every file
        no_floats = {each.output for each in Graph(request.content).operators if not each.gives_float}
        missing = [name for name in missing if name not in no_floats]
    if missing:
        raise ExportError(
            f"The quantizer did not keep in float what it was asked to: {'; '.join(each[:80] for each in missing[:3])}."
            f" Try the other quantizer (--quantizer), or also keep the layers around it in float."
        )


def _write_saved_model(graph: "keras.Model", folder: Path, output_name: str) -> None:
    keras, tf = import_keras("edgekit export"), import_tensorflow("edgekit export")

    def serve(pixels: Any) -> dict[str, Any]:
        return {output_name: graph(pixels, training=False)}

    archive = keras.export.ExportArchive()
    archive.track(graph)
    spec = tf.TensorSpec(tuple(graph.inputs[0].shape), tf.float32, name=INPUT_NAME)
    archive.add_endpoint("serve", serve, [spec])
    archive.write_out(str(folder), verbose=False)
