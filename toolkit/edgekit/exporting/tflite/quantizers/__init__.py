"""What makes the integers of a `.tflite` out of a float one; one quantizer a file."""

from edgekit.exporting.tflite.quantizers.base import QuantizeRequest, TFLiteQuantizer
from edgekit.foundation.registry import Registry

__all__ = ["TFLITE_QUANTIZERS", "QuantizeRequest", "TFLiteQuantizer"]

TFLITE_QUANTIZERS: Registry[type[TFLiteQuantizer]] = Registry(
    "quantizer",
    {
        "tensorflow": (
            "edgekit.exporting.tflite.quantizers.tensorflow:TensorFlowQuantizer",
            "TensorFlow's converter: an operator without integer form is an error",
        ),
        "ai-edge": (
            "edgekit.exporting.tflite.quantizers.ai_edge:AIEdgeQuantizer",
            "ai-edge-quantizer: an operator without integer form stays in float",
        ),
    },
)
