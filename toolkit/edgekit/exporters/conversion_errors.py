"""What a converter or a quantizer said when it failed, as a sentence that names operator and layer."""

import re

from edgekit.artifact import Precision
from edgekit.errors import first_line_of
from edgekit.exporters.layer_names import LayerNames

_OPERATORS = re.compile(r"^(TF Select|Flex|Custom) ops: (.+)$", re.MULTILINE)
_LOCATION = re.compile(r'fused\["(\w+):", "([^"@]+)')
_MLIR_ERROR = re.compile(r"error: loc\(.*\): (.+)$", re.MULTILINE)
_LOOP = "'tf.TensorListReserve' op requires element_shape to be static"
_NOT_IN_INT16X8 = re.compile(r"Quantization to 16x8-bit not yet supported for op: '(\w+)'")
_FLEX_IN_LITERT = re.compile(r"Select TensorFlow op\(s\).*\(Flex(\w+)\) failed to prepare", re.DOTALL)


def reason_of(error: Exception, precision: Precision, names: LayerNames) -> str:
    """The sentence for an exception of TensorFlow or ai-edge-quantizer."""
    text = str(error)
    layers = sorted({layer for _, path in _LOCATION.findall(text) for layer in names.of(path)})
    where = f" (layer {', '.join(layers)})" if layers else ""
    if found := _OPERATORS.findall(text):
        return _missing(found, where)
    if _LOOP in text:
        return (
            f"A recurrent layer{where} is a loop, which TFLite has only for a batch of a known size. Export it with "
            f"--batch 1, or build it with unroll=True."
        )
    if match := _NOT_IN_INT16X8.search(text):
        return (
            f"TensorFlow's quantizer has no int16x8 form of {match[1]}. Replace its layer, leave int16x8 out, or try "
            f"--quantizer ai-edge."
        )
    if match := _FLEX_IN_LITERT.search(text):
        return (
            f"No {precision} file can be made: {match[1]} is one of TensorFlow's Flex operators, without which LiteRT "
            f"cannot run the calibration images. Replace its layer, or export float32, float16 or dynamic."
        )
    said = match[1] if (match := _MLIR_ERROR.search(text)) else first_line_of(error)
    return f"The model could not be converted to TFLite {precision}{where}: {said}"


def _missing(found: list[tuple[str, str]], where: str) -> str:
    """The sentence for operators that LiteRT has not, as pairs of their kind and their names."""
    operators = sorted({name.removeprefix("Flex") for _, listed in found for name in listed.strip().split(", ")})
    advice = (
        "No runtime on a device has it. Replace the layer by one made of common operators."
        if any(kind == "Custom" for kind, _ in found)
        else "It would need TensorFlow's Flex operators, which make an app some 180 MB larger. Replace the layer, "
        "or ask for it with --allow-flex."
    )
    return f"LiteRT has no operator for {', '.join(operators)}{where}. {advice}"
