"""From a float Keras model to files for devices; one format a file."""

from edgekit.exporters.base import Exporter
from edgekit.exporters.options import ExportOptions, OnnxOptions, TFLiteOptions
from edgekit.registry import Registry

__all__ = ["EXPORTERS", "ExportOptions", "Exporter", "OnnxOptions", "TFLiteOptions"]

EXPORTERS: Registry[type[Exporter]] = Registry(
    "format",
    {
        "tflite": ("edgekit.exporters.tflite:TFLiteExporter", "LiteRT (TensorFlow Lite): phones, boards, browsers"),
        "onnx": ("edgekit.exporters.onnx:OnnxExporter", "ONNX Runtime and everything else that reads ONNX"),
    },
)
