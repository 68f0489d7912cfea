"""The quantizers by name. Imports none of them: the help of `edgekit export` reads this."""

from collections.abc import Mapping
from typing import Any

from edgekit.foundation.plugins import PluginGroup
from edgekit.foundation.registry import Registry

DEFAULT_QUANTIZER = "tensorflow"
BOTH_QUANTIZERS = ("tensorflow", "ai-edge")
"""What `--quantizer both` means."""


def _problem_of_quantizer(name: str, value: Any) -> str | None:
    """What is wrong with what another package brings as the quantizer `name`, as a clause; None: nothing."""
    from edgekit.artifact import Precision

    if name == "both":
        return f"'both' means {' and '.join(BOTH_QUANTIZERS)}"
    if not (isinstance(value, type) and callable(getattr(value, "quantize", None))):
        return "it is not a class with a method quantize(request)"
    choices = getattr(value, "choices", None)
    if not isinstance(choices, Mapping) or not all(isinstance(each, Precision) for each in choices):
        return "its attribute choices is not a mapping from precisions to names of options"
    is_told = isinstance(getattr(value, "keeps_islands", None), bool)
    return None if is_told else "its attribute keeps_islands is neither True nor False"


QUANTIZERS: Registry[Any] = Registry(
    "quantizer",
    {
        "tensorflow": (
            "edgekit.exporting.tflite.quantizers.tensorflow:TensorFlowQuantizer",
            "TensorFlow's converter: int8 with what has no integer form in float, int16x8 without",
        ),
        "ai-edge": (
            "edgekit.exporting.tflite.quantizers.ai_edge:AIEdgeQuantizer",
            "ai-edge-quantizer: an operator without integer form stays in float",
        ),
    },
    PluginGroup(name="edgekit.quantizers", problem=_problem_of_quantizer),
)
"""The quantizers of `.tflite` files; `edgekit.exporting.tflite.quantizers` describes each."""
