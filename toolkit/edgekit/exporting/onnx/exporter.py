"""Keras to ONNX: float32, float16, int8 weights, and int8 as QDQ.

A file never needs a newer ONNX Runtime than its target (`edgekit.exporting.onnx.targets`). The batch is dynamic,
the layout NHWC as in Keras unless asked otherwise; input "pixels" and output "scores" are float32 in every precision.
Names and metadata are brought into one form, so that the same model gives the same bytes. Knows no runtime of ours
and no data set.
"""

import copy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from edgekit.artifact import Format, Precision
from edgekit.exporting.keras.classifier import exported_graph
from edgekit.exporting.keras.layer_names import LayerNames, all_operators
from edgekit.exporting.keras.unit_normalization import with_safe_lengths
from edgekit.exporting.onnx.activations import OnnxActivations
from edgekit.exporting.onnx.canonical_form import in_canonical_form, settle_metadata
from edgekit.exporting.onnx.constant_folding import folded
from edgekit.exporting.onnx.float_by_default import NORMALIZING, nodes_in_float
from edgekit.exporting.onnx.integers import quantized
from edgekit.exporting.onnx.layers import nodes_of_layers, path_of
from edgekit.exporting.onnx.layout import with_channels_first, without_needless_transposes
from edgekit.exporting.onnx.serialization import serialized
from edgekit.exporting.onnx.targets import check_readable
from edgekit.exporting.onnx.tracing.from_keras import traced
from edgekit.exporting.onnx.weights import in_half_precision, with_integer_weights
from edgekit.exporting.options import ExportOptions
from edgekit.foundation.errors import CalibrationError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.quiet import held_back
from edgekit.quantization.scheme import Granularity

if TYPE_CHECKING:
    import keras
    import onnx_ir as ir

    from edgekit.quantization.calibration import CalibrationSet


CHOICES = frozenset(
    {
        "--calibration",
        "--float-layers",
        "--layout",
        "--no-fold",
        "--onnx-activations",
        "--output",
        "--per-tensor",
        "--percentile",
        "--full-range",
    }
)


class OnnxExporter:
    """Makes `.onnx` files.

    Args:
        model: See `edgekit.exporting.base.Exporter`.
        options: What was chosen.
    """

    format: ClassVar[Format] = Format.ONNX
    precisions: ClassVar[tuple[Precision, ...]] = (
        Precision.FLOAT32,
        Precision.FLOAT16,
        Precision.DYNAMIC,
        Precision.INT8,
    )

    def __init__(self, model: "keras.Model", options: ExportOptions) -> None:
        self._model, self._options = model, options
        self._seen: dict[tuple[bool, str], OnnxActivations] = {}
        graph = exported_graph(with_safe_lengths(model), options, batch=None)
        with TemporaryFolder() as folder, held_back():
            plain = self._settled(traced(graph, options.onnx.target.opset))
            self._channels_last = self._settled(without_needless_transposes(self._settled(folded(plain, Path(folder)))))

    @classmethod
    def choices(cls, precision: Precision, options: ExportOptions) -> frozenset[str]:
        """The options of `ExportOptions.words` that it supports for a file of `precision`; others are rejected.

        Raises:
            UsageError: The runtime that the file is for lacks what the precision needs.
        """
        if precision is Precision.INT8 and options.scheme.granularity is Granularity.PER_CHANNEL:
            options.onnx.target.check_per_channel()
        return CHOICES

    def with_options(self, options: ExportOptions) -> Self:
        """The same model with other choices; a graph that is traced already is not traced again."""
        if (options.graph, options.onnx.target) != (self._options.graph, self._options.onnx.target):
            return type(self)(self._model, options)
        twin = copy.copy(self)
        twin._options = options
        twin.__dict__.pop("_float", None)
        return twin

    def convert(self, precision: Precision, calibration: "CalibrationSet | None") -> bytes:
        """The bytes of one file; the same bytes for the same model, options and calibration images.

        Raises:
            CalibrationError: int8 without calibration images, or with images on which an activation overflows.
            ExportError: ONNX Runtime's quantizer refuses the graph, or a number does not fit into float16.
        """
        with held_back():
            model = self._converted(precision, calibration)
        check_readable(model, self._options.onnx.target)
        return serialized(model)

    def _converted(self, precision: Precision, calibration: "CalibrationSet | None") -> "ir.Model":
        options = self._options
        if precision is Precision.FLOAT32:
            return self._float
        if precision is Precision.FLOAT16:
            return self._settled(in_half_precision(self._float))
        is_per_channel = options.scheme.granularity is Granularity.PER_CHANNEL
        if precision is Precision.DYNAMIC:
            return self._settled(with_integer_weights(self._float, is_per_channel=is_per_channel))
        if calibration is None:
            raise CalibrationError("int8 needs calibration images. Give a data set with a training split.")
        with TemporaryFolder() as folder:
            model = quantized(
                self._float,
                calibration,
                self._activations(calibration),
                options.scheme,
                options.onnx,
                float_nodes=self._nodes_in_float(),
                folder=Path(folder),
            )
        settle_metadata(model, ir_version=options.onnx.target.ir_version)
        return model

    def _activations(self, calibration: "CalibrationSet") -> OnnxActivations:
        """What was seen of this graph on these images: shared by all files."""
        is_channels_first = self._options.onnx.is_channels_first
        seen = OnnxActivations(self._float, calibration, is_channels_first=is_channels_first)
        return self._seen.setdefault((is_channels_first, calibration.sha256), seen)

    def _nodes_in_float(self) -> frozenset[str]:
        """The nodes that stay in float, asked for or not; raises for a layer that was asked for and is not there."""
        asked, names = self._options.scheme.float_layers, LayerNames(self._model)
        names.check(asked)
        normalizing = [
            each.name for each in self._model._flatten_layers(include_self=False) if type(each).__name__ in NORMALIZING
        ]
        graph = self._float.graph
        found = nodes_of_layers(graph, [*asked, *normalizing], self._model, names)
        default = nodes_in_float(
            graph,
            lambda node: names.of(path_of(node, names)),
            frozenset().union(*(found[layer] for layer in normalizing)),
        )
        return all_operators({layer: found[layer] for layer in asked}) | default

    @cached_property
    def _float(self) -> "ir.Model":
        """The float32 graph in the layout that was chosen."""
        if not self._options.onnx.is_channels_first:
            return self._channels_last
        return self._settled(with_channels_first(self._channels_last))

    def _settled(self, model: "ir.Model") -> "ir.Model":
        options = self._options
        return in_canonical_form(model, output_name=options.output_name, ir_version=options.onnx.target.ir_version)
