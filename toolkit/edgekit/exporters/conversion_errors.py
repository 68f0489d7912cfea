"""What a converter or a quantizer said when it failed, as a sentence that names operator and layer."""

import re

from edgekit.artifact import Precision
from edgekit.errors import first_line_of
from edgekit.exporters.layer_names import LayerNames

_OPERATORS = re.compile(r"^(TF Select|Flex|Custom) ops: (.+)$", re.MULTILINE)
_LOCATION = re.compile(r'fused\["(\w+):", "([^"@]+)')


def reason_of(error: Exception, precision: Precision, names: LayerNames) -> str:
    """The sentence for an exception of TensorFlow or ai-edge-quantizer."""
    text = str(error)
    found = _OPERATORS.findall(text)
    if not found:
        return f"The model could not be converted to TFLite {precision}: {first_line_of(error)}"
    operators = sorted({name.removeprefix("Flex") for _, listed in found for name in listed.strip().split(", ")})
    layers = sorted({layer for _, path in _LOCATION.findall(text) for layer in names.of(path)})
    where = f" (layer {', '.join(layers)})" if layers else ""
    advice = (
        "No runtime on a device has it. Replace the layer by one made of common operators."
        if any(kind == "Custom" for kind, _ in found)
        else "It would need TensorFlow's Flex operators, which make an app some 180 MB larger. Replace the layer, "
        "or ask for it with --allow-flex."
    )
    return f"LiteRT has no operator for {', '.join(operators)}{where}. {advice}"
