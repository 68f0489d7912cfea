"""From a float Keras model to files for devices; one format per module."""

from edgekit.exporting.base import Exporter
from edgekit.exporting.options import ExportOptions, OnnxOptions, TFLiteOptions
from edgekit.foundation.registry import Registry

__all__ = ["EXPORTERS", "ExportOptions", "Exporter", "OnnxOptions", "TFLiteOptions"]

EXPORTERS: Registry[type[Exporter]] = Registry(
    "format",
    {
        "tflite": (
            "edgekit.exporting.tflite.exporter:TFLiteExporter",
            "LiteRT (TensorFlow Lite): phones, boards, browsers",
        ),
        "onnx": ("edgekit.exporting.onnx.exporter:OnnxExporter", "ONNX Runtime and everything else that reads ONNX"),
    },
)
