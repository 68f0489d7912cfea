"""Quantizers that make an integer `.tflite` of a float one; one quantizer per file.

Other packages add theirs in the entry points "edgekit.quantizers".
"""

from edgekit.exporting.quantizers import QUANTIZERS
from edgekit.exporting.tflite.quantizers.base import QuantizeRequest, TFLiteQuantizer
from edgekit.foundation.registry import Registry

__all__ = ["TFLITE_QUANTIZERS", "QuantizeRequest", "TFLiteQuantizer"]

TFLITE_QUANTIZERS: Registry[type[TFLiteQuantizer]] = QUANTIZERS
