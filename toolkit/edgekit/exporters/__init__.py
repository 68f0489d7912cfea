"""From a float Keras model to files for devices; one format a file."""

from edgekit.artifact import Precision
from edgekit.exporters.base import Exporter, ExportOptions
from edgekit.registry import Registry

__all__ = ["CALIBRATED", "EXPORTERS", "ExportOptions", "Exporter"]

EXPORTERS: Registry[type[Exporter]] = Registry(
    "format",
    {
        "tflite": ("edgekit.exporters.tflite:TFLiteExporter", "LiteRT (TensorFlow Lite): phones, boards, browsers"),
        "onnx": ("edgekit.exporters.onnx:OnnxExporter", "ONNX Runtime and everything else that reads ONNX"),
    },
)

CALIBRATED = frozenset({Precision.INT8, Precision.INT16X8})
"""Precisions whose activations are quantized, so that they need calibration images."""
